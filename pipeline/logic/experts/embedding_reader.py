"""Interest by vectors: the reading side of the expert.

It holds the learner's own tables, block by block, and which of their items has which
slot of the replica. An item may get its slot before or after its vector.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.expert import Moment, Part, Section
from pipeline.logic.experts.embedding_sides import UserPart, user_parts, user_vectors
from pipeline.logic.experts.embedding_tables import TAGS, EmbeddingSettings, make_tables
from pipeline.logic.experts.embedding_vectors import ItemVectors
from pipeline.logic.segments import pad
from pipeline.logic.slots import SlotTable


@dataclass(frozen=True, slots=True)
class _Look:
    """A moment in vectors: its known recent items, what it sums, and `u W`."""

    moment: Moment
    recent: Slots
    parts: list[UserPart]
    pull: Vector


class EmbeddingReader:
    """Interest of a user in every item that has a vector.

    Args:
        slots: The dictionary of ids to slots that all readers of the replica share.
        settings: As of the learner.
    """

    name = "embedding"
    part: Part = "dense"

    def __init__(
        self, slots: SlotTable, settings: EmbeddingSettings | None = None
    ) -> None:
        self._slots = slots
        self._settings = settings or EmbeddingSettings()
        self._tables = make_tables(self._settings)
        self._items = ItemVectors(slots, self._tables)
        self._w = np.eye(self._settings.dims, dtype=np.float32)
        self._look: _Look | None = None
        looks = (f"recent_{length}" for _, length in self._settings.looks)
        self.feature_names = ("attributes", *looks, "tags", "bias")

    def assign(self, slot: int, section: Section) -> None:
        """Nothing is in an item's own row; its slot is looked up when it is needed."""

    def assign_shared(self, key: str, section: Section) -> None:
        """Take a block of vectors, or W."""
        self._look = None
        kind, _, rest = key.partition("/")
        table = rest.partition("/")[0]
        if kind == "~dense":
            shape = self._w.shape
            self._w = np.frombuffer(section["w"], "<f4").reshape(shape).copy()
        elif kind == "vectors" and table in self._tables:
            self._items.load(table, section)

    def drop(self, slot: int) -> None:
        """The item is gone; its slot may be given to another."""
        self._look = None
        self._items.drop(slot)

    def candidates(self, moment: Moment, n: int) -> Slots:
        """Items of the highest interest, the highest first; none of the recent ones."""
        return self._items.best(self._looked(moment).pull, moment.recent, n)

    def score(self, moment: Moment, slots: Slots) -> Vector:
        """Interest above that in the mean item; 0 where there is no vector."""
        scores = np.zeros(len(slots), np.float32)
        rows = self._items.rows_of(slots)
        known = rows >= 0
        vectors, bias = self._items.of(rows[known])
        vector, mean = self._items.mean()
        scores[known] = (vectors - vector) @ self._looked(moment).pull + (bias - mean)
        return scores

    def features(self, moment: Moment, slots: Slots) -> Matrix:
        """What a ranker may weigh one by one, float32 (n, features), logits."""
        look = self._looked(moment)
        table = np.zeros((len(slots), len(self.feature_names)), np.float32)
        rows = self._items.rows_of(slots)
        known = rows >= 0
        vectors, bias = self._items.of(rows[known])
        pulls = [user_vectors([part], self._tables)[0] @ self._w for part in look.parts]
        tags = self._items.tags_of(rows[known]) @ look.pull
        table[known] = np.column_stack([vectors @ np.stack(pulls, 1), tags, bias])
        return table

    def because(self, moment: Moment, slot: int) -> int:
        """The recent item whose vectors point most to this one."""
        look = self._looked(moment)
        row = self._items.rows_of(np.array([slot]))
        if row[0] < 0 or not len(look.recent):
            return -1
        target = self._w @ self._items.of(row)[0][0]
        shares = np.zeros(len(look.recent), np.float32)
        for part in look.parts:
            if part.table == "contexts":
                near = part.slots[0][part.slots[0] >= 0]
                pulls = part.values(self._tables)[near] @ target
                shares[: len(near)] += part.weights[0, : len(near)] * pulls
        best = int(shares.argmax())
        return int(look.recent[best]) if shares[best] > 0 else -1

    def _looked(self, moment: Moment) -> _Look:
        """The moment in vectors; asked for several times, worked out once."""
        if self._look is not None and self._look.moment is moment:
            return self._look
        back = self._settings.look_back
        newest = moment.recent[::-1][:back]
        ids = [self._slots.id_of(slot) or "" for slot in newest.tolist()]
        rows = self._tables["contexts"].find(ids)
        newest, rows = newest[rows >= 0], rows[rows >= 0]
        attributes = self._tables["attributes"].find(moment.attributes[:TAGS])
        parts = user_parts(
            pad(rows, [len(rows)], back),
            pad(attributes, [len(attributes)], TAGS),
            self._settings.looks,
        )
        pull: Vector = (user_vectors(parts, self._tables) @ self._w)[0]
        self._look = _Look(moment, newest, parts, pull)
        return self._look
