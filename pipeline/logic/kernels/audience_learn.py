"""Who acts on items, by all lessons of a batch at once."""

from math import log1p
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots, Times, Vector
from pipeline.logic.kernels.changes import (
    Changes,
    new_changes,
    note_changes,
    only,
)
from pipeline.logic.kernels.jit import kernel
from pipeline.logic.sessions import SESSION_MS

Numbers = NDArray[np.int32]
Floats = NDArray[np.float64]
Stages = NDArray[np.uint32]


class Rules(NamedTuple):
    """What is counted, and how much is kept.

    Attributes:
        stages: Lower bounds of a user's stages, ascending, int64 (stages,).
        sessions: Lower bounds of a session's stages, ascending, int64 (sessions,).
        most: So many attributes a row has at most.
        most_bytes: So many bytes they take in a row at most.
    """

    stages: Slots
    sessions: Slots
    most: int
    most_bytes: int


class Rows(NamedTuple):
    """Rows of audience; what is of a row as a whole is changed in place.

    Attributes:
        stages: Interactions by stage of the user, uint32 (rows, stages).
        sessions: By stage of the session, of new users and of others, uint32
            (rows, 2 * sessions).
        experience: Sum of ln(1 + the user's interactions before), float64 (rows,).
        lengths: How many attributes each has, int64 (rows,).
        sizes: Bytes that they take, int64 (rows,).
        numbers: Of the attributes, one row's after the other's, int32 (attributes,).
        seen: How often each was seen, float32 (attributes,).
    """

    stages: Stages
    sessions: Stages
    experience: Floats
    lengths: Slots
    sizes: Slots
    numbers: Numbers
    seen: Vector


class Lessons(NamedTuple):
    """What is learnt: which users acted in favour.

    Attributes:
        rows: Row of the item of each, int64 (lessons,).
        histories: The user's interactions before, int64 (lessons,).
        times_ms: When, int64 (lessons,).
        recent_ends: Where the user's last items end, int64 (lessons,).
        recent_ms: When each was had, the newest first, int64 (all of them,).
        ends: Where the user's attributes end, int64 (lessons,).
        attributes: Numbers of them, each once, int32 (all of them,).
    """

    rows: Slots
    histories: Slots
    times_ms: Times
    recent_ends: Slots
    recent_ms: Times
    ends: Slots
    attributes: Numbers


@kernel
def learn(
    rows: Rows, lessons: Lessons, rules: Rules, costs: Numbers
) -> tuple[Changes, Numbers, Vector]:
    """Count all lessons, each row's in their order.

    Args:
        rows: As they were.
        lessons: Of these rows, at least one of each.
        rules: What is counted.
        costs: Bytes that an attribute takes by its number, int32 (numbers,).

    Returns:
        Which attributes are others than before; and numbers and counts as in `Rows`.
    """
    capacity = len(rows.numbers) + len(lessons.attributes)
    numbers, seen = np.empty(capacity, np.int32), np.empty(capacity, np.float32)
    lengths, changes = rows.lengths.copy(), new_changes(len(rows.lengths), capacity)
    old, new, at = 0, 0, 0
    order = np.argsort(lessons.rows, kind="mergesort")
    for row, length in enumerate(lengths):
        before = rows.numbers[old : old + length]
        # What is beyond the row is free: only the last one may grow.
        own, own_seen = numbers[new:], seen[new:]
        own[:length], own_seen[:length] = before, rows.seen[old : old + length]
        while at < len(order) and lessons.rows[order[at]] == row:
            _count_user(rows, row, lessons, order[at], rules)
            _count_attributes(rows, row, lessons, order[at], costs, own, own_seen)
            if rows.lengths[row] > rules.most or rows.sizes[row] > rules.most_bytes:
                _make_room(rows, row, rules, costs, own, own_seen)
            at += 1
        note_changes(changes, row, before, own[: rows.lengths[row]])
        old, new = old + length, new + rows.lengths[row]
    return only(changes), numbers[:new], seen[:new]


@kernel
def _count_user(rows: Rows, row: int, lessons: Lessons, at: int, rules: Rules) -> None:
    """Count one user by stage, session and experience."""
    first, end = (lessons.recent_ends[at - 1] if at else 0), lessons.recent_ends[at]
    history, later_ms = lessons.histories[at], lessons.times_ms[at]
    length = 0
    while first + length < end:
        time_ms = lessons.recent_ms[first + length]
        if later_ms - time_ms > SESSION_MS:
            break
        length, later_ms = length + 1, time_ms
    rows.stages[row, stage_of(rules.stages, history)] += 1
    rows.sessions[row, 2 * stage_of(rules.sessions, length) + (history > length)] += 1
    rows.experience[row] += log1p(history)


@kernel
def stage_of(bounds: Slots, many: int) -> int:
    """Which of the stages, by their lower bounds, so many are of.

    >>> [stage_of(np.array([0, 1, 5]), many) for many in (0, 4, 5, 99)]
    [0, 1, 2, 2]
    """
    stage = 0
    while stage + 1 < len(bounds) and bounds[stage + 1] <= many:
        stage += 1
    return stage


@kernel
def _count_attributes(
    rows: Rows,
    row: int,
    lessons: Lessons,
    at: int,
    costs: Numbers,
    numbers: Numbers,
    seen: Vector,
) -> None:
    """Count the attributes of one user."""
    first = lessons.ends[at - 1] if at else 0
    for number in lessons.attributes[first : lessons.ends[at]]:
        place, length = 0, rows.lengths[row]
        while place < length and numbers[place] != number:
            place += 1
        if place == length:
            numbers[place], seen[place] = number, 0
            rows.lengths[row] += 1
            rows.sizes[row] += costs[number]
        seen[place] += 1


@kernel
def _make_room(
    rows: Rows,
    row: int,
    rules: Rules,
    costs: Numbers,
    numbers: Numbers,
    seen: Vector,
) -> None:
    """If there are too many attributes, let a quarter of what may be there go.

    The weakest go, of equals the oldest. Many at once, for it takes time.
    """
    length = rows.lengths[row]
    order = np.argsort(seen[:length], kind="mergesort")[::-1]
    left = min(rules.most - rules.most // 4, length)
    size = 0
    for place in order[:left]:
        size += costs[numbers[place]]
    while size > rules.most_bytes - rules.most_bytes // 4:
        left -= 1
        size -= costs[numbers[order[left]]]
    for to, place in enumerate(np.sort(order[:left])):
        numbers[to], seen[to] = numbers[place], seen[place]
    rows.lengths[row], rows.sizes[row] = left, size
