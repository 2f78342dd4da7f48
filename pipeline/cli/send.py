"""`kairec send`: one record, from arguments or as JSON."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from pipeline.apps.errors import AppError
from pipeline.apps.lines import PUBLIC, STDIN, Outgoing, outgoing
from pipeline.apps.replay import send_all
from pipeline.apps.tempo import Tempo
from pipeline.cli.connect import producer
from pipeline.cli.terminal import say
from pipeline.runtime.clock import SystemClock
from pipeline.settings import load_settings
from topics import EVENTS, codec
from topics.dead_letters import InvalidRecord
from topics.events import EVENT_TYPES, Event
from topics.spec import TopicSpec


class PublicTopic(StrEnum):
    """Topics that an application writes."""

    EVENTS = "events"
    FEEDBACK = "feedback"
    USERS = "users"
    ITEMS = "items"


def send(  # noqa: PLR0913, PLR0917  # one option a field of the contract
    user: Annotated[str | None, typer.Option(help="Who.")] = None,
    item: Annotated[str | None, typer.Option(help="On what.")] = None,
    type_: Annotated[
        str, typer.Option("--type", help=f"{', '.join(EVENT_TYPES)} ...")
    ] = "view",
    value: Annotated[
        float | None, typer.Option(help="A rating (0 to 5) or a dwell (seconds).")
    ] = None,
    time_ms: Annotated[
        int | None, typer.Option("--time", help="Milliseconds UTC; now if left out.")
    ] = None,
    event_id: Annotated[
        str | None, typer.Option(help="A second event with it is dropped.")
    ] = None,
    session: Annotated[str | None, typer.Option(help="The visit.")] = None,
    surface: Annotated[str | None, typer.Option(help="Where in the product.")] = None,
    json: Annotated[
        str | None, typer.Option(help="The whole record; - reads standard input.")
    ] = None,
    topic: Annotated[
        PublicTopic, typer.Option(help="With --json: which topic it is for.")
    ] = PublicTopic.EVENTS,
) -> None:
    """Send one event, or any record of the contract as JSON; print where it stands.

    It is checked first, so that nothing is sent that would be a dead letter.

    Example: kairec send --user u1 --item i1 --type like

    Example: kairec send --topic items --json '{"item_id": "i1", "title": "Fargo"}'
    """
    settings = load_settings()
    if json is not None:
        if user or item:
            raise AppError("--json is the whole record: leave --user and --item out")
        record = _from_json(PUBLIC[topic.value], json)
    else:
        if user is None or item is None:
            raise AppError(
                "an event needs --user and --item, or --json with the whole record"
            )
        now_ms = SystemClock().now_ms() if time_ms is None else time_ms
        event = Event(user, item, type_, now_ms, event_id, value, session, surface)
        record = _checked(EVENTS, codec.write(event))
        if type_ not in EVENT_TYPES:
            say(f"note: {type_} has no weight in the default settings; a dead letter?")
    with producer(settings) as sender:
        positions = []
        send_all(
            [record],
            sender,
            Tempo(SystemClock(), None),
            delivered=lambda _, position, __: positions.append(position),
        )
    print(positions[0])


def _from_json(spec: TopicSpec, json: str) -> Outgoing:
    value = sys.stdin.buffer.read() if json == STDIN else json.encode()
    return _checked(spec, value.strip())


def _checked(spec: TopicSpec, value: bytes) -> Outgoing:
    try:
        record = codec.read(spec, value)[0]
    except InvalidRecord as error:
        raise AppError(
            f"not sent, it would be a dead letter ({error.reason}): {error.detail}"
        ) from None
    return Outgoing(spec.name, outgoing(spec, record).key, value)
