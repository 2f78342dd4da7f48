"""`kairec bench`: figures of this machine, each beside its bar."""

import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from pipeline.apps.bench.deployment import Deployment
from pipeline.apps.bench.figures import Figure
from pipeline.apps.bench.recovery import Limits, measure
from pipeline.apps.datasets import load_dataset
from pipeline.apps.errors import AppError
from pipeline.apps.kernels import COMPILING, compile_once
from pipeline.cli.graph import specs
from pipeline.cli.signals import ending_by_signal
from pipeline.cli.terminal import console, say, table
from pipeline.runtime.broker.find import find_or_start
from pipeline.runtime.process import tune_collector
from pipeline.settings import Settings

bench = typer.Typer(
    no_args_is_help=True,
    help="Figures of this machine; what is measured on Kafka is gone afterwards.",
)


@bench.callback()
def group() -> None:
    """Each command is a benchmark."""


@bench.command()
def recovery() -> None:
    """Kill workers, and see how soon others work and whether state is the same.

    It takes some five minutes, on default settings; exit 1 if a bar is not reached.

    Example: kairec bench recovery
    """
    tune_collector()  # as a worker does
    settings = Settings()
    limits = Limits(
        settings.session_timeout_ms / 1000, settings.transaction_timeout_ms / 1000
    )
    graph, token = specs(settings), secrets.token_hex(3)
    with (
        ending_by_signal(),
        find_or_start(progress=say) as servers,
        _folder() as folder,
    ):
        compile_once(say)

        def make(what: str, partitions: int) -> Deployment:
            home = folder / what
            home.mkdir()
            prefix = f"kairec-bench-{token}-{what}"
            return Deployment(servers, prefix, home, partitions, graph)

        _tell(measure(make, graph, limits, say))


@bench.command()
def learning() -> None:
    """Time what the model learns and lists, on ml-100k and on 50,000 items.

    It takes some five minutes and needs no Kafka; exit 1 if a bar is not reached.

    Example: kairec bench learning
    """
    from pipeline.apps.bench import learning as timed  # noqa: PLC0415  # slow
    from pipeline.apps.evaluate.warm import warm  # noqa: PLC0415  # slow

    with ending_by_signal():
        tune_collector()  # as a worker does
        dataset = load_dataset("ml-100k", say)
        warm(lambda: say(COMPILING))
        _tell(timed.measure(dataset, timed.Sizes(), say))


def _tell(figures: Iterable[Figure]) -> None:
    """Show each as it comes, then all; exit 1 if a bar is missed."""
    found = []
    for figure in figures:
        say(f"  {figure.name}: {_shown(figure)}")
        found.append(figure)
    _print(found)
    raise typer.Exit(0 if all(figure.holds for figure in found) else 1)


@contextmanager
def _folder() -> Iterator[Path]:
    """Gone at the end, unless an error tells to look into it."""
    folder, kept = Path(tempfile.mkdtemp(prefix="kairec-bench-")), False
    try:
        yield folder
    except AppError:
        kept = True
        raise
    finally:
        if not kept:
            shutil.rmtree(folder)


def _print(found: list[Figure]) -> None:
    shown = table("measured", "figure", "bar", "", numbers=("figure",))
    for figure in found:
        held = "" if figure.bar is None else "holds" if figure.holds else "MISSED"
        shown.add_row(figure.name, _shown(figure), figure.shown_bar, held)
    console().print(shown)


def _shown(figure: Figure) -> str:
    digits = 0 if figure.value >= 100 or float(figure.value).is_integer() else 2
    digits = 4 if figure.value < 1 else digits
    return f"{figure.value:,.{digits}f} {figure.unit}".rstrip()
