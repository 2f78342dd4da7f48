"""The way forward: from a sample's rows to the scores of its item and its negatives."""

import numpy as np

from pipeline.logic.arrays import Slots
from pipeline.logic.interest import through
from pipeline.logic.kernels.embedding_desk import Course, Desk, Lists, Sample, Tables
from pipeline.logic.kernels.embedding_rows import add, dot
from pipeline.logic.kernels.jit import kernel
from pipeline.logic.kernels.ties import mean_shares
from pipeline.logic.losses import cross_entropy, mse


@kernel
def score(
    tables: Tables, course: Course, sample: Sample, drawn: Lists, desk: Desk
) -> tuple[float, int]:
    """Fill `u`, `u W`, the scores and their slopes.

    Args:
        tables: As they are.
        course: For its looks and its loss.
        sample: What is to be learnt.
        drawn: Its negatives, rows of `items`, -1 after the last, int32 (most,).
        desk: Filled.

    Returns:
        The loss, and how many items were scored.
    """
    sum_user(tables, course, sample, desk)
    through(desk.user[0:1], tables.w.values, desk.user[1:2])
    count = score_items(tables, sample.item, drawn, desk)
    scores, slopes = desk.scores[:count], desk.slopes[:count]
    if course.squared:
        loss = mse(scores, sample.label, sample.weight, slopes)
    else:
        loss = cross_entropy(scores, sample.label, sample.weight, slopes)
    np.clip(slopes, -_STEEPEST, _STEEPEST, slopes)
    return loss, count


@kernel
def sum_user(tables: Tables, course: Course, sample: Sample, desk: Desk) -> None:
    """Fill `u`: the attributes' vectors, and a mean over each look back."""
    user, shares, recent = desk.user, desk.shares, sample.recent
    attributes, contexts = tables.attributes.values, tables.contexts.values
    user[0] = 0
    for attribute in sample.attributes:
        if attribute >= 0:
            add(user, 0, desk.one[0, 0], attributes, attribute)
    many = width(recent)
    mean_shares(course.looks, sample.tied, many, shares)
    for look in range(shares.shape[0]):
        for place in range(many):
            if shares[look, place] == 0:
                break
            row = recent[place] * shares.shape[0] + look
            add(user, 0, shares[look, place], contexts, row)


@kernel
def score_items(tables: Tables, item: int, drawn: Lists, desk: Desk) -> int:
    """Fill the scores `u W i + b` of an item and its negatives; returns how many.

    What a tag adds is worked out once.
    """
    values, biases, tags_of = tables.items.values, tables.biases.values, tables.tags_of
    tags, user, scores = tables.tags.values, desk.user, desk.scores
    tag_scores, marked = desk.tag_scores, desk.marked
    count = 1 + width(drawn)
    for each in range(count):
        row = item if each == 0 else drawn[each - 1]
        own = dot(values, row, user, 1) + biases[row, 0]
        total = scores.dtype.type(0)
        n = 0
        for place in range(tags_of.shape[1]):
            tag = tags_of[row, place]
            if tag < 0:
                break
            if not marked[tag]:
                marked[tag] = True
                tag_scores[tag] = dot(tags, tag, user, 1)
            total += tag_scores[tag]
            n += 1
        scores[each] = own + total / scores.dtype.type(max(n, 1))
    return count


@kernel
def width(rows: Slots | Lists) -> int:
    """How many rows come before the first -1.

    >>> import numpy as np
    >>> width(np.array([7, 2, -1, -1]))
    2
    """
    count = 0
    while count < len(rows) and rows[count] >= 0:
        count += 1
    return count


_STEEPEST = 1e3
