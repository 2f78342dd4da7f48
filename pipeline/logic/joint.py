"""A joint linear regression of every item on all others, in closed form.

By Steck, "Embarrassingly shallow autoencoders for sparse data" (WWW 2019): with G how
often two items were had together, and P the inverse of G + l I, the weight from item i
to item j is -P[i, j] / P[j, j]. Unlike counts item by item it tells what an item adds
to all others that a user had.
"""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Matrix, Vector

Doubles = NDArray[np.float64]
LARGEST = 1.0
"""No weight leaves [-LARGEST, LARGEST]."""
SMALL = 64
"""Matrices up to this size are inverted by numpy."""


def weights_of(together: Matrix, counts: Vector, ridge: float) -> Matrix:
    """What having one item says of wanting another, given all others.

    Counts that fade, or that began at different times, need not belong together; so the
    ridge is doubled until the inverse is one that counts can have.

    Args:
        together: How often two items were had by one user, float32 (n, n), symmetric,
            its diagonal 0.
        counts: How often each was taken, float32 (n,), not negative.
        ridge: L2, in events, above 0.

    Returns:
        float32 (n, n), row: from, column: to; its diagonal is 0.

    >>> pair = np.array([[0, 8], [8, 0]], np.float32)
    >>> weights_of(pair, np.array([8, 8], np.float32), ridge=2).round(2)
    array([[0. , 0.8],
           [0.8, 0. ]], dtype=float32)
    """
    gram = together.astype(np.float64)
    while True:
        np.fill_diagonal(gram, counts + ridge)
        with suppress(np.linalg.LinAlgError):
            inverse = inverse_of(gram)
            # At most 1 / ridge, if they belong together. Cholesky's factor would tell
            # exactly, and took four times as long where few items go together.
            diagonal = inverse.diagonal()
            if (diagonal > 0).all() and (diagonal <= 2 / ridge).all():
                break
        ridge *= 2
    inverse /= -inverse.diagonal().copy()
    np.fill_diagonal(inverse, 0)
    weights: Matrix = np.clip(inverse, -LARGEST, LARGEST).astype(np.float32)
    return weights


def inverse_of(gram: Doubles) -> Doubles:
    """Inverse of a symmetric positive definite matrix, float64 (n, n).

    Half by half: less than half the time that numpy takes, for all is done by products.

    Raises:
        LinAlgError: it has none.

    >>> inverse_of(np.array([[2.0, 1.0], [1.0, 1.0]])).round(9)
    array([[ 1., -1.],
           [-1.,  2.]])
    """
    half = len(gram) // 2
    if len(gram) <= SMALL:
        return np.asarray(np.linalg.inv(gram), np.float64)
    upper, across = inverse_of(gram[:half, :half]), gram[:half, half:]
    seen = upper @ across
    lower = inverse_of(gram[half:, half:] - across.T @ seen)
    told = seen @ lower
    inverse = np.empty_like(gram)
    inverse[half:, half:] = lower
    inverse[:half, half:] = -told
    inverse[half:, :half] = -told.T
    inverse[:half, :half] = told @ seen.T
    inverse[:half, :half] += upper
    return inverse


def triangle(matrix: Matrix, size: int) -> Iterator[Vector]:
    """The lower triangle of a symmetric matrix, row by row, in parts of a size.

    >>> [part.tolist() for part in triangle(np.array([[1, 2], [2, 3]], "f4"), 2)]
    [[1.0, 2.0], [3.0]]
    """
    flat = matrix[np.tril_indices(len(matrix))]
    for first in range(0, len(flat), size):
        yield flat[first : first + size]


def from_triangle(flat: Vector, n: int) -> Matrix:
    """The symmetric matrix (n, n) whose lower triangle begins `flat`.

    >>> from_triangle(np.array([1, 2, 3, 9], np.float32), 2).tolist()
    [[1.0, 2.0], [2.0, 3.0]]
    """
    matrix = np.zeros((n, n), np.float32)
    rows, columns = np.tril_indices(n)
    matrix[rows, columns] = flat[: len(rows)]
    matrix[columns, rows] = flat[: len(rows)]
    return matrix
