"""Learn interest `uᵀ W i + b` online, in vectors: the writing side of the expert.

u is the sum of the user's attribute vectors and of several means over the context
vectors of recent items; i is the item's vector plus the mean of its tags'. A pack of
lessons is learnt in steps of a fixed number; each ranks its lessons before it learns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.logic.adagrad import adagrad
from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.expert import Lesson, Part, Section
from pipeline.logic.experts.embedding_figures import EmbeddingFigures
from pipeline.logic.experts.embedding_sides import (
    UserPart,
    item_vectors,
    user_parts,
    user_vectors,
)
from pipeline.logic.experts.embedding_tables import TAGS, EmbeddingSettings, make_tables
from pipeline.logic.interest import interest, interest_gradient
from pipeline.logic.losses import LOSSES
from pipeline.logic.replay import Replay, Samples
from pipeline.logic.segments import pad, shares, spread


class EmbeddingLearner:
    """The tables, W, and what a pack of lessons does to them.

    Args:
        settings: How vectors are learnt.
    """

    name = "embedding"
    part: Part = "dense"

    def __init__(self, settings: EmbeddingSettings) -> None:
        self.settings = settings
        self.tables = make_tables(settings)
        self.w = np.eye(settings.dims, dtype=np.float32)
        self.samples = 0
        self.figures = EmbeddingFigures()
        self._w_sum = np.full(1, _FIRST_W_SUM, np.float32)
        self._replay = Replay(settings.replay_window)
        self._committed = self.section()

    def learn(self, lessons: Sequence[Lesson], seed: int) -> None:
        """Learn a pack; `seed` (up to 128 bits) decides what is drawn."""
        rng = np.random.Generator(np.random.Philox(key=seed))
        size = self.settings.batch
        for first in range(0, len(lessons), size):
            self._learn_some(lessons[first : first + size], rng)

    @property
    def changed(self) -> bool:
        """Whether it has learnt since the last commit."""
        return self._committed != self.section()

    def blocks(self) -> Iterator[tuple[str, int, Section]]:
        """Blocks changed since the last commit: table, block and what it holds."""
        for name, table in self.tables.items():
            for block in table.touched():
                yield name, block, table.section(block)

    def load_block(self, table: str, section: Section) -> None:
        """Take a block back; of a table that this release lacks, ignore it."""
        if table in self.tables:
            self.tables[table].load(section)

    def section(self) -> dict[str, Any]:
        """What it holds beside the tables."""
        return {
            "w": self.w.tobytes(),
            "w_sum": self._w_sum.tobytes(),
            "samples": self.samples,
            **self.figures.section(),
        }

    def load(self, section: Section) -> None:
        """Take back what `section` gave; it counts as committed."""
        w = np.frombuffer(section["w"], "<f4")
        if w.size != self.w.size:
            raise ValueError(
                f"W has {w.size} numbers, `dims` is {self.settings.dims}; "
                "another size needs another `model_name`"
            )
        self.w = w.reshape(self.w.shape).copy()
        self._w_sum = np.frombuffer(section["w_sum"], "<f4").copy()
        self.samples = int(section["samples"])
        self.figures.load(section)
        self._committed = self.section()

    def commit(self) -> None:
        """What is learnt so far is durable."""
        for table in self.tables.values():
            table.commit()
        self._replay.commit()
        self._committed = self.section()

    def undo(self) -> None:
        """Go back to the last commit."""
        for table in self.tables.values():
            table.undo()
        self._replay.undo()
        self.load(self._committed)

    def _learn_some(self, lessons: Sequence[Lesson], rng: np.random.Generator) -> None:
        """One step, over some lessons and as many times more out of the window."""
        settings = self.settings
        new = self._encode(lessons)
        if not len(new):
            return
        batch = new
        if settings.replays and len(self._replay):
            old = self._replay.draw(settings.replays * len(new), rng)
            weights = old.weights * np.float32(settings.replay_weight)
            batch = new.join(replace(old, weights=weights))
        self._step(batch, len(new), rng)
        self._replay.append(new)

    def _encode(self, lessons: Sequence[Lesson]) -> Samples:
        """Lessons as arrays; gives ids their rows, and items their tags."""
        settings, items = self.settings, self.tables["items"]
        self.samples += len(lessons)
        slots = items.add([each.item for each in lessons], self.samples)
        back = -settings.look_back - 1
        recent = [each.recent[:back:-1] for each in lessons]
        attributes = [each.attributes[:TAGS] for each in lessons]
        tags = [(each.categories + each.tags)[:TAGS] for each in lessons]
        labels = np.array([each.label for each in lessons], np.float32)
        weights = np.array([each.weight for each in lessons])
        weights = np.clip(np.nan_to_num(weights), 0, settings.top_weight)
        weights = np.where(labels > 0, weights, weights * settings.against)
        samples = Samples(
            slots,
            self._rows("contexts", recent, settings.look_back),
            self._rows("attributes", attributes, TAGS),
            labels,
            weights.astype(np.float32),
        )
        placed = np.flatnonzero(slots >= 0)
        items["tags"][slots[placed]] = self._rows("tags", tags, TAGS)[placed]
        return samples if len(placed) == len(slots) else samples.take(placed)

    def _rows(self, table: str, lists: list[list[str]], width: int) -> Slots:
        """Slots of lists of ids, as rows filled up with -1."""
        flat = [each for ids in lists for each in ids]
        slots = self.tables[table].add(flat, self.samples)
        return pad(slots, [len(ids) for ids in lists], width)

    def _step(self, batch: Samples, new: int, rng: np.random.Generator) -> None:
        """1 score 2 rank the new ones 3 differentiate 4 change every row involved."""
        settings, items = self.settings, self.tables["items"]
        draws = items.occupied(rng.integers(0, items.size, settings.negatives))
        rows = np.unique(np.concatenate((batch.items, draws)))
        own = np.searchsorted(rows, batch.items)
        tags = items["tags"][rows].astype(np.int64)
        parts = user_parts(batch.recent, batch.attributes, settings.looks)
        users = user_vectors(parts, self.tables)
        vectors = item_vectors(rows, tags, self.tables)
        scores = interest(users, self.w, vectors, items["bias"][rows, 0])
        mine = scores[np.arange(len(batch)), own]
        hidden = np.ones(len(rows), np.bool_)
        hidden[np.searchsorted(rows, draws)] = False
        scores[:, hidden] = -np.inf
        scores[np.arange(len(batch)), own] = mine
        value, slope = LOSSES[settings.loss](scores, own, batch.labels, batch.weights)
        self.figures.update(
            scores[:new], items["count"][rows], own[:new], batch.labels[:new], value
        )
        np.add.at(items["count"], batch.items[:new], batch.labels[:new])
        pull, w, push, bias = interest_gradient(users, self.w, vectors, slope)
        self._descend_users(parts, pull)
        self._descend_items(rows, tags, push, bias)
        if settings.w_rate:
            self._descend_w(w)

    def _descend_users(self, parts: Sequence[UserPart], pull: Matrix) -> None:
        for part in parts:
            rows, gradient = spread(part.slots, part.weights, pull)
            self._descend(part.table, part.column, rows, gradient)

    def _descend_items(
        self, rows: Slots, tags: Slots, push: Matrix, bias: Vector
    ) -> None:
        self._descend("items", "values", rows, push)
        self._descend("items", "bias", rows, bias[:, None])
        self._descend("tags", "values", *spread(tags, shares(tags), push))

    def _descend(self, name: str, column: str, rows: Slots, gradient: Matrix) -> None:
        """Change rows of a table, each once, against their gradient."""
        table, settings = self.tables[name], self.settings
        table.touch(rows)
        values, sums = table[column], table[f"{column}_sums"]
        l2 = settings.l2 if name in {"items", "contexts"} else settings.l2 / 10
        old: Matrix = values[rows]
        slope = gradient + np.float32(l2) * old
        values[rows], sums[rows] = adagrad(
            old, sums[rows], slope, settings.rate, settings.bound
        )

    def _descend_w(self, gradient: Matrix) -> None:
        flat, self._w_sum = adagrad(
            self.w.reshape(1, -1),
            self._w_sum,
            gradient.reshape(1, -1),
            self.settings.w_rate,
            self.settings.bound,
        )
        self.w = flat.reshape(self.w.shape)


_FIRST_W_SUM = 0.01
