"""The joint regression of items on items, learnt online: the writing side.

Between two regressions it only notes what was taken; those notes, the counts and the
weights are rows of their own. So a commit writes little, and a regression much.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from pipeline.logic.arrays import Matrix, Slots
from pipeline.logic.catalogue import Hashes
from pipeline.logic.expert import Part, Section
from pipeline.logic.experts.joint_core import NOTHING, Core, JointSettings, Taken
from pipeline.logic.experts.joint_rows import (
    NOTES,
    WEIGHTS,
    core_rows,
    notes_row,
    read_core,
    read_notes,
    weight_rows,
)
from pipeline.logic.joint import weights_of

MOST_NAMED, MOST_NOTES = 100_000, 1_000
"""There are so many notes at most, naming so many items, until they are counted."""


class _Stand(NamedTuple):
    """How far it has come, beside the notes.

    Args:
        core: The counts.
        events: Learnt in all.
        fitted: Of these, when the weights were worked out last.
        at_ms: Newest event time.
        named: Items that notes name.
    """

    core: Core = NOTHING
    events: int = 0
    fitted: int = 0
    at_ms: int = 0
    named: int = 0


class JointLearner:
    """Counts, and now and then the weights that follow from them.

    Args:
        settings: How it learns.
        hash_of: The 4-byte hash by which a portrait names the items a user had.
    """

    name = "joint"
    part: Part = "dense"

    def __init__(self, settings: JointSettings, hash_of: Callable[[str], int]) -> None:
        self._settings = settings
        self._hash_of = hash_of
        self._stand = _Stand()
        self._notes: list[Taken] = []
        self._weights: Matrix | None = None
        self._read: dict[str, Section] = {}
        self._index(NOTHING)
        self._committed = self._stand, self._notes, 0

    @property
    def items(self) -> int:
        """How many items it spans."""
        self._settle()
        return len(self._stand.core.ids)

    def learn(self, item: str, had: Hashes, event_time_ms: int) -> None:
        """Learn that a user took an item for the first time.

        Args:
            item: Its id.
            had: Hashes of the items that the user had before, uint32 (n,). Of two items
                of one hash it means one, always the same.
            event_time_ms: When.
        """
        self._settle()
        if not self._settings.items:
            return
        places, before = self._places(had), self._stand
        self._notes.append(Taken(item, places.astype(np.uint16)))
        now = self._stand = before._replace(
            events=before.events + 1,
            at_ms=max(before.at_ms, event_time_ms),
            named=before.named + len(places),
        )
        due = now.events - now.fitted >= self._settings.due(now.events)
        if due or now.named >= MOST_NAMED or len(self._notes) >= MOST_NOTES:
            self._count(due)

    def rows(self) -> Iterator[tuple[str, int, Section]]:
        """What changed since the last commit: end of the key, event time, content."""
        self._settle()
        now, before = self._stand, self._committed[0]
        if now.events == before.events:
            return
        numbers = {"events": now.events, "fitted": now.fitted, "at_ms": now.at_ms}
        key, section = notes_row(self._notes, **numbers)
        yield key, now.at_ms, section
        core = now.core
        if core is not before.core:
            for key, section in core_rows(core):
                yield key, core.at_ms, section
        if self._weights is not None:
            for key, section in weight_rows(core.ids, self._weights, now.fitted):
                yield key, core.at_ms, section

    def load(self, key: str, section: Section) -> None:
        """Take back a row whose key ends so; in any order, before anything is asked."""
        if not key.startswith(WEIGHTS):
            self._read[key] = section

    def commit(self) -> None:
        """What is learnt so far is durable."""
        self._settle()
        self._committed = self._stand, self._notes, len(self._notes)
        self._weights = None

    def undo(self) -> None:
        """Go back to the last commit."""
        self._settle()
        self._stand, notes, many = self._committed
        self._notes = notes[:many]
        self._index(self._stand.core)
        self.commit()

    def _count(self, fit: bool) -> None:
        """Let the counts have what was noted; work out the weights that follow."""
        settings, now = self._settings, self._stand
        core = now.core.after(self._notes, now.at_ms, settings, choose=fit)
        self._stand, self._notes = now._replace(core=core, named=0), []
        if fit:
            self._stand = self._stand._replace(fitted=now.events)
            self._index(core)
            self._weights = weights_of(core.together, core.members(), settings.ridge)

    def _index(self, core: Core) -> None:
        """Derive which hash has which place."""
        hashes = np.array([self._hash_of(item) for item in core.ids], np.uint32)
        self._order: Slots = np.argsort(hashes, kind="stable")
        self._hashes: Hashes = hashes[self._order]

    def _places(self, had: Hashes) -> Slots:
        """Places of the items that a user had, int64 (n,)."""
        if not len(self._hashes):
            return self._order
        at = np.searchsorted(self._hashes, had)
        at[at == len(self._hashes)] = 0
        places: Slots = self._order[at[self._hashes[at] == had]]
        return places

    def _settle(self) -> None:
        """Put together what was read back; it counts as committed."""
        if NOTES not in self._read:
            return
        read, self._read = self._read, {}
        core, notes = read_core(read, self._settings.items), read[NOTES]
        self._notes = read_notes(notes)
        events, fitted, at_ms = (int(notes[n]) for n in ("events", "fitted", "at_ms"))
        named = sum(len(each.had) for each in self._notes)
        self._stand = _Stand(core, events, fitted, at_ms, named)
        self._index(core)
        self._committed = self._stand, self._notes, len(self._notes)
