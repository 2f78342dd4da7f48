"""Rebuilding what tasks remember from their changelog.

The order matters: first the committed offset (stable), then the changelog's high
watermark as a read_uncommitted client sees it, then reading committed records until the
position is there. Never "last record + 1": control records lie behind it.
"""

from collections import Counter

from pipeline.runtime.intake import hand, row_reader
from pipeline.runtime.newest import Newest
from pipeline.runtime.transport import LogReader
from pipeline.stage import Stage
from topics.spec import TopicSpec

POLL_RECORDS = 5_000


class Recovery:
    """Restores tasks from a changelog, several at a time, a poll at a time.

    What is read is held back, as far as memory allows: of a key only the newest record
    of what is held is decoded.

    Args:
        reader: Of the changelog.
        spec: The changelog.
        whole: Number of its partitions if a task needs all of them, else None.
    """

    def __init__(self, reader: LogReader, spec: TopicSpec, whole: int | None) -> None:
        self._reader = reader
        self._rows = row_reader(spec)
        self._whole = whole
        self._held = Newest(spec)
        self._tasks: dict[int, Stage] = {}
        self._ends: dict[int, int] = {}
        self.rows = 0
        """Rows that were taken, of all time."""
        self.restored: Counter[int] = Counter()
        """Rows by partition, of what was begun last."""

    def begin(self, tasks: dict[int, Stage]) -> None:
        """Restore these tasks, by partition, and no others; their offsets are known.

        Raises:
            Indefinite: the ends are not known; nothing is being restored then.
        """
        self._reader.release(list(self._ends))
        self._ends, self._tasks = {}, {}
        self._held.clear()
        self.restored.clear()
        if tasks:
            partitions = range(self._whole) if self._whole else sorted(tasks)
            self._ends = self._reader.assign(list(partitions))
            self._tasks = dict(tasks)

    def remaining(self) -> int:
        """Records still to be read, about; from any thread."""
        ends = list(self._ends.items())
        return sum(max(0, end - self._reader.position(p)) for p, end in ends)

    def step(self, timeout_ms: int) -> list[int]:
        """Read some; partitions of the tasks that are now restored."""
        if not self._tasks:
            return []
        if self.remaining():
            for raw in self._reader.poll(timeout_ms, POLL_RECORDS):
                self._held.hold(raw)
        done = [p for p in self._tasks if self._is_done(p)]
        if done or self._held.full:
            self._restore()
        for partition in done:
            del self._tasks[partition]
            self._release(partition)
        return done

    def close(self) -> None:
        """Free the reader."""
        self._reader.close()

    def _restore(self) -> None:
        """Have tasks take what is held."""
        read, counts = self._rows, dict.fromkeys(self._ends, 0)
        takes = {p: self._tasks[0 if self._whole else p].restore for p in self._ends}
        for raw in self._held.take():
            partition = raw.partition
            counts[partition] += hand(raw, read(raw), takes[partition])
        self.restored.update(counts)
        self.rows += sum(counts.values())

    def _is_done(self, partition: int) -> bool:
        wanted = self._ends if self._whole else [partition]
        return all(self._reader.position(p) >= self._ends[p] for p in wanted)

    def _release(self, partition: int) -> None:
        gone = list(self._ends) if self._whole else [partition]
        self._reader.release(gone)
        for p in gone:
            self._ends.pop(p, None)
