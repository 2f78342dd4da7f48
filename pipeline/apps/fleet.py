"""A deployment's workers on this machine: how many of each, under which ordinals."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.apps.errors import AppError
from pipeline.runtime.broker.home import home
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.command import Command, worker_command
from pipeline.runtime.faults import NoKafka
from pipeline.runtime.kafka.cluster import Cluster
from pipeline.runtime.kafka.plain import ClientError
from pipeline.runtime.ordinals import Ordinals
from pipeline.runtime.supervisor import Supervisor
from topics.spec import Names


@dataclass(frozen=True, slots=True)
class Place:
    """Where workers run.

    Args:
        bootstrap_servers: Kafka.
        names: How topics and groups are called.
        environment: What the workers are to be told besides.
    """

    bootstrap_servers: str
    names: Names
    environment: Mapping[str, str]


def scaled(known: Sequence[str], wanted: Sequence[str]) -> dict[str, int]:
    """How many of each worker there shall be.

    Args:
        known: Names of all workers; each is wanted once unless told otherwise.
        wanted: Texts of the form `update=2`.

    Raises:
        AppError: a text is not of that form.

    >>> scaled(["extract", "update", "update.dense"], ["update=2"])
    {'extract': 1, 'update': 2, 'update.dense': 1}
    """
    counts = dict.fromkeys(known, 1)
    for text in wanted:
        name, _, number = text.partition("=")
        if name not in counts or not number.isdecimal():
            raise AppError(
                f"--scale {text}: WORKER=NUMBER, where WORKER is one of "
                f"{', '.join(known)}"
            )
        counts[name] = int(number)
    return counts


@contextmanager
def fleet(
    place: Place,
    counts: Mapping[str, int],
    logs: Path,
    tell: Callable[[str], None],
    first: int = 0,
) -> Iterator[Supervisor]:
    """Run the workers that are missing on this machine; stop them at the end.

    Of each worker the ordinals `first` up to its count are looked at, and those taken
    that no other process here holds. At the end the workers leave their groups, so
    that others have their partitions at once.

    Args:
        place: Where.
        counts: How many of each worker there shall be.
        logs: Folder of their log files.
        tell: Told in a line what happens to a worker.
        first: The first ordinal of this machine.
    """
    with Cluster(place.bootstrap_servers, place.names) as kafka:
        cluster_id = kafka.cluster_id()
    folder = home() / "ordinals" / _digest(cluster_id, place.names.base)
    environment = {
        **place.environment,
        "KAFKA_BOOTSTRAP_SERVERS": place.bootstrap_servers,
    }
    supervisor = Supervisor(SystemClock(), logs, environment, tell)
    with Ordinals(folder) as ordinals:
        taken = {
            worker: ordinals.take(worker, range(first, first + count))
            for worker, count in counts.items()
        }
        commands = [
            worker_command(worker, n) for worker, some in taken.items() for n in some
        ]
        try:
            supervisor.start(commands)
            yield supervisor
        finally:
            supervisor.stop()
            _leave(place, commands, tell)


def _leave(
    place: Place, commands: Sequence[Command], tell: Callable[[str], None]
) -> None:
    """Take static members out of their groups: closing alone does not."""
    try:
        with Cluster(place.bootstrap_servers, place.names) as kafka:
            for worker in dict.fromkeys(c.worker for c in commands):
                own = [c.ordinal for c in commands if c.worker == worker]
                kafka.leave(worker, own)
    except (NoKafka, ClientError) as error:
        tell(
            f"the workers are still counted in their groups ({error}): Kafka drops "
            "them when their sessions end"
        )


def _digest(cluster_id: str, base: str) -> str:
    return f"{base}-{hashlib.sha256(cluster_id.encode()).hexdigest()[:12]}"
