"""Interest in some items of a replica, its parts, and what speaks for them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Mask, Matrix, Slots
from pipeline.logic.interest import through
from pipeline.logic.kernels.embedding_rows import add, dot
from pipeline.logic.kernels.jit import kernel
from pipeline.logic.kernels.ties import mean_shares

Lists = NDArray[np.int32]


class Vectors(NamedTuple):
    """Items as learnt, to be read; d numbers a vector.

    Args:
        items: float32 (items, d).
        biases: float32 (items, 1).
        tags: float32 (tags, d).
        tags_of: Tags of each item, -1 after the last, int32 (items, most).
    """

    items: Matrix
    biases: Matrix
    tags: Matrix
    tags_of: Lists


@kernel
def pulls(
    recent: Slots,
    tied: Mask,
    attributes: Slots,
    looks: Matrix,
    contexts: NDArray[np.float32],
    attribute_vectors: Matrix,
    w: Matrix,
) -> Matrix:
    """What pulls a user: `u W`, and the same of each part of `u`.

    Args:
        recent: Rows of `contexts`, the newest first, int64 (n,).
        tied: Which of them have the time of the one before, bool (n,).
        attributes: Rows of the attributes' vectors, int64 (m,).
        looks: What a recent item counts by its place, float32 (looks, look-back).
        contexts: float32 (contexts, looks, d).
        attribute_vectors: float32 (attributes, d).
        w: `W`, float32 (d, d).

    Returns:
        All, the attributes' part, and that of each look, float32 (2 + looks, d).
    """
    parts = np.zeros((2 + looks.shape[0], w.shape[0]), w.dtype)
    out = np.zeros_like(parts)
    for attribute in attributes:
        add(parts, 1, np.float32(1), attribute_vectors, attribute)
    near = min(len(recent), looks.shape[1])
    shares = np.zeros_like(looks)
    mean_shares(looks, tied, near, shares)
    for look in range(looks.shape[0]):
        for place in range(near):
            weight = shares[look, place]
            if weight > 0:
                add(parts, 2 + look, weight, contexts[:, look], recent[place])
    through(parts, w, out)
    for part in range(1, len(out)):
        add(out, 0, np.float32(1), out, part)
    return out


@kernel
def whole(vectors: Vectors, tags: NDArray[np.int32], own: Matrix) -> None:
    """Add to an item's vector the mean of its tags' vectors.

    Args:
        vectors: Of all items.
        tags: Of the item, -1 after the last, int32 (most,).
        own: The item's vector, and the mean, which is filled, float32 (2, d).
    """
    own[1] = 0
    count = 0
    while count < len(tags) and tags[count] >= 0:
        count += 1
    for place in range(count):
        add(own, 1, np.float32(1) / np.float32(count), vectors.tags, tags[place])
    add(own, 0, np.float32(1), own, 1)


@kernel
def explain(
    pull: Matrix,
    vectors: Vectors,
    rows: Slots,
    slots: Slots,
    named: Lists,
    mean: Matrix,
    out: Matrix,
) -> None:
    """Interest in some items and its parts, float32 (parts + 1, n).

    Args:
        pull: `u W`, then that of each part, float32 (parts, d).
        vectors: Of all items.
        rows: Of the items asked for, -1 where there is no vector, int64 (n,).
        slots: Of the same, int64 (n,).
        named: Tags by slot, of items that have no vector, int32 (slots, most).
        mean: Stands for a missing vector: d numbers and the bias, float32 (1, d + 1).
        out: Filled: interest, its parts, and of it what is due to the item's tags.
    """
    dims = pull.shape[1]
    own = np.empty((2, dims), np.float32)
    for n in range(len(rows)):
        row = rows[n]
        if row < 0:
            own[0] = mean[0, :dims]
            whole(vectors, named[slots[n]], own)
        else:
            own[0] = vectors.items[row]
            whole(vectors, vectors.tags_of[row], own)
        for part in range(len(pull)):
            out[part, n] = dot(pull, part, own, 0)
        out[0, n] += mean[0, dims] if row < 0 else vectors.biases[row, 0]
        out[len(pull), n] = dot(pull, 0, own, 1)


@kernel
def speakers(
    recent: Slots,
    tied: Mask,
    looks: Matrix,
    contexts: NDArray[np.float32],
    w: Matrix,
    vectors: Vectors,
    rows: Slots,
) -> Slots:
    """For each item the recent one that pulls most to it, int64 (n,).

    Args:
        recent: Rows of `contexts`, the newest first, int64 (m,).
        tied: Which of them have the time of the one before, bool (m,).
        looks: What a recent item counts by its place, float32 (looks, look-back).
        contexts: float32 (contexts, looks, d).
        w: `W`, float32 (d, d).
        vectors: Of all items.
        rows: Of the items asked for, -1 where there is no vector, int64 (n,).

    Returns:
        Places in `recent`, -1 where none pulls to the item; of equal ones the newest.
    """
    near = min(len(recent), looks.shape[1])
    shares = np.empty((len(looks), near), np.float32)
    mean_shares(looks, tied, near, shares)
    parts = np.zeros((near, w.shape[0]), np.float32)
    for look in range(len(looks)):
        for place in range(near):
            share = shares[look, place]
            add(parts, place, share, contexts[:, look], recent[place])
    found = np.full(len(rows), -1, np.int64)
    own = np.zeros((2, w.shape[0]), np.float32)
    for n in range(len(rows)):
        row = rows[n]
        if row < 0:
            continue
        own[0] = vectors.items[row]
        whole(vectors, vectors.tags_of[row], own)
        for k in range(len(w)):
            own[1, k] = dot(w, k, own, 0)
        most = np.float32(0)
        for place in range(near):
            said = dot(parts, place, own, 1)
            if said > most:
                most, found[n] = said, place
    return found
