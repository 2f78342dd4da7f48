"""What items are about in a few numbers: names hashed, then principal components.

An item's names (categories, tags) become a vector of fixed length by signed feature
hashing (Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML
2009), whatever names there will be. Its principal components (Pearson, 1901; here by a
singular value decomposition) put items near each other that share no name, if their
names often go together: latent semantic indexing (Deerwester et al., 1990).
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector

BUCKETS = 256
"""Length of a hashed vector."""
COMPONENTS = 16
"""Length of a reduced one."""
NOTHING = 1e-6
"""What is less than this is due to rounding."""


def marked(categories: Iterable[str], tags: Iterable[str]) -> list[str]:
    """An item's names, so that a category and a tag are never the same.

    >>> marked(["jazz"], ["jazz", "live"])
    ['cjazz', 'tjazz', 'tlive']
    """
    return [f"c{each}" for each in categories] + [f"t{each}" for each in tags]


def hashed(name: str) -> tuple[int, int]:
    """Where a name counts in a hashed vector, and its sign.

    >>> hashed("cjazz"), hashed("tjazz")
    ((11, 1), (20, 1))
    """
    drawn = int.from_bytes(blake2b(name.encode(), digest_size=4).digest())
    return drawn // 2 % BUCKETS, 1 - 2 * (drawn % 2)


def fit(
    items: Sequence[Sequence[str]], count: int = COMPONENTS
) -> tuple[Vector, Matrix]:
    """The principal components of items by their names, each item once.

    Args:
        items: Marked names of each, at least one of each.
        count: How many components.

    Returns:
        The mean hashed vector, float32 (BUCKETS,), and the components, those first in
        which items differ most, float32 (count, BUCKETS); 0 where they differ in
        no more. The largest number of each is positive, so that a fit of the same items
        gives the same.
    """
    rows = np.zeros((len(items), BUCKETS))
    for row, names in zip(rows, items, strict=True):
        for name in names:
            bucket, sign = hashed(name)
            row[bucket] += sign / len(names) ** 0.5
    mean = rows.mean(axis=0)
    rows -= mean
    if len(rows) > BUCKETS:
        rows = np.linalg.qr(rows).R  # of fewer rows, and the same components
    _, spreads, directions = np.linalg.svd(rows, full_matrices=False)
    directions = directions[:count][spreads[:count] > NOTHING]
    components = np.zeros((count, BUCKETS))
    components[: len(directions)] = directions
    # A direction and its opposite are the same component.
    largest = np.abs(components).argmax(axis=1)
    components *= np.sign(components[np.arange(count), largest])[:, None]
    return mean.astype(np.float32), components.astype(np.float32)


def projected(
    mean: Vector, components: Matrix, buckets: Slots, signs: Vector, lengths: Slots
) -> Matrix:
    """Items in the space of the components, each of length 1.

    Args:
        mean: As `fit` gives it.
        components: As `fit` gives them.
        buckets: Of the names of one item after the other, int64.
        signs: Of the same, float32.
        lengths: How many names each item has, at least 1, int64 (n,).

    Returns:
        Float32 (n, components); 0 for an item that is as the mean is.

    >>> items = [["ca", "cb"], ["cb", "cc"], ["cd"], ["cd", "ce"]]
    >>> buckets, signs = np.array([hashed(name) for name in ("ca", "cc", "ce")]).T
    >>> projected(*fit(items, 1), buckets, signs, np.ones(3, int)).round(3).tolist()
    [[1.0], [1.0], [-1.0]]
    """
    if not len(lengths):
        return np.zeros((0, len(components)), np.float32)
    values = components[:, buckets] * signs
    sums = np.add.reduceat(values, lengths.cumsum() - lengths, axis=1)
    places: Matrix = (sums / np.sqrt(lengths)).T - components @ mean
    norms = np.linalg.norm(places, axis=1, keepdims=True)
    whole: Matrix = np.divide(
        places, norms, out=np.zeros_like(places), where=norms > NOTHING
    )
    return whole
