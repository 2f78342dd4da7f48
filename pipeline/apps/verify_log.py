"""What an auditor sees of a deployment: units, and where each is from.

The wire is read here as plain JSON, by the names of its fields: nothing of the records'
types or of the stages is used, so that a field which they would misread is found out.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.runtime.kafka.whole import Seen
from topics import codec
from topics.dead_letters import HEADER_NOTE, HEADER_REASON, InvalidRecord
from topics.origin import HEADER_BROUGHT

Place = tuple[str, int, int]
"""Topic (short name), partition, offset."""
ReadTopic = Callable[[str], Iterable[Seen]]
INPUTS = ("events", "feedback")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a pack, and the record of the application that it is from."""

    place: Place
    fields: dict[str, Any]


def place_of(record: Seen) -> Place:
    """Where a record stands; of a forwarded one and of a dead letter, stood first."""
    source = record.headers.get("kairec.source")
    if source is None:
        return own_place_of(record)
    topic, partition, offset = source.decode().rsplit("-", 2)
    return topic, int(partition), int(offset)


def own_place_of(record: Seen) -> Place:
    """Where a record stands itself, whatever it is about."""
    return record.topic, record.partition, record.offset


def is_note(record: Seen) -> bool:
    """Whether a record among dead letters is none, but tells of some."""
    return HEADER_NOTE in record.headers and HEADER_REASON not in record.headers


def offsets_of(note: bytes | None) -> list[int]:
    """Offsets of the letters that a note names; of what is no note of ours, none."""
    try:
        return codec.read_as(list[int], note or b"")
    except InvalidRecord:
        return []


def is_forwarded(record: Seen) -> bool:
    """Whether it is no record of the application, but one of ours of such a one."""
    return "kairec.source" in record.headers


def units(records: Iterable[Seen]) -> Iterator[Unit]:
    """All units of packs, in their order."""
    for record in records:
        for fields in codec.read_as(list[dict[str, Any]], record.value or b"[]"):
            source = fields["source"]
            at = source["topic"], source["partition"], source["offset"]
            yield Unit(at, fields)


def slates(records: Iterable[Seen]) -> Iterator[str]:
    """Ids of the lists that were made for users, not for the unknown ones."""
    for record in records:
        made = record.key != b"~default" and HEADER_BROUGHT not in record.headers
        if record.value and made:
            yield codec.read_as(dict[str, Any], record.value)["slate_id"]


def accepted(records: Iterable[Seen]) -> int:
    """Interactions that row tasks have learnt, as the newest totals in `model` say."""
    totals: dict[str, int] = {}
    for record in records:
        key = (record.key or b"").decode()
        if key.startswith("totals/") and record.value:
            row = codec.read_row(key, record.value)
            section = codec.read_section(row.sections["popularity"])
            totals[key] = int(section["accepted"])
    return sum(totals.values())


def event_of(value: bytes | None) -> dict[str, Any]:
    """An input's fields; none if it is no JSON object."""
    try:
        return codec.read_as(dict[str, Any], value or b"{}")
    except InvalidRecord:
        return {}
