"""What the embedding's kernels read and change, by name."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.adagrad import Pace
from pipeline.logic.arrays import Mask, Matrix, Slots, Vector
from pipeline.logic.kernels.embedding_rows import Number, Rows
from pipeline.logic.kernels.jit import kernel

Lists = NDArray[np.int32]


class Tables(NamedTuple):
    """All that is learnt; d numbers a vector.

    Args:
        items: Vectors (items, d).
        biases: Of items (items, 1).
        contexts: A row for each look of each item, (contexts * looks, d).
        tags: Vectors (tags, d).
        attributes: Vectors (attributes, d).
        w: `W` (d, d), with one sum.
        tags_of: Tags of each item, -1 after the last, int32 (items, most).
        counts: How often each item was acted on, float32 (items,).
    """

    items: Rows
    biases: Rows
    contexts: Rows
    tags: Rows
    attributes: Rows
    w: Rows
    tags_of: Lists
    counts: Vector


class Course(NamedTuple):
    """How a sample is learnt.

    Args:
        own: Pace of items, biases and contexts.
        side: Pace of tags and attributes.
        w: Pace of W; a rate of 0 leaves it as it is.
        looks: What a recent item counts by its place, float32 (looks, look-back); 0
            from where a look ends.
        squared: Whether the loss is `mse`.
    """

    own: Pace
    side: Pace
    w: Pace
    looks: Matrix
    squared: bool


class Sample(NamedTuple):
    """A user, an item and what became of it: rows of the tables, -1 after the last.

    Args:
        item: Row of `items`.
        recent: Of `contexts`, the newest first, int64 (look-back,).
        tied: Which of them have the time of the one before, bool (look-back,).
        attributes: int64 (most,).
        label: 1 in favour, 0 against.
        weight: What it counts.
    """

    item: int
    recent: Slots
    tied: Mask
    attributes: Slots
    label: Number
    weight: Number


class Desk(NamedTuple):
    """Where a step puts what it works out.

    Args:
        user: `u`, `u W`, `p` and `W p`, float32 (4, d).
        one: The number 1, float32 (1, 1).
        shares: What each recent item counts in the mean of each look, float32 (looks,
            look-back).
        scores: Of the sample's item, then of its negatives, float32 (1 + most,).
        slopes: Of the loss by each of the scores, float32 (1 + most,).
        tag_scores: `u W` times the tag's vector where it is marked, float32 (tags,).
        tag_slopes: Of the loss by the former; 0 between steps, float32 (tags,).
        marked: Tags of this step; False between steps, bool (tags,).
    """

    user: Matrix
    one: Matrix
    shares: Matrix
    scores: Vector
    slopes: Vector
    tag_scores: Vector
    tag_slopes: Vector
    marked: Mask


@kernel
def desk_for(tables: Tables, looks: Matrix, negatives: int) -> Desk:
    """An empty desk."""
    values = tables.items.values
    tags = tables.tags.values.shape[0]
    return Desk(
        np.zeros((4, values.shape[1]), values.dtype),
        np.ones((1, 1), values.dtype),
        np.zeros(looks.shape, values.dtype),
        np.zeros(1 + negatives, values.dtype),
        np.zeros(1 + negatives, values.dtype),
        np.zeros(tags, values.dtype),
        np.zeros(tags, values.dtype),
        np.zeros(tags, np.bool_),
    )
