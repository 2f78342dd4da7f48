"""The way back: a sample changes every row that its scores were made of.

All gradients are multiples of two vectors: those of items, tags and biases of `u W`,
those of contexts and attributes of `W p`, where `p` is the sum of the item vectors,
each times the slope of the loss by its score. All are taken before anything changes,
but for a row that one sample has twice.
"""

from pipeline.logic.adagrad import adagrad
from pipeline.logic.interest import back, descend_weights
from pipeline.logic.kernels.embedding_desk import Course, Desk, Lists, Sample, Tables
from pipeline.logic.kernels.embedding_rows import add
from pipeline.logic.kernels.embedding_score import score, width
from pipeline.logic.kernels.jit import kernel


@kernel
def step(
    tables: Tables, course: Course, sample: Sample, drawn: Lists, desk: Desk
) -> float:
    """Learn one sample among its negatives.

    Args:
        tables: Changed in place.
        course: How.
        sample: What.
        drawn: Its negatives, rows of `items`, distinct and not its own, -1 after the
            last, int32 (most,).
        desk: Clean before and after, but that it keeps `u`, the scores and the slopes.

    Returns:
        The loss before.
    """
    loss, count = score(tables, course, sample, drawn, desk)
    descend_items(tables, course, sample.item, drawn[: count - 1], desk)
    descend_tags(tables, course, sample.item, drawn[: count - 1], desk)
    descend_user(tables, course, sample, desk)
    return loss


@kernel
def descend_items(
    tables: Tables, course: Course, item: int, drawn: Lists, desk: Desk
) -> None:
    """Change vectors and biases of items; fill `p` and the slopes of their tags."""
    (values, sums), (biases, bias_sums) = tables.items, tables.biases
    tags_of, tag_slopes = tables.tags_of, desk.tag_slopes
    user, one = desk.user, desk.one
    pace, slopes = course.own, desk.slopes
    user[2] = 0
    for each in range(1 + len(drawn)):
        row = item if each == 0 else drawn[each - 1]
        slope = slopes[each]
        add(user, 2, slope, values, row)
        adagrad(values, sums, row, user, 1, slope, pace)
        adagrad(biases, bias_sums, row, one, 0, slope, pace)
        count = 0
        while count < tags_of.shape[1] and tags_of[row, count] >= 0:
            count += 1
        for place in range(count):
            tag_slopes[tags_of[row, place]] += slope / slopes.dtype.type(count)


@kernel
def descend_tags(
    tables: Tables, course: Course, item: int, drawn: Lists, desk: Desk
) -> None:
    """Change the tags of items, each once, add them to `p`, and wipe the desk."""
    values, sums = tables.tags
    tags_of, tag_slopes, user = tables.tags_of, desk.tag_slopes, desk.user
    marked = desk.marked
    for each in range(1 + len(drawn)):
        row = item if each == 0 else drawn[each - 1]
        for place in range(tags_of.shape[1]):
            tag = tags_of[row, place]
            if tag < 0:
                break
            if marked[tag]:
                add(user, 2, tag_slopes[tag], values, tag)
                adagrad(values, sums, tag, user, 1, tag_slopes[tag], course.side)
                marked[tag], tag_slopes[tag] = False, 0


@kernel
def descend_user(tables: Tables, course: Course, sample: Sample, desk: Desk) -> None:
    """Change attributes, contexts and W."""
    shares, recent, user = desk.shares, sample.recent, desk.user
    back(tables.w.values, user[2:3], user[3:4])
    values, sums = tables.attributes
    for row in sample.attributes:
        if row >= 0:
            adagrad(values, sums, row, user, 3, desk.one[0, 0], course.side)
    values, sums = tables.contexts
    many = width(recent)
    for look in range(shares.shape[0]):
        for place in range(many):
            if shares[look, place] == 0:
                break
            row = recent[place] * shares.shape[0] + look
            adagrad(values, sums, row, user, 3, shares[look, place], course.own)
    if course.w.rate > 0:
        descend_weights(tables.w, user[0:1], user[2:3], course.w)
