"""Samples learnt one by one, each followed by its replays."""

from typing import NamedTuple

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.kernels.embedding_desk import (
    Course,
    Desk,
    Lists,
    Sample,
    Tables,
    desk_for,
)
from pipeline.logic.kernels.embedding_step import step
from pipeline.logic.kernels.jit import kernel
from pipeline.logic.replay import Samples


class Plan(NamedTuple):
    """In which order, and beside what.

    Args:
        steps: Places of samples: each new one, then its replays; -1 for none; int64
            (n, 1 + replays).
        drawn: Negatives of each step, -1 after the last, int32 (n, 1 + replays, most).
    """

    steps: Slots
    drawn: Lists


@kernel
def learn(
    tables: Tables, course: Course, again: Course, kept: Samples, plan: Plan
) -> Matrix:
    """Learn new samples one by one, and replay others after each.

    Args:
        tables: Changed in place.
        course: How a new sample is learnt.
        again: How an old one is.
        kept: Samples, old and new.
        plan: Which of them, and beside what.

    Returns:
        Of each new sample, before it was learnt: its loss and, in favour, the shares of
        its negatives that rank below it and whether fewer than ten rank above, by
        interest and by popularity; float32 (n, 5).
    """
    figures = np.zeros((plan.steps.shape[0], 5), np.float32)
    desk = desk_for(tables, course.looks, plan.drawn.shape[2])
    for n in range(plan.steps.shape[0]):
        for each in range(plan.steps.shape[1]):
            place = plan.steps[n, each]
            if place < 0:
                break
            sample = Sample(
                kept.items[place],
                kept.recent[place],
                kept.tied[place],
                kept.attributes[place],
                kept.labels[place],
                kept.weights[place],
            )
            drawn = plan.drawn[n, each]
            # One call in this place: with two the compiler gives up, 5 times slower.
            loss = step(tables, again if each else course, sample, drawn, desk)
            if each == 0:
                figures[n, 0] = loss
                rank(tables.counts, sample.item, drawn, desk, figures[n])
                if sample.label > 0:
                    tables.counts[sample.item] += 1
    return figures


@kernel
def rank(counts: Vector, item: int, drawn: Lists, desk: Desk, out: Vector) -> None:
    """Rank an item among its negatives by the scores on the desk, and by popularity.

    A tie counts half.
    """
    above = popular = 0.0
    n = 0
    for row in drawn:
        if row < 0:
            break
        n += 1
        above += half(desk.scores[n], desk.scores[0])
        popular += half(counts[row], counts[item])
    out[1], out[2] = 1 - above / max(n, 1), above < 10
    out[3], out[4] = 1 - popular / max(n, 1), popular < 10


@kernel
def half(other: float, own: float) -> float:
    """How far another is above: 1, in a tie a half, or 0."""
    if other == own:
        return 0.5
    return 1.0 if other > own else 0.0
