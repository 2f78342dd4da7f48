"""Arrays indexed by slot, made longer as slots come."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


def grown(array: NDArray[T], size: int, fill: float) -> NDArray[T]:
    """The array, of length `size` or more; twice as long if it was too short.

    >>> grown(np.array([1, 2]), 3, fill=-1).tolist()
    [1, 2, -1, -1]
    """
    if size <= len(array):
        return array
    longer = np.full((max(size, 2 * len(array)), *array.shape[1:]), fill, array.dtype)
    longer[: len(array)] = array
    return longer
