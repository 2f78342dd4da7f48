"""`kairec demo`: the whole loop on a real stream, live; what `make run` runs."""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console

from pipeline.apps.datasets import Dataset, load_dataset
from pipeline.apps.demo.plan import Plan
from pipeline.apps.demo.run import run_demo
from pipeline.apps.demo.screen import Screen
from pipeline.apps.demo.summary import how_to_go_on
from pipeline.apps.fleet import Place
from pipeline.apps.kernels import compiling
from pipeline.cli.connect import names
from pipeline.cli.graph import specs
from pipeline.cli.signals import ending_by_signal
from pipeline.runtime.broker.daemon import DEFAULT_PORT
from pipeline.runtime.broker.find import find_or_start
from pipeline.runtime.broker.node import LocalKafka
from pipeline.runtime.broker.ports import HOST, is_free
from pipeline.runtime.clock import SystemClock
from pipeline.settings import Settings, load_settings

RATE = 1_700.0
"""100,000 events in about a minute."""


def demo(
    rate: Annotated[float, typer.Option(min=1, help="Events per second.")] = RATE,
    limit: Annotated[
        int | None, typer.Option(min=1, help="The first so many events only.")
    ] = None,
    users: Annotated[
        str,
        typer.Option(
            metavar="ID,ID", help="Whose lists are shown; else whoever is active."
        ),
    ] = "",
    plain: Annotated[
        bool, typer.Option("--plain", help="Lines, no live view.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Go on until Ctrl-C, to try it yourself.")
    ] = False,
) -> None:
    """Send the films and 100,000 ratings of ml-100k through all workers, and look on.

    Without KAFKA_BOOTSTRAP_SERVERS it starts a Kafka of its own. In a Kafka that is
    given it uses topics of its own, kairec-demo-*, unless KAIREC_PREFIX says
    otherwise. At the end, and after Ctrl-C at any moment, all of that is gone: only
    topics under a prefix of yours stay. Exit 1 if the conservation law is broken.

    Example: kairec demo

    Example: kairec demo --rate 5000 --users 405,13 --keep
    """
    clock = SystemClock()
    screen = Screen(Console(), clock, plain=plain)
    with ending_by_signal(), compiling() as wait_for_kernels:
        settings = load_settings()
        dataset = _first(load_dataset("ml-100k", screen.tell), limit)
        with _kafka(screen, keep=keep) as servers:
            settings, passing = _apart(settings)
            place = Place(servers, names(settings), {"KAIREC_PREFIX": settings.prefix})
            plan = Plan(
                place=place,
                specs=specs(settings),
                dataset=dataset,
                rate=rate,
                users=[user for user in users.split(",") if user],
                partitions=settings.partitions,
                replication=settings.replication,
                passing=passing,
                keep=keep,
            )
            wait_for_kernels()
            holds = run_demo(plan, clock, screen, lambda: _go_on(screen, place))
    _go_on(screen, None)
    if not holds:
        raise typer.Exit(1)


def _first(dataset: Dataset, limit: int | None) -> Dataset:
    return replace(dataset, events=dataset.events[:limit])


@contextmanager
def _kafka(screen: Screen, *, keep: bool) -> Iterator[str]:
    """A Kafka; one that stays for a while has the port that people expect."""
    if keep and not os.environ.get("KAFKA_BOOTSTRAP_SERVERS") and is_free(DEFAULT_PORT):
        with LocalKafka(port=DEFAULT_PORT, progress=screen.tell) as kafka:
            yield kafka.bootstrap_servers
    else:
        with find_or_start(progress=screen.tell) as servers:
            yield servers


def _apart(settings: Settings) -> tuple[Settings, bool]:
    """In a Kafka that is given, a prefix of its own; whether topics go at the end."""
    given = bool(os.environ.get("KAFKA_BOOTSTRAP_SERVERS"))
    if not given or settings.prefix != Settings().prefix:
        return settings, False
    return replace(settings, prefix=f"kairec-demo-{secrets.token_hex(3)}"), True


def _go_on(screen: Screen, place: Place | None) -> None:
    """Say how to go on: with what is kept at a place, or once something is kept."""
    kairec = sys.argv[0] if sys.argv[0].endswith("kairec") else "python -m pipeline"
    if os.path.isabs(kairec):
        kairec = os.path.relpath(kairec)
    environment = f"KAFKA_BOOTSTRAP_SERVERS={HOST}:{DEFAULT_PORT} "
    if place is not None:
        environment = f"KAFKA_BOOTSTRAP_SERVERS={place.bootstrap_servers} "
        if place.names.prefix != Settings().prefix:
            environment += f"KAIREC_PREFIX={place.names.prefix} "
    for line in how_to_go_on(kairec, environment, kept=place is not None):
        screen.tell(line)
