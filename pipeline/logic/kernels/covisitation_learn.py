"""Partners of many items, as those items are had, by all lessons of a batch at once."""

from math import ldexp
from typing import NamedTuple

import numpy as np

from pipeline.logic.arrays import Slots, Times, Vector
from pipeline.logic.kernels.changes import (
    Changes,
    new_changes,
    note_changes,
    only,
)
from pipeline.logic.kernels.covisitation_counts import FAST, count
from pipeline.logic.kernels.covisitation_desk import (
    CHANNELS,
    Desk,
    Floats,
    Numbers,
    Rows,
    Rules,
    clear_away,
    lay_out,
    make_room,
)
from pipeline.logic.kernels.jit import kernel

TIME_LOOK_BACK = 40
"""How many of the user's last items count by their time."""
STALE = 16
"""Half-lives after which fast counts are brought up to the time."""


class Lessons(NamedTuple):
    """What is learnt: which items a user had before one.

    Attributes:
        rows: Row of the item of each, int64 (lessons,).
        items: Number of that item, or -1, int32 (lessons,).
        times_ms: When it was had, int64 (lessons,).
        weights: Above 0, float64 (lessons,).
        ends: Where the earlier items of each end, int64 (lessons,).
        recent: Numbers of them, the newest first, int32 (all of them,).
        recent_ms: When each was had, int64 (all of them,).
    """

    rows: Slots
    items: Numbers
    times_ms: Times
    weights: Floats
    ends: Slots
    recent: Numbers
    recent_ms: Times


@kernel
def learn(
    rows: Rows, lessons: Lessons, rules: Rules, where: Numbers, costs: Numbers
) -> tuple[Changes, Numbers, Vector]:
    """Count all lessons, each row's in their order.

    Args:
        rows: As they were.
        lessons: Of these rows, at least one of each.
        rules: What is counted.
        where: Only -1, and so again in the end, int32 (numbers,).
        costs: Bytes that a partner takes by its number, int32 (numbers,).

    Returns:
        Which partners are others than before; and numbers and counts as in `Rows`.
    """
    capacity = rows.lengths.copy()
    for at, row in enumerate(lessons.rows):
        capacity[row] += lessons.ends[at] - (lessons.ends[at - 1] if at else 0)
    numbers = np.empty(capacity.sum(), np.int32)
    counts = np.empty(CHANNELS * len(numbers), np.float32)
    widest = capacity.max()
    desk = Desk(
        where,
        costs,
        np.empty(widest, np.int32),
        np.zeros((CHANNELS, widest), np.float32),
    )
    lengths, changes = rows.lengths.copy(), new_changes(len(capacity), len(numbers))
    old, new, at = 0, 0, 0
    order = np.argsort(lessons.rows, kind="mergesort")
    for row, length in enumerate(lengths):
        lay_out(desk, rows, old, length)
        while at < len(order) and lessons.rows[order[at]] == row:
            _learn(desk, rows, row, lessons, order[at], rules)
            at += 1
        clear_away(desk, rows.lengths[row], numbers, counts, new)
        end = new + rows.lengths[row]
        before = rows.numbers[old : old + length]
        note_changes(changes, row, before, numbers[new:end])
        old, new = old + length, end
    return only(changes), numbers[:new], counts[: CHANNELS * new]


@kernel
def _learn(
    desk: Desk,
    rows: Rows,
    row: int,
    lessons: Lessons,
    at: int,
    rules: Rules,
) -> None:
    """Count one lesson."""
    first, end = (lessons.ends[at - 1] if at else 0), lessons.ends[at]
    time_ms, weight = lessons.times_ms[at], lessons.weights[at]
    rows.events[row] += weight
    rise = _rise(desk, rows, row, time_ms, rules.half_life_ms)
    if first == end:
        return
    elapsed_ms = time_ms - lessons.recent_ms[first:end]
    recent = lessons.recent[first:end]
    places = _places(desk, rows, row, recent, elapsed_ms, rules, lessons.items[at])
    count(desk.counts, places, elapsed_ms, rules.shares, weight, rise)
    if rows.lengths[row] > rules.most or rows.sizes[row] > rules.most_bytes:
        make_room(desk, rows, row, rules)


@kernel
def _rise(desk: Desk, rows: Rows, row: int, time_ms: int, half_life_ms: int) -> float:
    """What a fast count of 1 made at a time was worth at the row's `at_ms`.

    Counts are not decayed one by one; new ones are worth more instead.
    """
    length = rows.lengths[row]
    if not length:
        rows.at_ms[row] = time_ms
    age = (time_ms - rows.at_ms[row]) / half_life_ms
    if age > STALE:
        whole = int(age)
        # A power of 2: nothing is rounded before it is too small to matter.
        desk.counts[FAST, :length] *= np.float32(ldexp(1.0, -min(whole, 200)))
        rows.at_ms[row] += whole * half_life_ms
        age -= whole
    return float(2.0 ** max(age, -STALE * 4.0))


@kernel
def _places(
    desk: Desk,
    rows: Rows,
    row: int,
    recent: Numbers,
    elapsed_ms: Times,
    rules: Rules,
    item: int,
) -> Slots:
    """Where recent items stand among the partners; -1 for what is none.

    The last few become partners, with all that share a time with the last of them,
    and so do those since a time; but not the item itself.
    """
    places, near = np.empty(len(recent), np.int64), rules.near
    for gap, number in enumerate(recent):
        places[gap] = desk.where[number]
    for gap, number in enumerate(recent):
        if places[gap] >= 0 or number == item:
            continue
        if (
            gap < near
            or elapsed_ms[gap] == elapsed_ms[near - 1]
            or (gap < TIME_LOOK_BACK and elapsed_ms[gap] < rules.since_ms)
        ):
            if desk.where[number] < 0:
                place = rows.lengths[row]
                desk.numbers[place], desk.where[number] = number, place
                rows.lengths[row] += 1
                rows.sizes[row] += desk.costs[number]
            places[gap] = desk.where[number]
    return places
