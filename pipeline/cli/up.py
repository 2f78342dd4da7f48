"""`kairec up`: all workers of a deployment under one supervisor."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pipeline.apps.errors import AppError
from pipeline.apps.fleet import Place, fleet, scaled
from pipeline.apps.follow import Followed
from pipeline.apps.kernels import USERS, compiling
from pipeline.cli.connect import bootstrap_servers, names, topic_partitions
from pipeline.cli.graph import specs
from pipeline.cli.signals import ending_by_signal
from pipeline.cli.terminal import say
from pipeline.runtime.broker.home import home
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.faults import BadTopics
from pipeline.settings import load_settings
from topics import TOPICS

TEND_MS = 100


def up(
    scale: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORKER=N",
            help="How many of a worker there shall be on this machine: extract, "
            "diversify, update (its rows), update.dense (a second one stands by), "
            "publish. Once for each worker; 1 unless told.",
        ),
    ] = None,
    first_ordinal: Annotated[
        int,
        typer.Option(
            min=0, help="On a second machine: above the ordinals of the first."
        ),
    ] = 0,
) -> None:
    """Run every worker as a process of its own, and start again one that ends.

    Beside another `up` on this machine it adds what is missing: after `kairec up`, a
    second `kairec up --scale update=2` runs one more update, and its end is the end of
    that one alone. Ctrl-C stops all that this one has started. Logs go to standard
    error and to a file for each worker.

    Example: kairec up

    Example: kairec up --scale update=2 --scale publish=2
    """
    settings = load_settings()
    counts = scaled(list(specs(settings)), scale or [])
    missing = {spec.name for spec in TOPICS} - topic_partitions(settings).keys()
    if missing:
        raise BadTopics(
            f"topics are missing ({', '.join(sorted(missing))}): run `kairec topics "
            "create` first"
        )
    place = Place(bootstrap_servers(), names(settings), {})
    logs = _logs(place)
    clock = SystemClock()
    with (
        ending_by_signal(),
        _kernels(counts),
        fleet(place, counts, logs, say, first_ordinal) as supervisor,
    ):
        if not supervisor.children:
            say("all of them run already under another `kairec up` on this machine")
            return
        running = ", ".join(c.command.name for c in supervisor.children)
        say(f"started {running}; logs in {logs}; Ctrl-C stops them")
        followed = [Followed(child.log) for child in supervisor.children]
        while len(supervisor.failures) < len(supervisor.children):
            supervisor.tend()
            for log in followed:
                for line in log.lines():
                    say(line)
            clock.sleep_ms(TEND_MS)
        raise AppError("no worker is left: mend the causes above, then start again")


@contextmanager
def _kernels(counts: Mapping[str, int]) -> Iterator[None]:
    """Have kernels compiled before workers need them: each would do it for itself."""
    if any(counts[worker] for worker in USERS):
        with compiling() as wait_for_kernels:
            wait_for_kernels()
    yield


def _logs(place: Place) -> Path:
    return home() / "logs" / place.names.base
