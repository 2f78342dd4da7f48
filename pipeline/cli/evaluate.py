"""`kairec evaluate`: how good the lists are on a stream, measured test-then-train."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipeline.apps.datasets import DATASETS, Dataset, load_dataset
from pipeline.apps.errors import AppError
from pipeline.apps.evaluate.answer import as_json, as_table
from pipeline.apps.evaluate.contest import Outcome, peak_rss_mb
from pipeline.apps.evaluate.entrants import Wish, run
from pipeline.apps.evaluate.files import Files, read_files
from pipeline.apps.evaluate.plot import check_plot, draw
from pipeline.apps.evaluate.stream import Stream, stream_of
from pipeline.apps.evaluate.warm import warm
from pipeline.apps.kernels import COMPILING
from pipeline.cli.bar import beginning, progress_bar
from pipeline.cli.evaluate_kafka import RATE, on_kafka
from pipeline.cli.terminal import say
from pipeline.runtime.process import tune_collector
from pipeline.settings import load_settings
from pipeline.stages.extract import ExtractConfig
from pipeline.topology import event_weights
from topics import codec

Name = Annotated[
    str | None, typer.Argument(metavar="[DATASET]", help=f"{', '.join(DATASETS)}.")
]
File = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="JSON Lines as in the topic; .gz and .zst too."),
]


def evaluate(  # noqa: PLR0913, PLR0917  # the options of a command line
    dataset: Name = None,
    events: File = None,
    items: File = None,
    users: File = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all figures as JSON.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw hit rate over the stream.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first so many positive events.")
    ] = None,
    all_events: Annotated[
        bool, typer.Option(help="Feed events that are not positive, too, unscored.")
    ] = False,
    peers: Annotated[bool, typer.Option(help="Run the peers on the same events.")] = (
        False
    ),
    batch: Annotated[
        int, typer.Option(min=1, help="Examples that update learns at a time.")
    ] = 1,
    partitions: Annotated[
        int, typer.Option(min=1, help="Of the topics by user and by item.")
    ] = 1,
    expert: Annotated[
        list[str] | None, typer.Option(help="Only this expert; may be given again.")
    ] = None,
    ablate: Annotated[
        bool, typer.Option(help="Leave out each expert in turn, too.")
    ] = False,
    kafka: Annotated[
        bool, typer.Option("--kafka", help="Through the workers on Kafka, beside.")
    ] = False,
    rate: Annotated[
        float, typer.Option(min=1, help="With --kafka: events per second.")
    ] = RATE,
) -> None:
    """Ask for a list before each event, score it, then learn the event.

    The product's own stages in memory, with the default settings; only what types of
    events count for is as KAIREC_EVENT_WEIGHTS says. A list of 20 is made
    for the user of each positive event just before it is learnt; figures count after
    the first tenth of the stream. Beyond 150,000 positive events one in ten is scored.

    With --kafka the five workers run on a Kafka (KAFKA_BOOTSTRAP_SERVERS, else one of
    its own) and get the events at a rate. Told are three hit rates at 10, plain
    popularity's beside each: of the lists that update makes before it learns, of those
    that publish sent, and of the same stages in memory with batches as large.

    Example: kairec evaluate ml-100k --peers --plot quality.png --out quality.json

    Example: kairec evaluate ml-100k --kafka --limit 20000

    Example: kairec evaluate --events events.jsonl.gz --items items.jsonl
    """
    wish = Wish(batch, partitions, tuple(expert or ()), ablate, peers)
    wish.check()
    check_plot(plot)
    if out is not None and not out.parent.is_dir():
        raise AppError(f"cannot write {out}: there is no folder {out.parent}")
    if kafka and (wish != Wish() or plot is not None):
        raise AppError(
            "--kafka runs the workers with their settings (KAIREC_PARTITIONS): leave "
            "out --peers, --batch, --partitions, --expert, --ablate and --plot"
        )
    wish = replace(wish, weights=event_weights(load_settings()))
    config = ExtractConfig(weights=wish.weights)
    data = _read(dataset, events, items, users, config)
    stream = stream_of(data, config.weight_of, all_events=all_events, limit=limit)
    if kafka:
        on_kafka(stream, config, rate, out)
        return
    outcomes = _run(stream, wish)
    # The table is wider than what a pipe is taken for.
    console = Console()
    console.width = max(console.width, 120)
    console.print(as_table(stream, outcomes))
    settings = asdict(wish) | {"limit": limit, "all_events": all_events}
    if out is not None:
        found = as_json(stream, outcomes, settings, peak_rss_mb())
        out.write_bytes(codec.write(found) + b"\n")
    if plot is not None:
        draw(plot, f"{stream.name}: hit rate at 10, test then train", outcomes)


def _read(
    dataset: str | None,
    events: str | None,
    items: str | None,
    users: str | None,
    config: ExtractConfig,
) -> Dataset:
    if (dataset is None) == (events is None):
        raise AppError("give a data set's name or --events FILE: one of them")
    if dataset is not None:
        if items is not None or users is not None:
            raise AppError("--items and --users go with --events, not with a data set")
        return load_dataset(dataset, say)
    read, left_out = read_files(
        Files(events or "", items, users), config.weight_of, say
    )
    if left_out:
        say(f"{left_out} lines were left out")
    return read


def _run(stream: Stream, wish: Wish) -> dict[str, Outcome]:
    bar = progress_bar()
    warm(lambda: say(COMPILING))
    tune_collector()  # as a worker does
    with bar:
        begin = beginning(bar, len(stream.steps))
        return dict(run(stream, wish, bar.console.print, begin))
