"""Blocks of cells in a flat array, of few sizes; a freed one is given out again."""

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.kernels.jit import kernel

Cells = NDArray[np.int32]
Heads = NDArray[np.int64]
CLASSES = 56


@kernel
def size_of(kind: int) -> int:
    """Cells in a block of a class: 4, 6, 8, 12, 16, 24, 32, ...

    >>> [size_of(kind) for kind in range(6)]
    [4, 6, 8, 12, 16, 24]
    """
    return (4 + 2 * (kind % 2)) << (kind // 2)


@kernel
def class_of(size: int) -> int:
    """Class of the smallest block that has so many cells.

    >>> class_of(1), class_of(6), class_of(250)
    (0, 1, 12)
    """
    kind = 0
    while size_of(kind) < size:
        kind += 1
    return kind


@kernel
def take(chain: Cells, heads: Heads, kind: int) -> int:
    """First cell of a block of a class.

    Args:
        chain: The first cell of a free block holds that of the next one, or -1.
        heads: First cell of the first free block of each class, or -1; and, last, the
            first cell that was never given out. int64 (CLASSES + 1,).
        kind: The class.
    """
    start = int(heads[kind])
    if start >= 0:
        heads[kind] = chain[start]
    else:
        start = int(heads[CLASSES])
        heads[CLASSES] += size_of(kind)
    return start


@kernel
def give(chain: Cells, heads: Heads, kind: int, start: int) -> None:
    """Let a block be given out again."""
    chain[start] = heads[kind]
    heads[kind] = start
