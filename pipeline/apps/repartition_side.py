"""The two deployments of a repartition: what each must be like, and what it holds."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.apps.errors import AppError
from pipeline.apps.repartition_copy import Advance, Held, home_of
from pipeline.runtime.intake import rows
from pipeline.runtime.kafka.cluster import Cluster
from pipeline.runtime.kafka.successor import Successor
from pipeline.runtime.kafka.tail import Reader
from pipeline.runtime.kafka.whole import Seen, WholeTopics
from pipeline.runtime.transport import Raw, Sink, Transport
from pipeline.stage import WorkerSpec
from topics import FEATURES, codec
from topics.model import TOTALS
from topics.origin import ORIGIN, Origin
from topics.spec import TopicSpec

Graph = Mapping[str, WorkerSpec]


@dataclass(frozen=True, slots=True)
class Old:
    """The deployment that is copied.

    Args:
        base: How its topics are called.
        cluster: To ask for groups and offsets.
        transport: To read state.
        reader: Of its workers' inputs.
    """

    base: str
    cluster: Cluster
    transport: Transport
    reader: Reader


@dataclass(frozen=True, slots=True)
class New:
    """The deployment that takes over.

    Args:
        base: How its topics are called.
        cluster: To make topics.
        transport: To read what was written.
        sink: Of the same id for every run: a second one takes over from the first.
        whole: Opens what reads topics as they are.
        partitions: How many it shall have.
        replication: Copies of each topic.
    """

    base: str
    cluster: Successor
    transport: Transport
    sink: Sink
    whole: Callable[[], WholeTopics]
    partitions: int
    replication: int


def check_stopped(cluster: Cluster, graph: Graph) -> None:
    """Refuse while a worker is there.

    Raises:
        AppError: naming it.
    """
    names = sorted(m.name for g in cluster.groups(list(graph)) for m in g.members)
    if names:
        raise AppError(
            f"workers are running: {', '.join(names)}; stop them (one that was killed "
            "counts until `session_timeout_ms` is over)"
        )


def check_drained(old: Old, graph: Graph) -> None:
    """Refuse while something has not had its effect yet; ticks have none to come.

    Raises:
        AppError: naming what was not read.
    """
    inputs: dict[str, Sequence[str]] = {
        name: [source.name for source in spec.sources] for name, spec in graph.items()
    }
    for lag in old.cluster.lag(inputs):
        if lag.records:
            topic = lag.topic.removeprefix(f"{old.base}.")
            at = topic, lag.partition
            if any(map(_matters, old.reader.read({at: (lag.committed, lag.end)}))):
                raise AppError(
                    f"{lag.group} has not read all of {lag.topic}-{lag.partition}: "
                    "stop what sends events, run the workers until `kairec status` "
                    "shows a lag of 0, stop them, extract first, and ask again"
                )


def _matters(raw: Raw) -> bool:
    if raw.topic != FEATURES.name:
        return True
    return any(row.value.kind != "tick" for row in rows(FEATURES, raw))


def origin_of(cluster: Successor, whole: Callable[[], WholeTopics]) -> Origin | None:
    """What a deployment says of where it comes from; None if it began empty."""
    if not cluster.has_origin():
        return None
    with whole() as topics:
        values = [record.value for record in topics.read(ORIGIN.name)]
    found = Origin("", 0)
    for value in values:
        found = codec.read(ORIGIN, value or b"{}")[0]
    return found


def held_of(
    records: Iterable[Seen],
    spec: TopicSpec,
    partitions: int,
    left_out: Collection[str],
    advance: Advance,
) -> tuple[Held, int]:
    """What a copy holds, and how many interactions its totals have accepted.

    Raises:
        AppError: a key is not where the workers look for it.
    """
    held, accepted = Held(), 0
    for record in records:
        advance(1)
        key = (record.key or b"").decode()
        if home_of(spec, key, partitions) != record.partition:
            raise AppError(f"{spec.name}-{record.partition} holds {key} of another")
        if key.startswith(f"{TOTALS}/"):
            row = codec.read_row(key, record.value or b"")
            section = codec.read_section(row.sections["popularity"])
            accepted += int(section["accepted"])
        elif record.value is not None and key not in left_out:
            held.add(record.key or b"", record.value)
    return held, accepted


def compare(what: str, copied: object, found: object) -> None:
    """Refuse a copy that is not what was copied.

    Raises:
        AppError: both are named.
    """
    if copied != found:
        raise AppError(
            f"the copy of {what} is wrong, {found} and not {copied}: somebody else has "
            "written to it; ask again, it is then copied anew"
        )
