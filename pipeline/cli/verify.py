"""`kairec verify`: nothing lost, nothing twice."""

import typer
from rich.console import Console
from rich.table import Table

from pipeline.apps import verify as app
from pipeline.cli.connect import bootstrap_servers, names
from pipeline.runtime.kafka.tail import Reader
from pipeline.settings import load_settings


def verify() -> None:
    """Read all topics, and tell whether each event has had its effect once.

    Run it when the workers have caught up (`kairec status`). Ends with 1 if anything is
    lost or there twice.

    Example: kairec verify
    """
    topics = app.topics_read()
    with Reader(bootstrap_servers(), names(load_settings()), topics) as reader:
        bounds = {at: b for topic in topics for at, b in reader.bounds(topic).items()}
        verdict = app.verify(reader.read(bounds))
    shown = Table("topic", "units", "twice", "forwarded")
    for name, found in verdict.topics.items():
        if name != "model":
            cells = (found.count, found.twice, found.forwarded or "")
            shown.add_row(name, *map(str, cells))
    console = Console()
    console.print(shown)
    console.print(f"lost: {len(verdict.lost)}", *map(str, verdict.lost[:5]))
    console.print(f"twice: {sum(verdict.twice.values())}")
    console.print(f"learnt: {verdict.accepted} of {verdict.learnt} interactions")
    raise typer.Exit(0 if verdict.holds else 1)
