"""JSON Lines of the contract: each line is what a topic's record holds.

`.gz` and `.zst` are unpacked on the way; `-` is standard input.
"""

import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import zstandard

from pipeline.apps.errors import AppError
from pipeline.apps.unpack import LineTooLong, lines_of
from topics import EVENTS, FEEDBACK, ITEMS, USERS, codec
from topics.dead_letters import InvalidRecord
from topics.spec import Key, TopicSpec

PUBLIC: Mapping[str, TopicSpec] = {
    spec.name: spec for spec in (EVENTS, FEEDBACK, USERS, ITEMS)
}
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to be sent.

    Args:
        topic: Short name.
        key: User or item id; None if the value has none that can be read.
        value: Bytes as they shall be in the topic.
    """

    topic: str
    key: str | None
    value: bytes


class NotJson(Exception):
    """A line is no JSON; the message says where and why."""


def outgoing(spec: TopicSpec, record: object) -> Outgoing:
    """A record of ours, ready to be sent."""
    key: str = getattr(record, "user_id" if spec.key is Key.USER else "item_id")
    return Outgoing(spec.name, key, codec.write(record))


def recognise(value: bytes, topic: str | None = None) -> Outgoing:
    """Tell by its fields which topic a line is for, and by its id which key it has.

    Args:
        value: The line.
        topic: Given, only the key is looked for.

    Raises:
        NotJson: the line is no JSON.

    >>> recognise(b'{"item_id": "i1", "title": "Fargo"}')
    Outgoing(topic='items', key='i1', value=b'{"item_id": "i1", "title": "Fargo"}')
    >>> recognise(b'{"user_id": 7, "item_id": "i1", "type": "view"}').key is None
    True
    """
    try:
        read: object = codec.read_as(object, value)
    except InvalidRecord as error:
        raise NotJson(error.detail) from None
    fields = read if isinstance(read, dict) else {}
    chosen = topic or _topic_of(fields)
    key = fields.get("user_id" if PUBLIC[chosen].key is Key.USER else "item_id")
    return Outgoing(chosen, key if isinstance(key, str) and key else None, value)


def _topic_of(fields: Mapping[str, object]) -> str:
    """Whatever has a type is an event: an event without item is no user's record."""
    if "slate_id" in fields:
        return FEEDBACK.name
    if "type" in fields or not fields.keys() & {"user_id", "item_id"}:
        return EVENTS.name
    if "user_id" in fields:
        return EVENTS.name if "item_id" in fields else USERS.name
    return ITEMS.name


class Lines:
    """Lines of a file, numbered from 1; blank ones are passed over. A context manager.

    Args:
        name: A path, or `-`.

    Raises:
        AppError: it cannot be opened; when iterated, that it cannot be read on.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.number = 0
        try:
            self._file = _opened(name)
            self.size = 0 if name == STDIN else Path(name).stat().st_size
        except OSError as error:
            raise AppError(
                f"cannot read {name}: {error.strerror}; it is a file of JSON Lines, - "
                "for standard input, or a data set's name"
            ) from error

    @property
    def read_bytes(self) -> int:
        """How far into the file, packed as it is; of `size`."""
        return 0 if self._name == STDIN else self._file.tell()

    def __iter__(self) -> Iterator[bytes]:
        try:
            for line in lines_of(self._file, self._name):
                self.number += 1
                stripped = line.strip()
                if stripped:
                    yield stripped
        except LineTooLong as error:
            raise AppError(
                f"{self._name}, line {self.number + 1}: {error}; each line is one JSON "
                "value, as a topic's record holds it"
            ) from error
        except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
            raise AppError(
                f"cannot read {self._name} beyond line {self.number}: {error}; "
                "is the file whole?"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._name != STDIN:
            self._file.close()


def _opened(name: str) -> IO[bytes]:
    return sys.stdin.buffer if name == STDIN else Path(name).open("rb")
