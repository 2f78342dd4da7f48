"""samples -> model: vectors of items, contexts, tags and attributes, by one task."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.logic.experts.embedding import EmbeddingLearner
from pipeline.logic.experts.embedding_tables import EmbeddingSettings
from pipeline.logic.experts.joint import JointLearner
from pipeline.logic.experts.joint_core import JointSettings
from pipeline.logic.ranker_settings import RankerSettings
from pipeline.stage import Fate, In, Result, Row
from pipeline.stages.model_replica import Model, hash_of
from pipeline.stages.moments import had_of
from pipeline.stages.update.basis import BasisRow
from pipeline.stages.update.lessons import lesson_of
from pipeline.stages.update.practice import Practice, is_new
from topics.codec import Section, read_section, write_section
from topics.model import BASIS, DENSE, JOINT, VECTORS, ModelRow
from topics.samples import Sample


@dataclass(frozen=True, slots=True)
class DenseConfig:
    """Settings of update's dense task.

    Args:
        embedding: Of the expert.
        joint: Of the expert.
        ranker: Of the ranker.
        ranker_share: Of the samples, that the ranker learns from; None lets it follow
            the load, and then a replay of the log learns other lists.
    """

    embedding: EmbeddingSettings = field(default_factory=EmbeddingSettings)
    joint: JointSettings = field(default_factory=JointSettings)
    ranker: RankerSettings = field(default_factory=RankerSettings)
    ranker_share: float | None = 1.0


class UpdateDense:
    """The one task on `samples`; each call of `on_batch` is one pack, and one draw.

    Which negatives and which samples to replay is drawn by the position of the pack.
    What may be replayed is no state: after a restart there is less of it at first.

    The ranker learns from a share of the samples, each ranked before anything learns
    it. A pack that is older than the replica's newest row is not ranked: the rows may
    have learnt it already.

    Args:
        config: Settings.
        model: The replica, read as publish reads it.
    """

    def __init__(self, config: DenseConfig, model: Model) -> None:
        self._config = config
        self._model = model
        self._learner = EmbeddingLearner(config.embedding)
        self._joint = JointLearner(config.joint, hash_of)
        self._basis = BasisRow()
        self._practice = Practice(model, config.ranker, config.ranker_share)
        self._committed = self._practice.sections()
        self._event_time_ms = self._committed_ms = 0

    def restore(self, row: Row) -> None:
        """Take a row of the changelog; row tasks' kinds are skipped."""
        kind, _, rest = row.key.partition("/")
        names = {JOINT: self._joint.name, BASIS: self._basis.name}
        name = names.get(kind, self._learner.name)
        if row.value is None or name not in row.value.sections:
            return
        if kind == JOINT:
            self._joint.load(rest, read_section(row.value.sections[name]))
        elif kind == VECTORS:
            section = read_section(row.value.sections[name])
            self._learner.load_block(rest.partition("/")[0], section)
        elif kind == BASIS:
            self._basis.restore(row.value)
        elif kind == DENSE:
            written = row.value.sections.items()
            self._practice.load({n: read_section(s) for n, s in written if n != name})
            self._committed = self._practice.sections()
            self._learner.load(read_section(row.value.sections[name]))
            self._event_time_ms = self._committed_ms = row.value.event_time_ms

    def on_batch(self, batch: Sequence[In], now_ms: int) -> Result:
        """Learn the units of one pack."""
        result = Result()
        examples = [each.unit for each in batch if isinstance(each.unit, Sample)]
        if examples:
            newest = max(example.event_time_ms for example in examples)
            self._event_time_ms = max(self._event_time_ms, newest)
            self._practice.pace(now_ms, now_ms - batch[0].append_time_ms)
            if batch[0].append_time_ms > self._model.append_time_ms:
                result.notices += self._rank(examples)
            heaviest = self._config.embedding.top_weight
            lessons = [lesson_of(each, heaviest) for each in examples]
            self._learner.learn(lessons, seed_of(batch[0]))
            for each in examples:
                self._basis.take(each)
            for each in filter(is_new, examples):
                self._joint.learn(each.item_id, had_of(each.had), each.event_time_ms)
            result.count(Fate.USED, units=len(examples))
        if len(batch) > len(examples):
            result.count(Fate.DROPPED, "no_example", len(batch) - len(examples))
        return result

    def _rank(self, samples: Sequence[Sample]) -> list[str]:
        practice = self._practice
        ranked = (practice.practise(each) for each in samples if practice.ranks(each))
        return [notice for notices in ranked for notice in notices]

    def on_time(self, now_ms: int, idle_ms: int) -> Result:
        """Nothing: event time moves by records only."""
        return Result()

    def touched(self) -> Sequence[Row]:
        """Blocks that changed since the last commit, and W with all that is counted."""
        rows = [
            self._row(f"{VECTORS}/{table}/{block}", section)
            for table, block, section in self._learner.blocks()
        ]
        for rest, time_ms, section in self._joint.rows():
            # Of its own time, whatever else a commit holds.
            key, name = f"{JOINT}/{rest}", self._joint.name
            row = ModelRow(key, time_ms, {name: write_section(section)})
            rows.append(Row(key, row))
        basis = self._basis.changed
        if basis is not None:
            rows.append(Row(BASIS, basis))
        if self._learner.changed:
            sections = {
                self._learner.name: self._learner.section(),
                **self._practice.sections(),
            }
            written = {name: write_section(each) for name, each in sections.items()}
            rows.append(Row(DENSE, ModelRow(DENSE, self._event_time_ms, written)))
        return rows

    def commit(self) -> None:
        """What was touched is durable."""
        self._learner.commit()
        self._joint.commit()
        self._basis.commit()
        self._committed = self._practice.sections()
        self._committed_ms = self._event_time_ms

    def undo(self) -> None:
        """Back to the last commit."""
        self._learner.undo()
        self._joint.undo()
        self._basis.undo()
        self._practice.load(self._committed)
        self._event_time_ms = self._committed_ms

    def gauges(self) -> dict[str, float]:
        """How much is kept, and how well it ranks what it is about to learn."""
        sizes = {name: len(table) for name, table in self._learner.tables.items()}
        return {
            "samples": self._learner.samples,
            "vectors": sum(sizes.values()),
            "joint_items": self._joint.items,
            "basis": self._basis.version,
            **{f"vectors_{name}": size for name, size in sizes.items()},
            **self._practice.gauges(),
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
