"""The audience of one item, as its writer keeps it."""

from sys import intern
from typing import NamedTuple

from pipeline.logic.expert import Section

ATTRIBUTE_BYTES = 3 + 4
"""What an attribute takes in a row beside its text."""
COUNT = 4


class Audience(NamedTuple):
    """Who acted on one item; it never changes in place.

    Attributes:
        stages: Interactions by stage of the user, uint32, as bytes.
        sessions: Interactions by stage of the user's session, uint32, as bytes.
        experience: Sum over them of ln(1 + the user's interactions before).
        ids: Attributes of the users, interned: they stand in many rows.
        seen: How often users of each acted on the item, float32, as bytes.
        size: Bytes that the attributes take in a row.
    """

    stages: bytes
    sessions: bytes
    experience: float
    ids: list[str]
    seen: bytes
    size: int

    def section(self) -> Section:
        """As it stands in a row."""
        return {
            "stages": self.stages,
            "sessions": self.sessions,
            "experience": self.experience,
            "ids": self.ids,
            "seen": self.seen,
        }


def audience_of(section: Section, stages: int, sessions: int) -> Audience:
    """Take an audience back from its section; counts of other stages start afresh.

    Args:
        section: As it stands in a row; empty for nobody.
        stages: How many stages of users there are.
        sessions: How many stages of sessions.
    """
    ids = list(map(intern, section.get("ids", ())))
    return Audience(
        counts_of(section.get("stages", b""), stages),
        counts_of(section.get("sessions", b""), sessions),
        section.get("experience", 0.0),
        ids,
        section.get("seen", b""),
        ATTRIBUTE_BYTES * len(ids) + len("".join(ids).encode()),
    )


def counts_of(raw: bytes, columns: int) -> bytes:
    """Counts of a section; zeros if there are not so many."""
    return raw if len(raw) == COUNT * columns else bytes(COUNT * columns)
