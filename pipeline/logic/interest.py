"""Interest of a user in an item, `s(u, i) = uᵀ W i + b`, and how it changes."""

import numpy as np

from pipeline.logic.arrays import Matrix, Vector


def interest(users: Matrix, weights: Matrix, items: Matrix, bias: Vector) -> Matrix:
    """Score every user with every item.

    Args:
        users: `u`, float32 (users, d).
        weights: `W`, float32 (d, d).
        items: `i`, float32 (items, d).
        bias: `b`, float32 (items,).

    Returns:
        Scores, float32 (users, items).

    >>> u, i = np.array([[1, 2]], np.float32), np.array([[3, 1], [0, 1]], np.float32)
    >>> interest(u, np.eye(2, dtype=np.float32), i, np.array([0, 0.5], np.float32))
    array([[5. , 2.5]], dtype=float32)
    """
    scores: Matrix = np.matmul(users @ weights, items.T)
    scores += bias
    return scores


def interest_gradient(
    users: Matrix, weights: Matrix, items: Matrix, slope: Matrix
) -> tuple[Matrix, Matrix, Matrix, Vector]:
    """Carry the slope of a loss by each score back to what the scores are made of.

    Args:
        users: `u`, float32 (users, d).
        weights: `W`, float32 (d, d).
        items: `i`, float32 (items, d).
        slope: Of the loss by each score, float32 (users, items).

    Returns:
        Gradients of `u` (users, d), `W` (d, d), `i` (items, d) and `b` (items,).

    >>> u, i = np.array([[1, 2]], np.float32), np.array([[3, 1]], np.float32)
    >>> one = np.ones((1, 1), np.float32)
    >>> for part in interest_gradient(u, np.eye(2, dtype=np.float32), i, one):
    ...     print(part.tolist())
    [[3.0, 1.0]]
    [[3.0, 1.0], [6.0, 2.0]]
    [[1.0, 2.0]]
    [1.0]
    """
    pull: Matrix = np.matmul(slope, items)
    push: Matrix = np.matmul(slope.T, users @ weights)
    by_users: Matrix = np.matmul(pull, weights.T)
    by_weights: Matrix = np.matmul(users.T, pull)
    return by_users, by_weights, push, slope.sum(0)
