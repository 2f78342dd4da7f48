"""The portraits of a partition: kept, touched, committed or undone."""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from pipeline.logic.portrait import Portrait
from pipeline.stage import Row
from pipeline.stages.extract.records import from_bytes, from_record, to_record
from topics.profiles import CAUSES, Cause
from topics.profiles import Portrait as Record
from topics.spec import Position

_STRENGTH = {cause: len(CAUSES) - rank for rank, cause in enumerate(CAUSES)}


class Portraits:
    """The state of extract, by user.

    What was restored stays as it was written until its user acts: most never do
    before the next restart, and a portrait takes ten times as long to make as to read.
    """

    def __init__(self) -> None:
        self._portraits: dict[str, Portrait | bytes] = {}
        # As it was at the last commit; None: there was none.
        self._before: dict[str, Portrait | None] = {}
        self._causes: dict[str, Cause] = {}
        # Users whose portrait nobody else holds: neither `_before` nor a row.
        self._own: set[str] = set()
        # (forgotten_at_ms, user); an entry may be out of date or there twice.
        self._forgotten: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._portraits)

    def __iter__(self) -> Iterator[str]:
        return iter(self._portraits)

    def get(self, user_id: str) -> Portrait | None:
        """The portrait of a user, not to be changed."""
        portrait = self._portraits.get(user_id)
        if isinstance(portrait, bytes):
            portrait = self._portraits[user_id] = from_bytes(portrait)
        return portrait

    def touch(self, user_id: str, source: Position, cause: Cause) -> Portrait:
        """The portrait of a user, to be changed; a new one if there is none."""
        portrait = self.get(user_id)
        self._note(user_id, portrait, cause)
        at = (source.topic, source.partition, source.offset)
        if portrait is None or user_id not in self._own:
            portrait = portrait.copy() if portrait else Portrait(at)
            self._portraits[user_id] = portrait
            self._own.add(user_id)
        portrait.source = at
        return portrait

    def forget(self, user_id: str, source: Position, time_ms: int) -> Portrait:
        """Leave nothing of a user but that it was forgotten, and when.

        Event time never goes back: it stays where it was.
        """
        old = self.get(user_id)
        self._note(user_id, old, "forgotten")
        left = self._portraits[user_id] = Portrait(
            (source.topic, source.partition, source.offset),
            event_time_ms=old.event_time_ms if old else 0,
            forgotten_at_ms=time_ms,
        )
        heappush(self._forgotten, (time_ms, user_id))
        return left

    def drop_forgotten(self, until_ms: int) -> None:
        """Drop what is left of users who were forgotten at `until_ms` or before."""
        while self._forgotten and self._forgotten[0][0] <= until_ms:
            at_ms, user_id = heappop(self._forgotten)
            portrait = self.get(user_id)
            if portrait and portrait.blank and portrait.forgotten_at_ms == at_ms:
                self._note(user_id, portrait, "forgotten")
                del self._portraits[user_id]

    def rows(self) -> list[Row]:
        """What was touched since the last commit, each user once."""
        self._own.clear()
        rows = []
        for user_id, cause in self._causes.items():
            portrait = self.get(user_id)
            record = portrait and to_record(user_id, portrait, cause)
            rows.append(Row(user_id, record))
        return rows

    def restore(self, row: Row) -> None:
        """Take a row of the changelog."""
        record: Record | None = row.value
        if record is None:
            self._portraits.pop(row.key, None)
            return
        self._portraits[row.key] = row.written or from_record(record)
        if record.forgotten:
            heappush(self._forgotten, (record.forgotten_at_ms or 0, row.key))

    def commit(self) -> None:
        """What was touched stands."""
        self._before.clear()
        self._causes.clear()
        self._own.clear()

    def undo(self) -> None:
        """Back to the last commit."""
        for user_id, portrait in self._before.items():
            if portrait is None:
                self._portraits.pop(user_id, None)
                continue
            self._portraits[user_id] = portrait
            if portrait.blank:
                self._forgotten.append((portrait.forgotten_at_ms or 0, user_id))
        heapify(self._forgotten)
        self.commit()

    def _note(self, user_id: str, portrait: Portrait | None, cause: Cause) -> None:
        strongest = self._causes.get(user_id)
        if strongest is None:
            self._before[user_id] = portrait
            self._causes[user_id] = cause
        elif _STRENGTH[cause] > _STRENGTH[strongest]:
            self._causes[user_id] = cause
