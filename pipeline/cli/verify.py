"""`kairec verify`: nothing lost, nothing twice."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.apps.manifest import read_manifest
from pipeline.apps.verify import Verdict
from pipeline.apps.verify import verify as audit
from pipeline.apps.verify_rules import Dropped
from pipeline.cli.connect import bootstrap_servers, names
from pipeline.cli.terminal import console, table
from pipeline.runtime.kafka.whole import WholeTopics
from pipeline.settings import load_settings

TOLD = 5
"""So many of what is wrong are named."""


def verify(
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="MANIFEST",
            help="What `kairec replay --manifest` wrote: each of it must be there.",
        ),
    ] = None,
) -> None:
    """Read all topics, and tell whether each event has had its effect once.

    Run it when the workers have caught up (`kairec status`). Ends with 1 if anything is
    lost, twice, out of order or unaccounted for, or if the model has accepted another
    number of interactions than there are examples of.

    Example: kairec verify --from sent.jsonl
    """
    settings = load_settings()
    lines = [] if source is None else read_manifest(source)
    acknowledged = {
        (topic, partition, offset): crc
        for topic, partition, offset, crc in lines
        if topic in ("events", "feedback")
    }
    rules = Dropped(settings.repeat_window_ms, settings.user_cap)
    with WholeTopics(bootstrap_servers(), names(settings)) as whole:
        verdict = audit(whole.read, acknowledged, rules)
    _tell(verdict, len(acknowledged) if source else None)
    raise typer.Exit(0 if verdict.holds else 1)


def _tell(verdict: Verdict, acknowledged: int | None) -> None:
    """Topics as a table, then a line for each thing that shall be none."""
    numbers = ("units", "twice", "forwarded")
    shown = table("topic", *numbers, numbers=numbers)
    for name, found in verdict.topics.items():
        shown.add_row(name, *map(str, (found.count, found.twice, found.forwarded)))
    console().print(shown)
    if acknowledged is not None:
        print(f"acknowledged: {acknowledged}")
    for fate, count in sorted(verdict.fates.items()):
        print(f"{fate}: {count}")
    _tell_places("lost", ["-".join(map(str, at)) for at in verdict.lost])
    print(f"twice: {sum(verdict.twice.values())}", *verdict.twice)
    _tell_places("out of order", verdict.out_of_order)
    _tell_places("unaccounted", ["-".join(map(str, at)) for at in verdict.unaccounted])
    state = "equal" if verdict.accepted == verdict.learnt else "NOT EQUAL"
    print(f"state: {verdict.accepted} accepted of {verdict.learnt} learnt, {state}")
    print("all holds" if verdict.holds else "something is wrong")


def _tell_places(what: str, found: list[str]) -> None:
    more = " ..." if len(found) > TOLD else ""
    print(f"{what}: {len(found)}", *found[:TOLD], end=f"{more}\n")
