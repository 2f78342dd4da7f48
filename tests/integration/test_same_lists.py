"""The same stream gives the same lists: stages joined in memory, and workers on a log.

All topics have one partition, and no worker reads on before those behind it have caught
up: what is left of the difference is what a log and its clients do to records.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Self
from uuid import uuid4

import pytest
from kafka import KafkaProducer
from prometheus_client import CollectorRegistry

from pipeline.apps.evaluate.learner import Configs
from pipeline.apps.evaluate.product import Product
from pipeline.apps.lines import Outgoing, outgoing
from pipeline.runtime.clock import Clock, ManualClock, SystemClock
from pipeline.runtime.kafka.admin import Admin
from pipeline.runtime.kafka.transport import KafkaTransport
from pipeline.runtime.limits import Limits
from pipeline.runtime.memory import MemoryLog, MemoryTransport
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.transport import LogReader, Send, Transport
from pipeline.runtime.worker import Worker
from pipeline.settings import Settings
from pipeline.topology import workers
from tests.build import NOW_MS
from tests.laws.ground import TIMEOUTS, read_all
from topics import EVENTS, ITEMS, MODEL, RECOMMENDATIONS, TOPICS, USERS, codec
from topics.events import Event
from topics.items import Item
from topics.recommendations import Slate
from topics.spec import Names
from topics.users import User

COUNT = 150
STEP_MS = 40_000
HELD_UP = 400
"""Turns of a worker in which what it waits for has come long ago."""
SETTINGS = Settings(
    partitions=1,
    tick_idle_ms=10**9,
    ranker_share="1",
    extract_commit_ms=0,
    diversify_commit_ms=0,
    rows_commit_ms=0,
    dense_commit_ms=0,
    list_interval_ms=0,
)


@dataclass(frozen=True, slots=True)
class World:
    """A catalogue, users with attributes, and what they do."""

    items: list[Item]
    users: list[User]
    events: list[Event]


@pytest.fixture(scope="module")
def world() -> World:
    """Users who mostly stay in their part of the catalogue, and come in sessions."""
    random = Random(11)
    items = [
        Item(f"i{n}", f"T{n}", [f"c{n % 4}"], [f"t{n % 7}", f"t{n % 3}"])
        for n in range(60)
    ]
    users = [User(f"u{n}", {"plan": f"p{n % 4}", "age": 20.0 + n}) for n in range(12)]
    events = []
    at_ms = NOW_MS
    for _ in range(COUNT):
        at_ms += random.choice((STEP_MS, STEP_MS, 90 * STEP_MS))
        user = random.randrange(12)
        at_home = random.random() < 0.8
        item = 4 * random.randrange(15) + user % 4 if at_home else random.randrange(60)
        kind = random.choice(("click", "view", "purchase", "skip"))
        events.append(Event(f"u{user}", f"i{item}", kind, at_ms))
    return World(items, users, events)


@dataclass(slots=True)
class Turned:
    """A worker that is turned by hand."""

    worker: Worker
    registry: CollectorRegistry

    def units_in(self) -> int:
        """Units that it has read and committed."""
        return sum(self._samples("kairec_units_in_total").values())

    def outputs(self, topic: str) -> int:
        """Units that it has written to a topic."""
        return self._samples("kairec_outputs_total").get(topic, 0)

    def until(self, true: Callable[[], bool]) -> None:
        """Turn until something is so."""
        for _ in range(HELD_UP):
            if true():
                return
            self.worker.turn()
        raise AssertionError("it does not come")

    def until_replica(self, topic_end: int) -> None:
        """Turn until its replica reflects a topic up to here, as far as it may."""
        replica = self.worker.replica
        assert replica is not None
        self.until(
            lambda: (
                not self.worker.not_ready()
                and replica.position(0) >= topic_end
                and not replica.pending
            )
        )

    def _samples(self, name: str) -> dict[str, int]:
        return {
            sample.labels.get("topic", ""): int(sample.value)
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name == name
        }


@dataclass(slots=True)
class Pipeline:
    """All five workers, each turned once those before it have written."""

    clock: Clock
    transport: Callable[[], Transport]
    append: Callable[[Outgoing], None]
    turned: dict[str, Turned] = field(default_factory=dict)
    _readers: dict[str, LogReader] = field(default_factory=dict)
    _ends: Transport = field(init=False)

    def __enter__(self) -> Self:
        self._ends = self.transport()
        # All rows that a pack waits for are taken before it, however slow the machine.
        limits = Limits(replica_ms=0, replica_least_ms=60_000, idle_poll_ms=5)
        for name, spec in workers(SETTINGS).items():
            registry = CollectorRegistry()
            metrics = Metrics(name, registry)
            at = self.transport()
            worker = Worker(spec, at, metrics, self.clock, limits=limits)
            self.turned[name] = Turned(worker, registry)
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.turned.values():
            each.worker.close()
        for reader in self._readers.values():
            reader.close()
        self._ends.close()

    def end_of(self, topic: str) -> int:
        """High watermark of a topic's only partition."""
        return self._reader(topic).assign([0])[0]

    def _reader(self, topic: str) -> LogReader:
        if topic not in self._readers:
            self._readers[topic] = self._ends.reader(topic)
        return self._readers[topic]

    def describe(self, world: World) -> None:
        """Send items and users, and have each reflected everywhere."""
        for item in world.items:
            self.append(outgoing(ITEMS, item))
        items = self.end_of(ITEMS.name)
        self.turned["extract"].until_replica(items)
        update = self.turned["update"]
        update.until(lambda: update.units_in() == len(world.items))
        for user in world.users:
            self.append(outgoing(USERS, user))
        self._list(len(world.users))
        self._reflect()

    def act(self, event: Event) -> None:
        """Send an event; have its list made, then have it learnt, then reflected."""
        extract, publish = self.turned["extract"], self.turned["publish"]
        self.append(outgoing(EVENTS, event))
        self._list(1)
        diversify = self.turned["diversify"]
        features = extract.outputs("features")
        diversify.until(lambda: diversify.units_in() == features)
        for name, topic in (("update", "examples"), ("update.dense", "samples")):
            self._learn(self.turned[name], diversify.outputs(topic), name)
        self._reflect()
        assert publish.units_in() == extract.units_in()

    def _list(self, units: int) -> None:
        extract, publish = self.turned["extract"], self.turned["publish"]
        told = extract.units_in() + units
        extract.until(lambda: extract.units_in() == told)
        publish.until(lambda: publish.units_in() == told)

    def _learn(self, turned: Turned, units: int, name: str) -> None:
        items = 60 if name == "update" else 0
        turned.until(lambda: turned.units_in() == units + items)

    def _reflect(self) -> None:
        model = self.end_of(MODEL.name)
        for name in ("update.dense", "publish"):
            self.turned[name].until_replica(model)

    def lists(self) -> list[list[str]]:
        """Items of the lists that reflect events, in the order of the events."""
        raws = read_all(self._reader(RECOMMENDATIONS.name), range(1))
        slates: list[Slate] = [
            codec.read(RECOMMENDATIONS, raw.value)[0] for raw in raws if raw.value
        ]
        by_event = {s.source.offset: s for s in slates if s.source.topic == EVENTS.name}
        return [[i.item_id for i in s.items] for _, s in sorted(by_event.items())]


