"""`kairec watch`: the list of one user, as it changes."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from math import inf
from typing import Annotated

import typer

from pipeline.apps.errors import AppError
from pipeline.apps.newest import newest_of
from pipeline.apps.slates import title_of, why
from pipeline.apps.titles import read_titles
from pipeline.cli.connect import reader
from pipeline.cli.terminal import console, say, table
from pipeline.runtime.kafka.tail import Reader
from pipeline.runtime.transport import Raw
from pipeline.settings import load_settings
from topics import ITEMS, RECOMMENDATIONS, codec
from topics.recommendations import Slate

POLL_MS = 500
WAIT_S = 3.0
"""So long `--once` waits for a first list: an event may be on its way."""


def watch(
    user: Annotated[str, typer.Argument(help="Whose list; ~default for new users'.")],
    once: Annotated[
        bool,
        typer.Option("--once", help="Print the newest list and end; none: exit 2."),
    ] = False,
    top: Annotated[int, typer.Option(min=1, help="So many items of it.")] = 10,
    titles: Annotated[
        bool, typer.Option(help="Read titles from the topic items.")
    ] = True,
) -> None:
    """Print a user's newest list, with titles and reasons, and each one that follows.

    Example: kairec watch u1

    Example: kairec watch u1 --once
    """
    settings = load_settings()
    with reader(settings, [RECOMMENDATIONS.name, ITEMS.name]) as source:
        known = read_titles(source) if titles else {}
        newest, on = newest_of(source, RECOMMENDATIONS.name, user)
        source.assign(on)
        lists = _lists(source, user, WAIT_S if once else None)
        if newest is None and not once:
            say(f"there is no list for {user} yet; waiting for one (Ctrl-C ends it)")
        for record in lists if newest is None else chain([newest], lists):
            _print(record, known, top)
            if once:
                return
    raise AppError(
        f"there is no list for {user} yet: send an event of that user, see that "
        "`kairec up` runs, or watch without --once"
    )


def _lists(source: Reader, user: str, wait_s: float | None) -> Iterator[Raw]:
    """Lists of a user as they come, for ever or for so long."""
    until_s = inf if wait_s is None else time.monotonic() + wait_s
    while time.monotonic() < until_s:
        for record in source.poll(POLL_MS):
            if record.key == user.encode():
                yield record


def _print(record: Raw, titles: Mapping[str, str], top: int) -> None:
    if record.value is None:
        print("the user was forgotten: no list\n", flush=True)
        return
    slate: Slate = codec.read(RECOMMENDATIONS, record.value)[0]
    made = datetime.fromtimestamp(slate.published_time_ms / 1000, UTC)
    waited_ms = record.append_time_ms - slate.published_time_ms
    shown = table("", "item", "title", "score", "why", numbers=("", "score"))
    for item in slate.items[:top]:
        title = title_of(item.item_id, titles) if item.item_id in titles else ""
        shown.add_row(
            str(item.rank), item.item_id, title, f"{item.score:.3f}", why(item, titles)
        )
    head = f"{slate.user_id}: {len(slate.items)} items, {made:%Y-%m-%d %H:%M:%S} UTC"
    print(f"{head}, after {slate.source}, in the topic after {waited_ms} ms")
    console().print(shown)
    print(flush=True)
