"""Both sides of interest: which rows of the tables make a user, and which an item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.logic.arrays import Matrix, Slots
from pipeline.logic.segments import shares, weighted
from pipeline.logic.vectors import VectorTable

Tables = Mapping[str, VectorTable]
Looks = Sequence[tuple[float, int]]


@dataclass(frozen=True, slots=True)
class UserPart:
    """A weighted sum of rows that is a part of users' vectors.

    Args:
        table: Name of the table.
        column: Its column of vectors.
        slots: Its rows, -1 where there is none, int64 (users, width).
        weights: float32 (users, width).
    """

    table: str
    column: str
    slots: Slots
    weights: Matrix

    def values(self, tables: Tables) -> Matrix:
        """The table's vectors that it sums, float32 (rows, d)."""
        return tables[self.table][self.column]


def user_parts(recent: Slots, attributes: Slots, looks: Looks) -> list[UserPart]:
    """What users are the sum of: attributes, and means over recent items.

    Args:
        recent: Rows of `contexts`, the newest first, int64 (users, look-back).
        attributes: Rows of `attributes`, int64 (users, width).
        looks: Decay and length of each look back.
    """
    known = (attributes >= 0).astype(np.float32)
    parts = [UserPart("attributes", "values", attributes, known)]
    for look, (decay, length) in enumerate(looks):
        near = recent[:, :length]
        parts.append(UserPart("contexts", f"look_{look}", near, shares(near, decay)))
    return parts


def user_vectors(parts: Sequence[UserPart], tables: Tables) -> Matrix:
    """`u`, float32 (users, d): the sum of the parts."""
    first, *others = (
        weighted(part.values(tables), part.slots, part.weights) for part in parts
    )
    for each in others:
        first += each
    return first


def item_vectors(slots: Slots, tags: Slots, tables: Tables) -> Matrix:
    """`i`, float32 (items, d): the item's vector plus the mean of its tags'.

    Args:
        slots: Rows of `items`, int64 (items,).
        tags: Their rows of `tags`, -1 where there is none, int64 (items, width).
        tables: The tables.
    """
    values: Matrix = tables["items"]["values"][slots]
    return values + weighted(tables["tags"]["values"], tags, shares(tags))
