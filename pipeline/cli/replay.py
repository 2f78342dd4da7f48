"""`kairec replay`: a stream from a file, or a data set by name."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from pipeline.apps.datasets import DATASETS, load_dataset
from pipeline.apps.errors import AppError
from pipeline.apps.lines import Lines, Outgoing
from pipeline.apps.manifest import ManifestFile, manifest_file
from pipeline.apps.replay import FileStream, Sent, send_all, stream
from pipeline.apps.tempo import Tempo
from pipeline.cli.connect import producer
from pipeline.cli.progress import SendProgress
from pipeline.cli.send import PublicTopic
from pipeline.cli.terminal import say
from pipeline.runtime.clock import SystemClock
from pipeline.settings import Settings, load_settings

TOLD = 10
"""Lines that are no JSON are told one by one up to so many, then only counted."""


def replay(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|DATASET",
            help="JSON Lines (.gz and .zst too, - for standard input), or ml-100k.",
        ),
    ],
    rate: Annotated[str, typer.Option(help="Records per second, or max.")] = "max",
    topic: Annotated[
        PublicTopic | None,
        typer.Option(help="Where all lines go; else told by each line's fields."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Send so many records at most.")
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Send what is no JSON, too: a dead letter.")
    ] = False,
    manifest: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Write here what Kafka took, for `kairec verify`."
        ),
    ] = None,
) -> None:
    """Send a stream, each line as it is, keyed by its user or item.

    A line with a slate is feedback, one with a type an event, else it is a user or an
    item. What cannot be sent is told with its line number and left out (exit 1).

    Example: kairec replay events.jsonl.gz --rate 500

    Example: kairec replay ml-100k --rate max --manifest sent.jsonl
    """
    tempo = Tempo(SystemClock(), _per_second(rate))
    with nullcontext() if manifest is None else manifest_file(manifest) as written:
        sending = _Sending(load_settings(), tempo, written)
        _replay(sending, source, None if topic is None else topic.value, limit, raw)


def _replay(
    sending: "_Sending", source: str, topic: str | None, limit: int | None, raw: bool
) -> None:
    """Send a data set or a file."""
    if source in DATASETS:
        dataset = load_dataset(source, say)
        total = len(dataset.items) + len(dataset.users) + len(dataset.events)
        records: Iterable[Outgoing] = islice(stream(dataset), limit)
        sending.send(records, lambda n: (n, min(total, limit or total)))
        return
    with Lines(source) as lines:
        file = FileStream(lines, topic, raw, _Teller())
        records = islice(file, limit)
        sending.send(records, lambda _: (lines.read_bytes, lines.size))
    if file.left_out:
        count = f"{file.left_out} line" + ("s were" if file.left_out > 1 else " was")
        say(f"kairec: {count} left out: mend what is told above, or try --raw")
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Sending:
    """How a stream is sent, and where it is written what Kafka took of it."""

    settings: Settings
    tempo: Tempo
    written: ManifestFile | None

    def send(
        self,
        records: Iterable[Outgoing],
        where: Callable[[int], tuple[int, int]],
    ) -> None:
        noted: Sent = self.written.note if self.written else lambda *_: None
        with producer(self.settings) as sender:
            progress = SendProgress(SystemClock(), lambda: where(progress.records))
            with progress:
                manifest = send_all(
                    records, sender, self.tempo, progress=progress, delivered=noted
                )
        for name in manifest.topics():
            print(f"{name}: {manifest.total(name)} records acknowledged")
        if not manifest.topics():
            print("nothing to send")


def _per_second(rate: str) -> float | None:
    if rate == "max":
        return None
    try:
        per_second = float(rate)
    except ValueError:
        per_second = 0.0
    if not 0 < per_second < float("inf"):
        raise AppError(f"--rate {rate}: a number of records per second, or max")
    return per_second


class _Teller:
    """Tells of the first lines that are left out."""

    def __init__(self) -> None:
        self._told = 0

    def __call__(self, text: str) -> None:
        self._told += 1
        if self._told <= TOLD:
            say(text)
        elif self._told == TOLD + 1:
            say("... and more, which are only counted")
