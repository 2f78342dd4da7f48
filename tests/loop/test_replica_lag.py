"""How far a replica is behind its topic."""

from pipeline.runtime.clock import ManualClock
from pipeline.runtime.limits import Limits
from pipeline.runtime.memory import MemoryLog, MemoryTransport
from pipeline.runtime.replica import ReplicaReader
from pipeline.runtime.transport import Send
from pipeline.stage import Row
from topics import MODEL
from topics.codec import write_row
from topics.model import ModelRow

INTERVAL_MS = 200
LONG_MS = 500


class Slow:
    """Takes rows, each for a while."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def apply(self, row: Row) -> None:
        self._clock.sleep_ms(LONG_MS)


def test_what_is_unread_and_what_is_read_and_not_yet_taken_is_lag() -> None:
    clock = ManualClock()
    log = MemoryLog({MODEL.name: 1}, clock)
    reader = ReplicaReader(
        MemoryTransport(log).reader(MODEL.name),
        MODEL,
        1,
        Slow(clock),
        clock=clock,
        limits=Limits(replica_ms=INTERVAL_MS),
    )
    reader.step(0, idle=True)
    for n in range(3):
        key = f"item/{n}"
        log.append(Send(MODEL.name, 0, key.encode(), write_row(ModelRow(key, n))))
    assert (reader.position(0), reader.pending, reader.lag) == (0, 0, 3)
    clock.sleep_ms(INTERVAL_MS)
    reader.step(0, idle=False)
    assert (reader.position(0), reader.pending, reader.lag) == (3, 2, 2)
    reader.step(0, idle=False)
    reader.step(0, idle=False)
    assert (reader.pending, reader.lag) == (0, 0)
