"""Streams of one's own: files of what the topics hold, a JSON value a line."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from pipeline.apps.datasets import Dataset
from pipeline.apps.datasets.order import TIES_SEED, in_time_order
from pipeline.apps.errors import AppError
from pipeline.apps.lines import PUBLIC, Lines, NotJson, recognise
from topics import ITEMS, USERS, codec
from topics.dead_letters import InvalidRecord, Reason
from topics.events import Event
from topics.items import Item
from topics.users import User

Tell = Callable[[str], None]
WeightOf = Callable[[str, float | None], float | None]
"""What an event of this type and value counts for; None if the type is not known."""
TOLD = 10
"""Bad lines are told one by one up to so many, then only counted."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where a stream lies; `-` is standard input, `.gz` and `.zst` are unpacked.

    Args:
        events: What users did. It may hold items and users, too, as `replay` takes it.
        items: The catalogue.
        users: Attributes of users.
    """

    events: str
    items: str | None = None
    users: str | None = None


def read_files(files: Files, weight_of: WeightOf, tell: Tell) -> tuple[Dataset, int]:
    """Read a stream; of an item or user that comes twice, the last one counts.

    Args:
        files: Where it is.
        weight_of: Knows the types of events.
        tell: Told of lines that are left out.

    Returns:
        The stream in time order, and how many lines were left out.

    Raises:
        AppError: a file cannot be read, or there is no event in it.
    """
    reading = _Reading(weight_of, tell)
    for name, topic in (
        (files.items, ITEMS.name),
        (files.users, USERS.name),
        (files.events, None),
    ):
        if name is not None:
            reading.take(name, topic)
    if not reading.events:
        raise AppError(
            f"no event in {files.events} ({reading.left_out} lines left out): a line "
            'is like {"user_id": "u1", "item_id": "i1", "type": "click", '
            '"event_time_ms": 1700000000000}'
        )
    in_time_order(reading.events, Random(TIES_SEED))
    dataset = Dataset(
        Path(files.events).name,
        list(reading.items.values()),
        list(reading.users.values()),
        reading.events,
    )
    return dataset, reading.left_out


@dataclass(slots=True)
class _Reading:
    """What is read so far."""

    weight_of: WeightOf
    tell: Tell
    items: dict[str, Item] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    left_out: int = 0

    def take(self, name: str, topic: str | None) -> None:
        """Read a file; `topic` says what its lines are, None that each line tells."""
        with Lines(name) as lines:
            for line in lines:
                try:
                    self._take(line, topic)
                except (NotJson, InvalidRecord) as error:
                    self._leave_out(f"{name}, line {lines.number}: {error}")

    def _take(self, line: bytes, topic: str | None) -> None:
        found = recognise(line, topic)
        record: Any = codec.read(PUBLIC[found.topic], line)[0]
        if isinstance(record, Event):
            if self.weight_of(record.type, record.value) is None:
                remedy = (
                    f"set KAIREC_EVENT_WEIGHTS={record.type}=1, or what it shall be"
                )
                raise InvalidRecord(Reason.UNKNOWN_TYPE, f"{record.type!r}: {remedy}")
            self.events.append(record)
        elif isinstance(record, Item):
            self.items[record.item_id] = record
        elif isinstance(record, User):
            self.users[record.user_id] = record
        else:
            raise InvalidRecord(
                Reason.UNKNOWN_TYPE, "feedback is about lists that were shown elsewhere"
            )

    def _leave_out(self, text: str) -> None:
        self.left_out += 1
        if self.left_out <= TOLD:
            self.tell(f"{text}: left out")
        elif self.left_out == TOLD + 1:
            self.tell("... and more, which are only counted")
