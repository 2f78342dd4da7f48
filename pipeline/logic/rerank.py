"""Re-ranking for diversity under a stated trade-off (maximal marginal relevance)."""

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector


def rerank(scores: Vector, alike: Matrix, n: int, trade_off: float) -> Slots:
    """Choose one item after another: good, and unlike those chosen before.

    Args:
        scores: Of the items, the best first, (m,).
        alike: How alike two items are, 0 to 1, (m, m).
        n: How many to choose.
        trade_off: 0 keeps the order; 1 looks at likeness alone.

    Returns:
        Indices of the chosen ones in their new order, int64 (at most n,).

    >>> scores = np.array([3, 2.9, 1], np.float32)
    >>> alike = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], np.float32)
    >>> rerank(scores, alike, 2, 0.0), rerank(scores, alike, 2, 0.6)
    (array([0, 1]), array([0, 2]))
    """
    m = len(scores)
    if trade_off <= 0 or m == 0:
        return np.arange(min(n, m))
    span = max(float(scores[0] - scores[-1]), 1e-9)
    worth = (1 - trade_off) * (scores - scores[-1]) / span
    nearest = np.zeros(m, np.float32)
    left = np.ones(m, np.bool_)
    chosen = []
    for _ in range(min(n, m)):
        value = np.where(left, worth - trade_off * nearest, -np.inf)
        i = int(value.argmax())
        chosen.append(i)
        left[i] = False
        nearest = np.maximum(nearest, alike[i])
    return np.array(chosen, np.int64)


def one_hot(names: Slots, lengths: Slots) -> Matrix:
    """Lists of names as rows of zeros and ones, float32 (lists, distinct names).

    Args:
        names: Of all lists, one list after the other.
        lengths: Of the lists.

    >>> one_hot(np.array([7, 9, 7]), np.array([2, 0, 1]))
    array([[1., 1.],
           [0., 0.],
           [1., 0.]], dtype=float32)
    """
    distinct, column = np.unique(names, return_inverse=True)
    rows = np.zeros((len(lengths), len(distinct)), np.float32)
    rows[np.repeat(np.arange(len(lengths)), lengths), column] = 1
    return rows


def cosine(rows: Matrix) -> Matrix:
    """How alike rows are, their cosine cut at 0; a row of zeros is like none.

    >>> cosine(np.array([[2, 0], [1, 0], [0, 0]], np.float32))
    array([[1., 1., 0.],
           [1., 1., 0.],
           [0., 0., 0.]], dtype=float32)
    """
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
    alike: Matrix = np.maximum(unit @ unit.T, 0)
    return alike
