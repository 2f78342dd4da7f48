"""How long a worker is away when it dies, and whether what it knew is the same."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from pipeline.apps.bench.deployment import Deployment
from pipeline.apps.bench.figures import Figure
from pipeline.apps.bench.processes import kill, terminate_s
from pipeline.apps.bench.standstill import rolling_restart
from pipeline.runtime.kafka.transport import KafkaTransport
from pipeline.runtime.kafka.whole import WholeTopics
from pipeline.runtime.wiring import make_recovery
from pipeline.stage import WorkerSpec
from topics import MODEL, PROFILES
from topics.model import ROW_KINDS

PER_SECOND = 200
RESTART_BAR_S = 3.0
GONE_BAR_S = 10.0
ROWS_BAR = 100_000.0
USERS = 200_000
Make = Callable[[str, int], Deployment]
"""A deployment by its name and number of partitions."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the timeouts of the deployment allow.

    Args:
        session_s: A silent worker is out of its group.
        transaction_s: An open transaction is aborted.
    """

    session_s: float
    transaction_s: float

    @property
    def takeover_s(self) -> float:
        """Until a successor works that Kafka does not know."""
        return max(self.session_s + 5, self.transaction_s + 10)


def measure(
    make: Make,
    specs: Mapping[str, WorkerSpec],
    limits: Limits,
    tell: Callable[[str], None],
) -> Iterator[Figure]:
    """All figures, one after the other.

    Args:
        make: Makes deployments.
        specs: All workers.
        limits: For the bar of a takeover.
        tell: Told what is being done.
    """
    tell("state restored: writing portraits")
    with make("rows", 4) as place:
        yield from _restored(place, specs["extract"])
    tell("kill -9, and another takes over")
    with make("stranger", 4) as place:
        yield _taken_over(place, limits)
    tell("kill -9 and SIGTERM, started again")
    with make("again", 4) as place:
        yield from _started_again(place, specs)
    tell("SIGTERM and started again, one after the other")
    with make("rolling", 4) as place:
        yield from rolling_restart(place, specs)
    tell("state equal: a stream without and with kills")
    yield from _equal(make)


def _restored(place: Deployment, spec: WorkerSpec) -> Iterator[Figure]:
    """Portraits restored per second, beside the bare client reading them."""
    worker = place.start("extract")
    place.send(USERS, USERS, 3_000)
    place.wait_until_drained("extract")
    kill(worker)
    assert spec.make_replica is not None
    transport = KafkaTransport(place.servers, place.names)
    replica, count = spec.make_replica(), transport.partitions(PROFILES.name)
    recovery = make_recovery(spec, transport)
    assert recovery is not None
    began = time.monotonic()
    recovery.begin({p: spec.make(p, replica) for p in range(count)})
    left = count
    while left:
        left -= len(recovery.step(500))
    ours = recovery.rows / (time.monotonic() - began)
    recovery.close()
    transport.close()
    with WholeTopics(place.servers, place.names) as whole:
        began = time.monotonic()
        raw = whole.count(PROFILES.name) / (time.monotonic() - began)
    yield Figure("state restored", ours, "rows/s", ROWS_BAR, most=False)
    yield Figure("the bare client reads the same", raw, "records/s")
    yield Figure("restored / read", ours / raw, "")


def _taken_over(place: Deployment, limits: Limits) -> Figure:
    """The first batch of a worker that Kafka does not know, after a kill."""
    with place.load(PER_SECOND):
        first = place.start("extract", None)
        place.first_commit_s("extract")
        kill(first)
        place.start("extract", None)
        seconds = place.first_commit_s("extract")
    name = "kill -9 of extract -> another's first batch"
    return Figure(name, seconds, "s", limits.takeover_s)


def _started_again(
    place: Deployment, specs: Mapping[str, WorkerSpec]
) -> Iterator[Figure]:
    """The first batch of the same ordinal, after a kill; and how soon SIGTERM ends."""
    with place.load(PER_SECOND):
        running = {name: place.start(name) for name in specs}
        for name in specs:
            place.first_commit_s(name)
        for name in specs:
            kill(running[name])
            running[name] = place.start(name)
            seconds = place.first_commit_s(name)
            yield Figure(f"kill -9 of {name}, restarted", seconds, "s", RESTART_BAR_S)
        for name in specs:
            seconds, code = terminate_s(running[name])
            yield Figure(f"SIGTERM to {name} -> gone", seconds, "s", GONE_BAR_S)
            if code:
                yield Figure(f"exit code of {name}", code, "", 0)


def _equal(make: Make) -> Iterator[Figure]:
    """Rows that differ, byte for byte, from those of a run in which nothing died."""
    found = []
    for name, kills in (("calm", False), ("killed", True)):
        # One partition: so that both runs read the same sequence.
        with make(name, 1) as place:
            found.append(_learnt(place, kills=kills))
    calm, killed = found
    for topic in (PROFILES.name, MODEL.name):
        keys = calm[topic].keys() | killed[topic].keys()
        wrong = sum(calm[topic].get(k) != killed[topic].get(k) for k in keys)
        yield Figure(f"rows of {topic} that differ, of {len(keys)}", wrong, "rows", 0)


def _learnt(place: Deployment, *, kills: bool) -> dict[str, dict[bytes, str]]:
    """Digest of each row, by topic and key, after a stream; with kills in its midst."""
    workers = ("extract", "diversify", "update")
    running = {name: place.start(name) for name in workers}
    for _ in range(3):
        before = place.read("extract")
        place.send(400, 100, 150)
        if kills:
            place.wait_beyond("extract", before)
            for name, process in running.items():
                kill(process)
                running[name] = place.start(name)
        place.wait_until_drained(*workers)
    with WholeTopics(place.servers, place.names) as whole:
        return {
            topic: {
                record.key or b"": sha256(record.value or b"").hexdigest()
                for record in whole.read(topic)
                if topic != MODEL.name or _kind(record.key) in ROW_KINDS
            }
            for topic in (PROFILES.name, MODEL.name)
        }


def _kind(key: bytes | None) -> str:
    return (key or b"").decode().partition("/")[0]
