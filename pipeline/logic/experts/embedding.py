"""Learn interest `uᵀ W i + b` online, in vectors: the writing side of the expert.

u is the sum of the user's attribute vectors and of several means over the context
vectors of recent items; i is the item's vector plus the mean of its tags'. Lessons are
learnt one by one, each ranked before, and after each some of the last are learnt again.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pipeline.logic.arrays import Matrix
from pipeline.logic.expert import Lesson, Part, Section
from pipeline.logic.experts.embedding_figures import EmbeddingFigures
from pipeline.logic.experts.embedding_samples import encode, touch_all
from pipeline.logic.experts.embedding_tables import (
    FIRST_SUM,
    EmbeddingSettings,
    arrays,
    make_tables,
)
from pipeline.logic.kernels.embedding_draws import Seeds, draw, seeds_of
from pipeline.logic.kernels.embedding_learn import Plan, learn
from pipeline.logic.kernels.embedding_rows import Rows
from pipeline.logic.replay import Replay


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
        self.samples = 0
        self.figures = EmbeddingFigures()
        identity = np.eye(settings.dims, dtype=np.float32)
        self._w = Rows(identity, np.full(1, FIRST_SUM, np.float32))
        self._course = settings.course()
        self._again = settings.course(settings.replay_rate)
        self._replay = Replay(settings.replay_window)
        self._committed = self.section()

    def learn(self, lessons: Sequence[Lesson], seed: int) -> None:
        """Learn a pack; `seed` (up to 128 bits) decides what is drawn."""
        seeds, size = seeds_of(seed, len(lessons)), self.settings.batch
        for first in range(0, len(lessons), size):
            span = slice(first, first + size)
            self._learn_some(lessons[span], seeds[span])

    @property
    def w(self) -> Matrix:
        """W, float32 (d, d)."""
        return self._w.values

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
            "w_sum": self._w.sums.tobytes(),
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
        sums = np.frombuffer(section["w_sum"], "<f4").copy()
        self._w = Rows(w.reshape(self.w.shape).copy(), sums)
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

    def _learn_some(self, lessons: Sequence[Lesson], seeds: Seeds) -> None:
        """1 give ids their rows 2 draw 3 touch all rows involved 4 learn one by one."""
        settings, items = self.settings, self.tables["items"]
        self.samples += len(lessons)
        rows = items.size
        new, placed = encode(lessons, self.tables, settings, self.samples)
        if not len(placed):
            return
        self._replay.append(new)
        kept = self._replay.all()
        width = 1 + settings.replays
        plan = Plan(
            np.empty((len(placed), width), np.int64),
            np.empty((len(placed), width, settings.negatives), np.int32),
        )
        ends = np.maximum(np.maximum.accumulate(new.items) + 1, rows)
        window = settings.replay_window
        draw(seeds[placed], kept.items, window, ends, items["used"], *plan)
        touch_all(self.tables, kept, plan)
        figures = learn(
            arrays(self.tables, self._w), self._course, self._again, kept, plan
        )
        ranked = (new.labels > 0) & (plan.drawn[:, 0, 0] >= 0)
        self.figures.update(figures[ranked])
