"""samples -> model: vectors of items, contexts, tags and attributes, by one task."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.logic.experts.embedding import EmbeddingLearner
from pipeline.logic.experts.embedding_tables import EmbeddingSettings
from pipeline.stage import Fate, In, Result, Row
from pipeline.stages.update.rows import lesson_of
from topics.codec import Section, read_section, write_section
from topics.examples import Example
from topics.model import DENSE, VECTORS, ModelRow


@dataclass(frozen=True, slots=True)
class DenseConfig:
    """Settings of update's dense task.

    Args:
        embedding: Of the expert.
    """

    embedding: EmbeddingSettings = field(default_factory=EmbeddingSettings)


class UpdateDense:
    """The one task on `samples`; each call of `on_batch` is one pack, and one draw.

    Which negatives and which samples to replay is drawn by the position of the pack.
    What may be replayed is no state: after a restart there is less of it at first.

    Args:
        config: Settings.
    """

    def __init__(self, config: DenseConfig) -> None:
        self._config = config
        self._learner = EmbeddingLearner(config.embedding)
        self._event_time_ms = self._committed_ms = 0

    def restore(self, row: Row) -> None:
        """Take a row of the changelog; row tasks' kinds are skipped."""
        kind, _, rest = row.key.partition("/")
        name = self._learner.name
        if row.value is None or name not in row.value.sections:
            return
        if kind == VECTORS:
            section = read_section(row.value.sections[name])
            self._learner.load_block(rest.partition("/")[0], section)
        elif kind == DENSE:
            self._learner.load(read_section(row.value.sections[name]))
            self._event_time_ms = self._committed_ms = row.value.event_time_ms

    def on_batch(self, batch: Sequence[In], now_ms: int) -> Result:
        """Learn the units of one pack."""
        result = Result()
        examples = [each.unit for each in batch if isinstance(each.unit, Example)]
        if examples:
            newest = max(example.event_time_ms for example in examples)
            self._event_time_ms = max(self._event_time_ms, newest)
            heaviest = self._config.embedding.top_weight
            lessons = [lesson_of(each, heaviest) for each in examples]
            self._learner.learn(lessons, seed_of(batch[0]))
            result.count(Fate.USED, units=len(examples))
        if len(batch) > len(examples):
            result.count(Fate.DROPPED, "no_example", len(batch) - len(examples))
        return result

    def on_time(self, now_ms: int, idle_ms: int) -> Result:
        """Nothing: event time moves by records only."""
        return Result()

    def touched(self) -> Sequence[Row]:
        """Blocks that changed since the last commit, and W with all that is counted."""
        rows = [
            self._row(f"{VECTORS}/{table}/{block}", section)
            for table, block, section in self._learner.blocks()
        ]
        if self._learner.changed:
            rows.append(self._row(DENSE, self._learner.section()))
        return rows

    def commit(self) -> None:
        """What was touched is durable."""
        self._learner.commit()
        self._committed_ms = self._event_time_ms

    def undo(self) -> None:
        """Back to the last commit."""
        self._learner.undo()
        self._event_time_ms = self._committed_ms

    def gauges(self) -> dict[str, float]:
        """How much is kept, and how well it ranks what it is about to learn."""
        sizes = {name: len(table) for name, table in self._learner.tables.items()}
        return {
            "samples": self._learner.samples,
            "vectors": sum(sizes.values()),
            **{f"vectors_{name}": size for name, size in sizes.items()},
            **self._learner.figures.all(),
        }

    def _row(self, key: str, section: Section) -> Row:
        """A row of the model; its partition is that of the whole key."""
        sections = {self._learner.name: write_section(section)}
        return Row(key, ModelRow(key, self._event_time_ms, sections))


def seed_of(unit: In) -> int:
    """A number of 128 bits, keyed by where a pack stands.

    >>> from topics.spec import Position
    >>> seed_of(In("samples", "", None, Position("samples", 0, 7), 0)) >> 112
    30124
    """
    digest = hashlib.blake2b(str(unit.source).encode(), digest_size=16).digest()
    return int.from_bytes(digest)
