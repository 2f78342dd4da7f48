from pipeline.runtime.clock import ManualClock
from pipeline.runtime.limits import Limits
from pipeline.runtime.memory import MemoryLog, MemoryTransport
from pipeline.runtime.replica import SETTLED_MS, ReplicaReader
from pipeline.runtime.transport import Send
from pipeline.stage import Row
from topics import MODEL
from topics.codec import write_row
from topics.model import ModelRow

INTERVAL_MS = 200


class Seen:
    """Takes note of the rows it is given."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, int]] = []

    def apply(self, row: Row) -> None:
        self.rows.append((row.key, row.value.event_time_ms, row.append_time_ms))


class Ground:
    """A log of model rows, and a reader of it."""

    def __init__(self, waits: bool) -> None:
        self.clock, self.seen = ManualClock(), Seen()
        self.log = MemoryLog({MODEL.name: 2}, self.clock)
        self.reader = ReplicaReader(
            MemoryTransport(self.log).reader(MODEL.name),
            MODEL,
            2,
            self.seen,
            clock=self.clock,
            limits=Limits(replica_ms=INTERVAL_MS),
            waits=waits,
        )

    def write(self, key: str, value: int, partition: int = 0) -> int:
        """Append a row, and let a millisecond pass; gives its append time."""
        at_ms = self.clock.now_ms()
        row = write_row(ModelRow(key, value))
        self.log.append(Send(MODEL.name, partition, key.encode(), row))
        self.clock.sleep_ms(1)
        return at_ms

    def step(self, idle: bool = False) -> list[tuple[str, int]]:
        """Let an interval pass; rows that were taken since the last step."""
        self.clock.sleep_ms(INTERVAL_MS)
        before = len(self.seen.rows)
        self.reader.step(0, idle)
        return [row[:2] for row in self.seen.rows[before:]]


def test_at_the_start_all_rows_are_taken_whenever_they_were_appended() -> None:
    ground = Ground(waits=True)
    ground.write("item/a", 1)
    ground.write("item/b", 2, partition=1)
    assert sorted(ground.step()) == [("item/a", 1), ("item/b", 2)]
    assert ground.reader.ready


def test_rows_wait_until_a_pack_says_how_far_they_may_go() -> None:
    ground = Ground(waits=True)
    ground.step()
    ground.write("item/a", 1)
    pack_ms = ground.clock.now_ms()
    ground.write("item/b", 2, partition=1)
    assert ground.step() == []
    ground.reader.advance(pack_ms)
    assert [row[0] for row in ground.seen.rows] == ["item/a"]
    ground.reader.advance(pack_ms + 1)
    assert [row[0] for row in ground.seen.rows] == ["item/a", "item/b"]


def test_of_a_row_that_was_written_twice_before_the_pack_the_newest_is_taken() -> None:
    ground = Ground(waits=True)
    ground.step()
    ground.write("item/a", 1)
    ground.write("item/a", 2)
    pack_ms = ground.clock.now_ms()
    ground.write("item/a", 3)
    ground.step()
    ground.reader.advance(pack_ms)
    assert [row[:2] for row in ground.seen.rows] == [("item/a", 2)]


def test_while_no_pack_comes_rows_are_taken_once_they_are_old_enough() -> None:
    ground = Ground(waits=True)
    ground.step()
    ground.write("item/a", 1)
    assert ground.step(idle=True) == []
    ground.clock.sleep_ms(SETTLED_MS)
    assert ground.step(idle=False) == []
    assert ground.step(idle=True) == [("item/a", 1)]


def test_a_replica_that_does_not_wait_takes_rows_as_they_come() -> None:
    ground = Ground(waits=False)
    ground.step()
    ground.write("item/a", 1)
    assert ground.step() == [("item/a", 1)]
