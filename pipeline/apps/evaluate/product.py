"""The whole pipeline in one process: the product's own stages, joined in memory.

Every stage is the one that a worker runs; units go from one to the next as records do,
and what update has learnt reaches publish as the rows that it would write, whole
values, encoded. Only the broker is missing, and what its clients cost.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.stage import Fate, In, Result, Row, Stage
from pipeline.stages.diversify import Diversify, DiversifyConfig
from pipeline.stages.extract import Extract, ExtractConfig, Items
from pipeline.stages.model_replica import Model, ModelConfig
from pipeline.stages.publish import Publish, PublishConfig
from pipeline.stages.update.dense import DenseConfig, UpdateDense
from pipeline.stages.update.rows import RowsConfig, UpdateRows
from topics.events import Event
from topics.items import Item
from topics.partitioning import partition_of
from topics.profiles import Portrait
from topics.recommendations import Slate
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


class Product:
    """extract -> diversify -> update -> publish, event by event.

    Args:
        configs: Settings.
    """

    name = "kairec"

    def __init__(self, configs: Configs | None = None) -> None:
        configs = configs or Configs()
        self._configs = configs
        n = configs.partitions
        self.model = Model(configs.model)
        self._items = Items()
        self._extract = [Extract(p, self._items, configs.extract) for p in range(n)]
        self._diversify = [Diversify(p, configs.diversify) for p in range(n)]
        self._rows = [UpdateRows(p, configs.rows) for p in range(n)]
        self.dense = UpdateDense(configs.dense, self.model)
        self._publish = [Publish(p, self.model, configs.publish) for p in range(n)]
        self._portraits: dict[str, Portrait] = {}
        self._offsets: Counter[tuple[str, int]] = Counter()
        self._examples: list[In] = []
        self._samples: list[In] = []
        self._unwritten = 0
        self._blocks = 0
        self.fates: Counter[str] = Counter()

    def describe(
        self, items: Iterable[Item], users: Iterable[User], at_ms: int
    ) -> None:
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
        for task, units in zip(self._rows, described, strict=True):
            self._note("update", task.on_batch(units, at_ms))
            self._apply(task)
        for user in users:
            partition = self._partition(user.user_id)
            unit = self._unit("users", partition, user.user_id, user, at_ms)
            self._note("extract", self._extract[partition].on_batch([unit], at_ms))
            self._keep(self._extract[partition])

    def ask(self, user: str, at_ms: int) -> list[str]:
        """The list for a user at this moment: item ids, the best first."""
        portrait = self._portraits.get(user)
        if portrait is None:
            portrait = Portrait(user, Position("events", 0, 0), "interaction", at_ms)
        partition = self._partition(user)
        task = self._publish[partition]
        unit = self._unit("profiles", partition, user, portrait, at_ms)
        result = task.on_batch([unit], at_ms)
        task.commit()
        slates = [each.unit for each in result.outputs if isinstance(each.unit, Slate)]
        return [each.item_id for slate in slates for each in slate.items]

    def learn(self, event: Event) -> None:
        """Take an event: the portrait at once, the model once a batch is full."""
        at_ms = event.event_time_ms
        partition = self._partition(event.user_id)
        unit = self._unit("events", partition, event.user_id, event, at_ms)
        extract, diversify = self._extract[partition], self._diversify[partition]
        result = self._note("extract", extract.on_batch([unit], at_ms))
        self._keep(extract)
        units = [
            self._unit("features", partition, "", each.unit, at_ms)
            for each in result.outputs
        ]
        result = self._note("diversify", diversify.on_batch(units, at_ms))
        diversify.touched()
        diversify.commit()
        for each in result.outputs:
            at = 0 if each.topic == "samples" else self._partition(each.key)
            into = self._samples if each.topic == "samples" else self._examples
            into.append(self._unit(each.topic, at, each.key, each.unit, at_ms))
        if len(self._examples) >= self._configs.batch:
            self.flush(at_ms)

    def flush(self, at_ms: int) -> None:
        """Learn what waits: the dense task ranks before the rows learn."""
        samples, examples = self._samples, self._examples
        self._samples, self._examples = [], []
        if samples:
            self._note("update.dense", self.dense.on_batch(samples, at_ms))
            self._unwritten += len(samples)
        for partition, task in enumerate(self._rows):
            own = [each for each in examples if each.source.partition == partition]
            if own:
                self._note("update", task.on_batch(own, at_ms))
                self._apply(task)
        every = self._configs.vectors_every
        # Many blocks take longer to write, so that there are more samples between.
        if self._unwritten >= max(every, every * self._blocks // BLOCKS):
            self._blocks = self._apply(self.dense)
            self._unwritten = 0

    def _apply(self, task: Stage) -> int:
        rows = task.touched()
        for row in rows:
            self.model.apply(row)
        task.commit()
        return len(rows)

    def _keep(self, task: Extract) -> None:
        for row in task.touched():
            self._portraits[row.key] = row.value
        task.commit()

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
