"""`kairec evaluate --kafka`: what is lost on the way through the workers."""

from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from rich.table import Table

from pipeline.apps.datasets import Dataset
from pipeline.apps.demo.plan import Plan
from pipeline.apps.demo.screen import Screen
from pipeline.apps.evaluate.kafka_run import BAR, Compared, compare
from pipeline.apps.evaluate.stream import Stream
from pipeline.apps.fleet import Place
from pipeline.apps.kernels import compiling
from pipeline.cli.bar import beginning, progress_bar
from pipeline.cli.connect import names
from pipeline.cli.graph import specs
from pipeline.cli.signals import ending_by_signal
from pipeline.cli.terminal import console, table
from pipeline.runtime.broker.find import find_or_start
from pipeline.runtime.clock import SystemClock
from pipeline.settings import load_settings
from pipeline.stages.extract import ExtractConfig
from topics import codec

RATE = 300.0
"""Events in a second: what two cores bear with room to spare."""


def on_kafka(
    stream: Stream, config: ExtractConfig, rate: float, out: Path | None
) -> None:
    """Run the workers, and tell what their lists were worth.

    Args:
        stream: What is sent.
        config: Of the stage in memory; the workers' comes from the same settings.
        rate: Events in a second.
        out: Where all figures go as JSON, if anywhere.
    """
    clock, bar = SystemClock(), progress_bar()
    screen = Screen(bar.console, clock, plain=True)
    settings = replace(load_settings(), prefix=f"kairec-evaluate-{token_hex(3)}")
    with (
        ending_by_signal(),
        compiling() as wait_for_kernels,
        find_or_start(progress=screen.tell) as servers,
    ):
        wait_for_kernels()
        place = Place(servers, names(settings), {"KAIREC_PREFIX": settings.prefix})
        dataset = Dataset(stream.name, stream.items, stream.users, stream.events)
        plan = Plan(
            place=place,
            specs=specs(settings),
            dataset=dataset,
            rate=rate,
            users=(),
            partitions=settings.partitions,
            replication=settings.replication,
            passing=True,
            keep=False,
        )
        with bar:
            progress = beginning(bar, len(dataset.events))
            found = compare(plan, config, clock, screen, progress)
    console().print(_table(found))
    print(_verdict(found, rate))
    if out is not None:
        out.write_bytes(codec.write(found.as_json()) + b"\n")


def _table(found: Compared) -> Table:
    shown = table("hit rate at 10", "events", "kairec", "popularity", numbers=NUMBERS)
    for name, rate in (
        ("update, test then train", found.tested),
        ("publish, lists as sent", found.live),
        (f"in memory, batches of {found.batch:.0f}", found.in_memory),
    ):
        shown.add_row(
            name, f"{rate.events:,}", f"{rate.hits:.4f}", f"{rate.popularity:.4f}"
        )
    return shown


NUMBERS = ("events", "kairec", "popularity")


def _verdict(found: Compared, rate: float) -> str:
    learnt = f"{rate:,.0f} events/s were learnt in {found.seconds:.0f} s"
    if not found.same_events:
        return (
            f"the bar cannot be told: the workers were late ({learnt}), so the dense "
            "task ranked only a part of the events; lower --rate, or set "
            "KAIREC_RANKER_SHARE=1"
        )
    above = "reached" if found.ratio >= BAR else "MISSED"
    return (
        f"update's test is {found.ratio:.1%} of the one in memory: the bar of "
        f"{BAR:.0%} is {above}; {learnt}"
    )
