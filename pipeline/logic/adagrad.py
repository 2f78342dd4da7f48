"""Steps against a gradient, each row at its own pace."""

import numpy as np

from pipeline.logic.arrays import Matrix, Vector


def adagrad(
    values: Matrix, sums: Vector, gradient: Matrix, rate: float, bound: float
) -> tuple[Matrix, Vector]:
    """One step of Adagrad with one scalar a row; bounded however steep it is.

    Args:
        values: Rows as they are, float32 (n, d).
        sums: Of each row's mean squared gradients so far, above 0, float32 (n,).
        gradient: float32 (n, d).
        rate: Length of the first steps.
        bound: No value leaves [-bound, bound].

    Returns:
        The new values and sums.

    >>> one, tenth = np.ones((1, 2), np.float32), np.full(1, 0.01, np.float32)
    >>> values, sums = adagrad(one, tenth, one, rate=0.1, bound=8)
    >>> values.round(2), sums.round(2)
    (array([[0.9, 0.9]], dtype=float32), array([1.01], dtype=float32))
    """
    gradient = np.clip(gradient, -_STEEPEST, _STEEPEST)
    grown = sums + np.mean(np.square(gradient), axis=1)
    step = gradient * (np.float32(rate) / np.sqrt(grown))[:, None]
    return np.clip(values - step, -bound, bound), grown


_STEEPEST = 1e3
