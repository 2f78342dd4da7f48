"""`kairec dlq`: records that could not be used, and why."""

import sys
from typing import Annotated

import typer

from pipeline.apps.dead import DLQ, TOPICS, find_letter, letters, newest
from pipeline.cli.connect import reader
from pipeline.cli.send import PublicTopic
from pipeline.cli.terminal import console, table
from pipeline.settings import load_settings
from topics.dead_letters import Reason

dlq = typer.Typer(
    no_args_is_help=True,
    help="Look at dead letters: records that could not be used, and why.",
)


@dlq.command("list")
def list_letters(
    reason: Annotated[Reason | None, typer.Option(help="Only of this reason.")] = None,
    topic: Annotated[
        PublicTopic | None, typer.Option(help="Only from this topic.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 20,
) -> None:
    """List the newest dead letters: where, why, and where the original stands.

    Example: kairec dlq list --reason missing_field --topic events
    """
    settings = load_settings()
    chosen = TOPICS if topic is None else [f"{topic.value}{DLQ}"]
    with reader(settings, chosen) as source:
        found = newest(
            letters(source, chosen),
            limit,
            lambda letter: reason is None or letter.reason == reason,
        )
    if not found:
        print("no dead letters")
        return
    shown = table("dead letter", "original", "reason", "detail")
    for letter in found:
        shown.add_row(str(letter.at), letter.source, letter.reason, letter.detail[:160])
    console().print(shown, markup=False)


@dlq.command()
def show(
    position: Annotated[
        str,
        typer.Argument(
            metavar="TOPIC-PARTITION-OFFSET",
            help="Of the dead letter, or of the original.",
        ),
    ],
    value: Annotated[
        bool, typer.Option("--value", help="Print the original bytes alone.")
    ] = False,
) -> None:
    """Print a dead letter: its headers, an empty line, then the original bytes.

    Example: kairec dlq show events.dlq-3-17

    Example: kairec dlq show events-3-17 --value | jq . | kairec send --json -
    """
    settings = load_settings()
    with reader(settings, TOPICS) as source:
        raw = find_letter(source, position).raw
    out = sys.stdout.buffer
    if not value:
        print(f"key: {(raw.key or b'').decode(errors='replace')}")
        for name, text in raw.headers:
            print(f"{name}: {text.decode(errors='replace')}")
        print(flush=True)
    out.write(raw.value or b"")
    if not value:
        out.write(b"\n")
    out.flush()