@contextmanager
def in_memory() -> Iterator[Pipeline]:
    """Workers on a log in memory, whose clock goes on with each look at it."""
    clock = Ticking(NOW_MS + COUNT * 90 * STEP_MS)
    log = MemoryLog({spec.name: 1 for spec in TOPICS}, clock)

    def append(record: Outgoing) -> None:
        key = (record.key or "").encode()
        log.append(Send(record.topic, 0, key, record.value))

    with Pipeline(clock, lambda: MemoryTransport(log), append) as pipeline:
        yield pipeline


class Ticking(ManualClock):
    """Each look at it takes a millisecond."""

    def now_ms(self) -> int:
        self.sleep_ms(1)
        return super().now_ms()


@contextmanager
def on_kafka(servers: str) -> Iterator[Pipeline]:
    """Workers on Kafka, under a prefix of their own."""
    names = Names(f"same{uuid4().hex[:8]}")
    with Admin(servers, names) as admin:
        admin.create(1, 1)
    producer: Any = KafkaProducer(bootstrap_servers=servers)

    def append(record: Outgoing) -> None:
        key = (record.key or "").encode()
        sent = producer.send(names.topic(record.topic), key=key, value=record.value)
        producer.flush()
        sent.get(timeout=10)

    def transport() -> Transport:
        return KafkaTransport(servers, names, None, TIMEOUTS)

    with ExitStack() as stack:
        stack.callback(producer.close)
        yield stack.enter_context(Pipeline(SystemClock(), transport, append))


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def pipeline(request: pytest.FixtureRequest) -> Iterator[Pipeline]:
    if request.param == "memory":
        with in_memory() as pipeline:
            yield pipeline
    else:
        with on_kafka(request.getfixturevalue("bootstrap_servers")) as pipeline:
            yield pipeline


@pytest.fixture(scope="module")
def expected(world: World) -> list[list[str]]:
    """Lists of the stages joined in memory, each asked for before its event is learnt.

    On Kafka a commit's own record takes an offset, and which samples are drawn depends
    on the offset of a pack.
    """
    configs = Configs(batch=COUNT + 1, vectors_every=1, gap=2)
    product = Product(configs)
    product.describe(world.items, world.users, NOW_MS)
    lists = []
    for event in world.events:
        product.learn(event)
        lists.append(product.ask(event.user_id, event.event_time_ms))
        product.flush(event.event_time_ms)
    learnt = product.learner.dense.gauges()
    assert learnt["lists_learnt"] > COUNT / 4
    assert learnt["basis"] > 0
    return lists


def test_workers_on_a_log_make_the_lists_of_the_stages_joined_in_memory(
    world: World, expected: list[list[str]], pipeline: Pipeline
) -> None:
    pipeline.describe(world)
    for event in world.events:
        pipeline.act(event)
    found = pipeline.lists()
    assert len(found) == COUNT
    differing = [n for n in range(COUNT) if found[n] != expected[n]]
    assert differing == []
