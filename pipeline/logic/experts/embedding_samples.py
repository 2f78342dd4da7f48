"""Lessons as samples: ids get their rows, items their tags."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Mask, Slots, Vector
from pipeline.logic.expert import Lesson
from pipeline.logic.experts.embedding_tables import TAGS, EmbeddingSettings
from pipeline.logic.kernels.embedding_learn import Plan
from pipeline.logic.replay import Samples
from pipeline.logic.vectors import VectorTable

Tables = Mapping[str, VectorTable]


def encode(
    lessons: Sequence[Lesson], tables: Tables, settings: EmbeddingSettings, used: int
) -> tuple[Samples, Slots]:
    """Samples of the lessons whose item has a row, or was given one; and which.

    Args:
        lessons: Not empty.
        tables: Rows are added to them.
        settings: How vectors are learnt.
        used: A count above 0 that never goes back.
    """
    back = -settings.look_back - 1
    recent = [each.recent[:back:-1] for each in lessons]
    times_ms = [t for each in lessons for t in each.recent_times_ms[:back:-1]]
    attributes = [each.attributes[:TAGS] for each in lessons]
    tags = [(each.categories + each.tags)[:TAGS] for each in lessons]
    slots = tables["items"].add([each.item for each in lessons], used)
    rows, tied = _recent(tables["contexts"], recent, times_ms, settings, used)
    samples = Samples(
        slots,
        rows,
        tied,
        _rows(tables["attributes"], attributes, TAGS, used),
        np.array([each.label for each in lessons], np.float32),
        _weights(lessons, settings),
    )
    placed = np.flatnonzero(slots >= 0)
    known = _rows(tables["tags"], tags, TAGS, used)
    tables["items"]["tags"][slots[placed]] = known[placed]
    if len(placed) == len(slots):
        return samples, placed
    return samples.take(placed), placed


def touch_all(tables: Tables, kept: Samples, plan: Plan) -> None:
    """Touch every row that a plan of steps may change.

    Args:
        tables: Whose rows.
        kept: Samples by place.
        plan: Which of them, and beside which items.
    """
    places = distinct(plan.steps, len(kept.items))
    items = tables["items"]
    rows = distinct(np.append(plan.drawn, kept.items[places]), items.size)
    items.touch(rows)
    tags = tables["tags"]
    tags.touch(distinct(items["tags"][rows], tags.size))
    for name, lists in (("contexts", kept.recent), ("attributes", kept.attributes)):
        tables[name].touch(distinct(lists[places], tables[name].size))


def distinct(slots: NDArray[Any], size: int) -> Slots:
    """Which slots there are, in rising order; -1 is none.

    >>> distinct(np.array([3, -1, 1, 3]), 5)
    array([1, 3])
    """
    there = np.zeros(size + 1, np.bool_)
    there[slots] = True  # -1 is the last
    return np.flatnonzero(there[:-1])


def _weights(lessons: Sequence[Lesson], settings: EmbeddingSettings) -> Vector:
    weights = np.array([each.weight for each in lessons])
    weights = np.clip(np.nan_to_num(weights), 0, settings.top_weight)
    refused = np.array([each.label <= 0 for each in lessons])
    weights[refused] *= settings.against
    result: Vector = weights.astype(np.float32)
    return result


def _recent(
    contexts: VectorTable,
    lists: Sequence[list[str]],
    times_ms: list[int],
    settings: EmbeddingSettings,
    used: int,
) -> tuple[Slots, Mask]:
    """Slots of recent items as rows filled up with -1, and which are tied."""
    slots = contexts.add(list(chain.from_iterable(lists)), used)
    rows = _lined_up(slots, slots >= 0, lists, settings.look_back)
    times = np.array(times_ms, np.int64)
    times = _lined_up(times, slots >= 0, lists, settings.look_back)
    tied = np.zeros(times.shape, np.bool_)
    tied[:, 1:] = times[:, 1:] == times[:, :-1]
    return rows, tied


def _rows(
    table: VectorTable, lists: Sequence[list[str]], width: int, used: int
) -> Slots:
    """Slots of lists of ids, as rows filled up with -1."""
    slots = table.add(list(chain.from_iterable(lists)), used)
    return _lined_up(slots, slots >= 0, lists, width)


def _lined_up(
    values: Slots, placed: Mask, lists: Sequence[list[str]], width: int
) -> Slots:
    """Values of the ids of all lists, but those not placed, a row a list."""
    lengths = np.array([len(ids) for ids in lists], np.int64)
    if not placed.all():
        owners = np.repeat(np.arange(len(lists)), lengths)[placed]
        lengths = np.bincount(owners, minlength=len(lists))
    rows = np.full((len(lists), width), -1, np.int64)
    rows[np.arange(width) < lengths[:, None]] = values[placed]
    return rows
