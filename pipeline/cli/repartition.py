"""`kairec topics repartition`: another number of partitions, without losing state."""

import re
from contextlib import ExitStack
from dataclasses import replace
from typing import Annotated

import typer
from rich.progress import Progress

from pipeline.apps.errors import AppError
from pipeline.apps.lines import PUBLIC
from pipeline.apps.repartition import Repartition
from pipeline.apps.repartition_copy import Advance
from pipeline.apps.repartition_side import Graph, New, Old
from pipeline.apps.repartition_work import Outcome
from pipeline.cli.bar import progress_bar
from pipeline.cli.connect import bootstrap_servers, cluster, names, reader, transport
from pipeline.cli.graph import specs
from pipeline.cli.terminal import console, say, table
from pipeline.runtime.failpoints import failpoint_from_environment
from pipeline.runtime.kafka.sink import KafkaSink
from pipeline.runtime.kafka.successor import Successor
from pipeline.runtime.kafka.whole import WholeTopics
from pipeline.settings import Settings, load_settings
from topics import PROFILES, TOPICS
from topics.origin import ORIGIN

LEGAL = re.compile(r"[A-Za-z0-9_.-]{1,150}")


def repartition(
    to: Annotated[
        str, typer.Option(metavar="PREFIX", help="Begins the names of the new topics.")
    ],
    partitions: Annotated[
        int, typer.Option(min=1, max=10_000, help="Of each topic but `samples`.")
    ],
    replication: Annotated[
        int | None,
        typer.Option(min=1, help="Copies of each; else 3, or one a node if fewer."),
    ] = None,
) -> None:
    """Copy all state to new topics with another number of partitions.

    The workers must be stopped, and must have read all there is. The old topics stay as
    they are. If it ends in the middle, ask again: it begins anew. Workers cannot start
    on a part of a copy.

    Example: kairec topics repartition --partitions 16 --to kairec16
    """
    settings = load_settings()
    if not LEGAL.fullmatch(to):
        raise AppError(f"--to {to}: letters, digits, `.`, `_` and `-`, up to 150")
    later = replace(settings, prefix=to, partitions=partitions)
    graph = specs(settings)
    with ExitStack() as stack:
        old = _old(settings, graph, stack)
        copies = replication or settings.replication
        new = _new(later, copies, stack)
        bar = stack.enter_context(progress_bar())

        def begin(name: str, total: int) -> Advance:
            _end_lines(bar)
            task = bar.add_task(name, total=total)
            return lambda n: bar.advance(task, n)

        run = Repartition(old, new, graph, begin, failpoint_from_environment())
        outcome = run.run()
        _end_lines(bar)
        count = new.cluster.partitions()
    _tell(outcome, old.base, new.base)
    _tell_what_next(to, new.base, old.base, count[PROFILES.name])


def _end_lines(bar: Progress) -> None:
    """Let each line end where it is: offsets count Kafka's own records, too."""
    for task in bar.tasks:
        bar.update(task.id, total=max(1, task.completed), completed=task.completed or 1)


def _old(settings: Settings, graph: Graph, stack: ExitStack) -> Old:
    inputs = sorted({s.name for spec in graph.values() for s in spec.sources})
    kafka = transport(settings, ordinal=None)
    stack.callback(kafka.close)
    source = stack.enter_context(reader(settings, inputs))
    return Old(
        names(settings).base,
        stack.enter_context(cluster(settings)),
        kafka,
        source,
    )


def _new(settings: Settings, replication: int, stack: ExitStack) -> New:
    servers, called = bootstrap_servers(), names(settings)
    kafka = transport(settings, ordinal=None)
    stack.callback(kafka.close)
    sink = KafkaSink(
        servers,
        f"{called.group('repartition')}.0",
        {spec.name: called.topic(spec.name) for spec in (*TOPICS, ORIGIN)},
        timeouts=kafka.timeouts,
        in_flight_bytes=kafka.in_flight_bytes,
    )
    stack.callback(sink.close)
    return New(
        called.base,
        stack.enter_context(Successor(servers, called)),
        kafka,
        sink,
        lambda: WholeTopics(servers, called),
        settings.partitions,
        replication,
    )


def _tell(outcome: Outcome, old: str, new: str) -> None:
    """What was copied, in figures."""
    if outcome.anew:
        say("a copy that had not been ended was thrown away, and made anew")
    if not outcome.held:
        print(f"{new}.* was copied from {old}.* before")
        return
    numbers = ("keys", "bytes")
    shown = table("copied and compared", *numbers, numbers=numbers)
    for topic, held in outcome.held.items():
        shown.add_row(topic, str(held.keys), str(held.size))
    console().print(shown)
    print(f"interactions learnt: {outcome.accepted}")
    print(f"impressions that wait: {outcome.waiting}")


def _tell_what_next(prefix: str, new: str, old: str, partitions: int) -> None:
    print(f"all state of {old}.* is in {new}.*, {partitions} partitions. Now:")
    print(f"1. workers: KAIREC_PREFIX={prefix} KAIREC_PARTITIONS={partitions}")
    topics = ", ".join(f"{new}.{name}" for name in PUBLIC)
    print(f"2. the application writes to {topics} and reads {new}.recommendations")
    print("3. start the workers within a day; `kairec verify` audits what comes then")
    print(f"{old}.* stays until you delete it; its dead letters are in it, too")
