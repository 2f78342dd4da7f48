"""Weighted sums of rows of a table, and the way back: from sums to rows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Mask, Matrix, Slots


def pad(slots: Slots, lengths: Sequence[int], width: int) -> Slots:
    """Lists of slots, one after the other, as rows that are filled up with -1.

    Args:
        slots: Of all lists, int64 (sum of lengths,).
        lengths: Of each list, none above `width`.
        width: Of the rows.

    Returns:
        int64 (lists, width).

    >>> pad(np.array([7, 1, 2]), [1, 0, 2], 2).tolist()
    [[7, -1], [-1, -1], [1, 2]]
    """
    rows = np.full((len(lengths), width), -1, np.int64)
    rows[np.arange(width) < np.array(lengths, np.int64)[:, None]] = slots
    return rows


def shares(slots: Slots, decay: float = 1.0) -> Matrix:
    """How much each slot of a row counts: `decay` to the power of its place, sum 1.

    Args:
        slots: -1 where there is none, int64 (n, width).
        decay: Of the next place against this one.

    Returns:
        float32 (n, width); 0 where there is no slot.

    >>> shares(np.array([[4, 9, -1], [-1, -1, -1]]), decay=0.5).round(2)
    array([[0.67, 0.33, 0.  ],
           [0.  , 0.  , 0.  ]], dtype=float32)
    """
    weights = np.float32(decay) ** np.arange(slots.shape[1], dtype=np.float32)
    kept = np.where(slots >= 0, weights, np.float32(0))
    total = kept.sum(1, keepdims=True)
    return (kept / np.where(total > 0, total, np.float32(1))).astype(np.float32)


def weighted(table: NDArray[np.float32], slots: Slots, weights: Matrix) -> Matrix:
    """For each row of slots, the weighted sum of those rows of the table.

    Args:
        table: float32 (rows, d).
        slots: Which rows, int64 (n, width); -1 needs weight 0.
        weights: float32 (n, width).

    Returns:
        float32 (n, d).

    >>> table = np.array([[1, 0], [0, 8]], np.float32)
    >>> weighted(table, np.array([[0, 1]]), np.array([[1, 0.5]], np.float32))
    array([[1., 4.]], dtype=float32)
    """
    if not table.shape[0]:
        return np.zeros((slots.shape[0], table.shape[1]), np.float32)
    rows = table.take(slots, axis=0, mode="clip")  # -1 becomes 0; its weight is 0
    sums: Matrix = np.matmul(weights[:, None, :], rows)[:, 0]
    return sums


def spread(slots: Slots, weights: Matrix, gradient: Matrix) -> tuple[Slots, Matrix]:
    """The way back of `weighted`: what each row of the table gets, each row once.

    Args:
        slots: Which rows each sum was made of, int64 (n, width).
        weights: With which weights, float32 (n, width).
        gradient: Of the sums, float32 (n, d).

    Returns:
        Slots in rising order, int64 (u,), and their gradient, float32 (u, d).

    >>> slots, g = np.array([[3, 1], [3, -1]]), np.array([[1], [10]], np.float32)
    >>> rows, sums = spread(slots, shares(slots), g)
    >>> rows.tolist(), sums.tolist()
    ([1, 3], [[0.5], [10.5]])
    """
    # Slot and place in one number: sorting those is several times faster than argsort.
    keys = (slots.ravel() << _PLACE_BITS) | np.arange(slots.size)
    keys = np.sort(keys[keys >= 0])
    slot, order = keys >> _PLACE_BITS, keys & ((1 << _PLACE_BITS) - 1)
    source = order // slots.shape[1]
    weight = weights.ravel()[order]
    new = _new(slot)
    # The first of each row is copied; the rest, mostly few rows, is one dense product.
    sums: Matrix = weight[new, None] * gradient.take(source[new], axis=0)
    again = np.flatnonzero(~new)
    if again.size:
        row = np.cumsum(new)[again] - 1
        first = _new(row)
        cells = (np.cumsum(first) - 1) * len(slots) + source[again]
        cell = np.bincount(cells, weight[again], int(first.sum()) * len(slots))
        dense = cell.astype(np.float32).reshape(-1, len(slots))
        sums[row[first]] += np.matmul(dense, gradient)
    return slot[new], sums


def _new(ordered: Slots) -> Mask:
    """Where a number is not the one before."""
    new = np.ones(len(ordered), np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    return new


_PLACE_BITS = 24
