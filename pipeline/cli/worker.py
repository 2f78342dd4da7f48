"""`kairec worker`: one worker in this process."""

import logging
import os
import signal
import sys
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from pipeline.apps.kernels import COMPILING, USERS, compile_once
from pipeline.cli.connect import names, transport
from pipeline.cli.graph import spec
from pipeline.runtime.limits import Limits
from pipeline.runtime.log import LOG, set_up_log
from pipeline.runtime.orphan import end_with
from pipeline.runtime.process import Process, run_worker
from pipeline.settings import load_settings
from topics import PROFILES


class Kind(StrEnum):
    """The four kinds."""

    EXTRACT = "extract"
    DIVERSIFY = "diversify"
    UPDATE = "update"
    PUBLISH = "publish"


class Part(StrEnum):
    """The two parts of update."""

    ROWS = "rows"
    DENSE = "dense"


def worker(
    kind: Annotated[Kind, typer.Argument(help="Which of the four.")],
    ordinal: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Number among its kind: a restart with it causes no rebalance.",
        ),
    ] = None,
    part: Annotated[
        Part, typer.Option(help="Of update: the rows, or the dense task.")
    ] = Part.ROWS,
    parent: Annotated[
        int | None, typer.Option(hidden=True, help="End when this process does.")
    ] = None,
) -> None:
    """Run one worker until it is told to stop.

    Example: kairec worker update --part rows --ordinal 0
    """
    _leave_on_signals()
    if parent is not None:
        end_with(parent)
    settings = load_settings()
    dense = kind is Kind.UPDATE and part is Part.DENSE
    name = "update.dense" if dense else kind.value
    set_up_log(name if ordinal is None else f"{name}.{ordinal}", settings.log_level)
    if name in USERS:
        _have_kernels()
    kafka = transport(settings, ordinal)
    process = Process(
        kafka,
        names(settings).base,
        ordinal,
        settings.health_host,
        settings.health_port,
        settings.watchdog_ms,
        Limits(
            batch_units=settings.batch_units,
            dead_letter_run=settings.dead_letter_run,
            dead_letter_ratio=settings.dead_letter_ratio,
            dead_letter_window=settings.dead_letter_window,
        ),
    )
    # As many as there are: the setting says what `topics create` makes.
    settings = replace(settings, partitions=kafka.partitions(PROFILES.name))
    _end(run_worker(spec(name, settings), process))


def _leave_on_signals() -> None:
    """Until the loop runs there is nothing to end in good order."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit())


def _end(code: int) -> NoReturn:
    """End at once: all is closed, and what is remembered need not be taken apart."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _have_kernels() -> None:
    """Compile before the group knows this worker and its loop is watched."""
    compile_once(LOG.info)
    from pipeline.logic.kernels.jit import tell_when_compiling  # noqa: PLC0415  # slow

    tell_when_compiling(lambda: LOG.info(COMPILING))
