"""The half that learns: extract -> diversify -> update, joined in memory.

Every stage is the one that a worker runs; units go from one to the next as records do.
Only the broker is missing, and what its clients cost.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.stage import Fate, In, Result, Row, Stage
from pipeline.stages.diversify import Diversify, DiversifyConfig
from pipeline.stages.extract import Extract, ExtractConfig, Items
from pipeline.stages.model_replica import Model, ModelConfig
from pipeline.stages.publish import PublishConfig
from pipeline.stages.update.dense import DenseConfig, UpdateDense
from pipeline.stages.update.rows import RowsConfig, UpdateRows
from topics.events import Event
from topics.items import Item
from topics.partitioning import partition_of
from topics.spec import Position
from topics.users import User

BLOCKS = 64
"""So many blocks of vectors are written in the time that is between two commits."""


@dataclass(frozen=True, slots=True)
class Configs:
    """Settings of all stages; those of the workers.

    Args:
        partitions: Of all topics by user and by item.
        batch: Examples that update learns at a time.
        vectors_every: Vectors reach the readers after so many samples at the earliest:
            a worker writes them about once a second.
        gap: Offsets that a sample takes; on Kafka each commit's own record takes one.
        extract: Of the stage.
        diversify: Of the stage.
        rows: Of the stage.
        dense: Of the stage.
        model: Of what reads the rows.
        publish: Of the stage.
    """

    partitions: int = 1
    batch: int = 1
    vectors_every: int = 64
    gap: int = 1
    extract: ExtractConfig = field(default_factory=ExtractConfig)
    diversify: DiversifyConfig = field(default_factory=DiversifyConfig)
    rows: RowsConfig = field(default_factory=RowsConfig)
    dense: DenseConfig = field(default_factory=DenseConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    publish: PublishConfig = field(default_factory=PublishConfig)


class Changes(NamedTuple):
    """What was learnt, as the rows that the workers would write: whole values.

    Args:
        portraits: Of users.
        model: Of the model.
    """

    portraits: Sequence[Row]
    model: Sequence[Row]


class Learner:
    """extract -> diversify -> update, event by event.

    Args:
        configs: Settings.
        model: What is learnt, as others read it: the dense task ranks with it.
    """

    def __init__(self, configs: Configs, model: Model) -> None:
        self._configs = configs
        n = configs.partitions
        self._model = model
        self._items = Items()
        self._extract = [Extract(p, self._items, configs.extract) for p in range(n)]
        self._diversify = [Diversify(p, configs.diversify) for p in range(n)]
        self._rows = [UpdateRows(p, configs.rows) for p in range(n)]
        self.dense = UpdateDense(configs.dense, model)
        self._offsets: Counter[tuple[str, int]] = Counter()
        self._examples: list[In] = []
        self._samples: list[In] = []
        self._unwritten = 0
        self._blocks = 0
        self.fates: Counter[str] = Counter()

    def describe(
        self, items: Iterable[Item], users: Iterable[User], at_ms: int
    ) -> Changes:
        """Take the catalogue and the users' attributes.

        Args:
            items: The catalogue.
            users: Those with attributes.
            at_ms: When they are sent.
        """
        described: list[list[In]] = [[] for _ in self._rows]
        for item in items:
            partition = self._partition(item.item_id)
            self._items.apply(Row(item.item_id, item))
            unit = self._unit("items", partition, item.item_id, item, at_ms)
            described[partition].append(unit)
        model: list[Row] = []
        for task, units in zip(self._rows, described, strict=True):
            self._note("update", task.on_batch(units, at_ms))
            model += self._apply(task)
        portraits: list[Row] = []
        for user in users:
            partition = self._partition(user.user_id)
            unit = self._unit("users", partition, user.user_id, user, at_ms)
            self._note("extract", self._extract[partition].on_batch([unit], at_ms))
            portraits += _written(self._extract[partition])
        return Changes(portraits, model)

    def learn(self, event: Event) -> Changes:
        """Take an event: the portrait at once, the model once a batch is full."""
        at_ms = event.event_time_ms
        partition = self._partition(event.user_id)
        unit = self._unit("events", partition, event.user_id, event, at_ms)
        extract, diversify = self._extract[partition], self._diversify[partition]
        result = self._note("extract", extract.on_batch([unit], at_ms))
        portraits = _written(extract)
        units = [
            self._unit("features", partition, "", each.unit, at_ms)
            for each in result.outputs
        ]
        result = self._note("diversify", diversify.on_batch(units, at_ms))
        _written(diversify)
        for each in result.outputs:
            at = 0 if each.topic == "samples" else self._partition(each.key)
            into = self._samples if each.topic == "samples" else self._examples
            into.append(self._unit(each.topic, at, each.key, each.unit, at_ms))
        full = len(self._examples) >= self._configs.batch
        return Changes(portraits, self.flush(at_ms) if full else ())

    def flush(self, at_ms: int) -> list[Row]:
        """Learn what waits: the dense task ranks before the rows learn."""
        samples, examples = self._samples, self._examples
        self._samples, self._examples = [], []
        if samples:
            self._note("update.dense", self.dense.on_batch(samples, at_ms))
            self._unwritten += len(samples)
        learnt: list[Row] = []
        for partition, task in enumerate(self._rows):
            own = [each for each in examples if each.source.partition == partition]
            if own:
                self._note("update", task.on_batch(own, at_ms))
                learnt += self._apply(task)
        every = self._configs.vectors_every
        # Many blocks take longer to write, so that there are more samples between.
        if self._unwritten >= max(every, every * self._blocks // BLOCKS):
            dense = self._apply(self.dense)
            self._blocks = len(dense)
            self._unwritten = 0
            learnt += dense
        return learnt

    def _apply(self, task: Stage) -> Sequence[Row]:
        rows = _written(task)
        for row in rows:
            self._model.apply(row)
        return rows

    def _note(self, worker: str, result: Result) -> Result:
        for (fate, reason), units in result.fates.items():
            if units and fate in {Fate.DROPPED, Fate.DEAD}:
                self.fates[f"{worker}: {reason}"] += units
        return result

    def _partition(self, key: str) -> int:
        n = self._configs.partitions
        return partition_of(key, n) if n > 1 else 0

    def _unit(
        self, topic: str, partition: int, key: str, unit: object, at_ms: int
    ) -> In:
        offset = self._offsets[topic, partition]
        self._offsets[topic, partition] += self._configs.gap
        return In(topic, key, unit, Position(topic, partition, offset), at_ms)


def _written(task: Stage) -> Sequence[Row]:
    rows = task.touched()
    task.commit()
    return rows
