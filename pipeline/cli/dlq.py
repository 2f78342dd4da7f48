"""`kairec dlq`: records that could not be used, and why."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.apps.dead import DLQ, TOPICS, find_letter, letters, newest
from pipeline.apps.errors import AppError
from pipeline.apps.resend import Outcome, Resend
from pipeline.apps.resend_choice import Choice, spans_of
from pipeline.cli.connect import reader, topic_partitions, transport
from pipeline.cli.send import PublicTopic
from pipeline.cli.terminal import console, table
from pipeline.runtime.failpoints import failpoint_from_environment
from pipeline.settings import load_settings
from topics.dead_letters import Reason

dlq = typer.Typer(
    no_args_is_help=True,
    help="Dead letters: records that could not be used. See why; send them again.",
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


@dlq.command()
def replay(  # noqa: PLR0913, PLR0917  # one option a filter
    reason: Annotated[Reason | None, typer.Option(help="Only of this reason.")] = None,
    topic: Annotated[
        PublicTopic | None, typer.Option(help="Only from this topic.")
    ] = None,
    first: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="TOPIC-PARTITION-OFFSET",
            help="From this dead letter on; of its partition only. May be repeated.",
        ),
    ] = None,
    last: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="TOPIC-PARTITION-OFFSET",
            help="Up to and with this dead letter; of its partition only.",
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Dead since then; ISO or ms.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Dead before then.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing; count what would be sent.")
    ] = False,
) -> None:
    """Send dead letters back to the topic that they came from, each once.

    Do it when the cause is mended. A dead letter that was sent before is left where it
    is, also after a crash in the middle; so are those that a newer record of the same
    user or item has replaced, and those of users who were forgotten since. An event
    counts as if it had been good at once: it keeps its id.

    Example: kairec dlq replay --reason unknown_type --dry-run

    Example: kairec dlq replay --topic events --since 2026-05-01T12:00
    """
    settings = load_settings()
    choice = Choice(
        TOPICS if topic is None else [f"{topic.value}{DLQ}"],
        reason or "",
        spans_of(first or [], last or []),
        0 if since is None else _time_ms("--since", since),
        None if until is None else _time_ms("--until", until),
        limit,
    )
    topic_partitions(settings)
    kafka = transport(settings, ordinal=0)
    try:
        resend = Resend(kafka, choice, failpoint_from_environment())
        outcome = resend.preview() if dry_run else resend.run()
    finally:
        kafka.close()
    _tell(outcome, "would be sent" if dry_run else "sent")


def _tell(outcome: Outcome, done: str) -> None:
    shown = table("topic", "what", "why", "records", numbers=("records",))
    for (name, why), count in sorted(outcome.sent.items()):
        shown.add_row(name, done, why, str(count))
    for (name, why), count in sorted(outcome.left.items()):
        shown.add_row(name, "left", why, str(count))
    if shown.row_count:
        console().print(shown, markup=False)
    print(f"{outcome.sent.total()} {done}, {outcome.left.total()} left")


def _time_ms(option: str, text: str) -> int:
    """Milliseconds UTC; a time without a zone is UTC."""
    if text.isdecimal():
        return int(text)
    try:
        told = datetime.fromisoformat(text)
        zoned = told if told.tzinfo is not None else told.replace(tzinfo=UTC)
        return int(zoned.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise AppError(
            f"{option} {text}: a time as 2026-05-01T12:00 (UTC), or milliseconds"
        ) from None
