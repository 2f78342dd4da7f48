"""What a row task knows of an id besides what experts keep; the section `item`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from topics.codec import Section

ITEM_SECTION = "item"


class Kind(StrEnum):
    """What the row of an id is."""

    ROW = "row"
    """An item with everything that was learnt of it."""
    COUNTER = "counter"
    """An id that the catalogue does not have and that was seen too seldom."""
    DELETED = "deleted"
    """An item that the catalogue has no more; a late example does not revive it."""


@dataclass(slots=True)
class Entry:
    """One id.

    Args:
        kind: What its row is.
        known: The catalogue has it.
        available: It may be in a list.
        seen: Interactions before it had a row.
        touched_ms: Event time at which its row changed last.
        deleted_at_ms: Event time at which the catalogue dropped it; 0 if it did not.
        carried: Sections of experts that this release does not have.
        frozen: Sections of experts as they were restored, until they are first used.
    """

    kind: Kind
    known: bool = False
    available: bool = True
    seen: int = 0
    touched_ms: int = 0
    deleted_at_ms: int = 0
    carried: Mapping[str, bytes] = field(default_factory=dict)
    frozen: Mapping[str, bytes] | None = None

    def copied(self) -> "Entry":
        """Another one that says the same."""
        return Entry(
            self.kind,
            self.known,
            self.available,
            self.seen,
            self.touched_ms,
            self.deleted_at_ms,
            self.carried,
            self.frozen,
        )

    def told(self) -> tuple[Kind, bool, bool, int, int]:
        """What a row says of it; see `section_of`."""
        available = self.available and self.kind is Kind.ROW
        return self.kind, self.known, available, self.seen, self.deleted_at_ms


def section_of(
    kind: Kind, known: bool, available: bool, seen: int, deleted_at_ms: int
) -> Section:
    """What an entry tells, as it stands in a row."""
    return {
        "kind": kind,
        "known": known,
        "available": available,
        "seen": seen,
        "deleted_at_ms": deleted_at_ms,
    }


def entry_of(section: Mapping[str, object], touched_ms: int) -> Entry:
    """Take an entry back from its section."""
    kind = Kind(str(section["kind"]))
    return Entry(
        kind=kind,
        known=bool(section["known"]),
        available=bool(section["available"]),
        seen=int(str(section["seen"])),
        touched_ms=touched_ms,
        deleted_at_ms=int(str(section["deleted_at_ms"])),
    )
