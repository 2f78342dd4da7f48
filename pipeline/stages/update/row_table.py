"""The rows of one partition: entries, what experts keep, and the way back."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pipeline.logic.expert import Lesson, RowWriter
from pipeline.logic.slots import SlotTable
from pipeline.stages.update.entries import (
    ITEM_SECTION,
    Entry,
    Kind,
    entry_of,
    section_of,
)
from topics.codec import read_section, write_section
from topics.model import ITEM, ModelRow

NOTHING = write_section({})


class Saved(NamedTuple):
    """An id as it was at the last commit.

    Attributes:
        entry: A copy.
        copies: What each writer held; None if the entry was frozen or had no slot.
    """

    entry: Entry
    copies: list[Any] | None


class RowTable:
    """Rows by id, and what they were at the last commit.

    An id has a slot, the same with all writers, while its row is in use. `put` of None
    empties a slot.

    Args:
        writers: The experts.
    """

    def __init__(self, writers: Sequence[RowWriter]) -> None:
        self.entries: dict[str, Entry] = {}
        self.sizes: Counter[Kind] = Counter()
        self._writers = writers
        self._names = {ITEM_SECTION, *(writer.name for writer in writers)}
        self._slots = SlotTable()
        self._saved: dict[str, Saved | None] = {}
        self._taught: list[int] = []
        self._lessons: list[Lesson] = []

    def restore(self, row: ModelRow) -> None:
        """Take a row of the changelog."""
        self.erase(row.id)
        section = read_section(row.sections[ITEM_SECTION])
        entry = entry_of(section, row.event_time_ms)
        names = sorted(row.sections.keys() - self._names)
        entry.carried = {name: row.sections[name] for name in names}
        entry.frozen = row.sections if entry.kind is Kind.ROW else None
        self.insert(row.id, entry)

    def erase(self, item: str) -> None:
        """Have no row of an id, without a way back."""
        entry = self.entries.pop(item, None)
        if entry is not None:
            self.sizes[entry.kind] -= 1
            self._release(item)

    def touch(self, item: str) -> Entry | None:
        """Get an entry in order to change it; what it was is kept for `undo`."""
        entry = self.entries.get(item)
        if item not in self._saved:
            self._saved[item] = None if entry is None else self._save(item, entry)
        return entry

    def insert(self, item: str, entry: Entry) -> None:
        """Have a row of an id that has none, with nothing learnt."""
        self.entries[item] = entry
        self.sizes[entry.kind] += 1

    def remove(self, item: str) -> None:
        """Have no row of an id any more; what it was is kept for `undo`."""
        self.touch(item)
        self.erase(item)

    def slot(self, item: str) -> int:
        """Slot of a row, for its writers."""
        slot = self._slots.get(item)
        if slot >= 0:
            return slot
        slot = self._slots.add(item)
        entry = self.entries[item]
        if entry.frozen is not None:
            for writer in self._writers:
                section = entry.frozen.get(writer.name, NOTHING)
                writer.load(slot, read_section(section))
            entry.frozen = None
        return slot

    def learn(self, item: str, lesson: Lesson) -> None:
        """Have writers learn an example of a row that was touched, with others later.

        At `settle` they have; it comes before anything else that is done to a row.
        """
        self._taught.append(self.slot(item))
        self._lessons.append(lesson)

    def settle(self) -> None:
        """Have writers learn what waits."""
        if self._lessons:
            for writer in self._writers:
                writer.learn(self._taught, self._lessons)
            self._taught, self._lessons = [], []

    def touched(self) -> Iterator[tuple[str, ModelRow | None]]:
        """Rows that changed since the last commit; None is gone."""
        for item, saved in self._saved.items():
            key = f"{ITEM}/{item}"
            entry = self.entries.get(item)
            if entry is not None:
                sections = self._sections(item, entry)
                yield key, ModelRow(key, entry.touched_ms, sections)
            elif saved is not None:
                yield key, None

    def commit(self) -> None:
        """What was touched is durable."""
        self._saved.clear()

    def undo(self) -> list[str]:
        """Go back to the last commit; returns the ids that were touched and exist."""
        self._taught, self._lessons = [], []
        for item in self._saved:
            self.erase(item)
        kept = [(item, saved) for item, saved in self._saved.items() if saved]
        for item, saved in kept:
            self.insert(item, saved.entry)
            if saved.copies is not None:
                self._put(self._slots.add(item), saved.copies)
        self._saved.clear()
        return [item for item, _ in kept]

    def _save(self, item: str, entry: Entry) -> Saved:
        slot = self._slots.get(item)
        copies = None if slot < 0 else [w.copy(slot) for w in self._writers]
        return Saved(entry.copied(), copies)

    def _put(self, slot: int, copies: Sequence[Any]) -> None:
        for writer, copied in zip(self._writers, copies, strict=True):
            writer.put(slot, copied)

    def _release(self, item: str) -> None:
        slot = self._slots.drop(item)
        if slot >= 0:
            self.settle()
            self._put(slot, [None] * len(self._writers))

    def _sections(self, item: str, entry: Entry) -> dict[str, bytes]:
        sections = {ITEM_SECTION: written(*entry.told())}
        if entry.kind is Kind.ROW:
            slot = self.slot(item)
            for writer in self._writers:
                sections[writer.name] = write_section(writer.section(slot))
        sections.update(entry.carried)
        return sections


@lru_cache(maxsize=4_096)
def written(*told: Any) -> bytes:
    """What `Entry.told` says, as it stands in a row; few entries say what none does."""
    return write_section(section_of(*told))
