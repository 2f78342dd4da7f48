"""Reading the lists on a thread of its own, as an application would."""

import threading
from collections import deque
from dataclasses import dataclass

from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka.tail import Reader
from pipeline.runtime.transport import Raw
from topics import EVENTS, RECOMMENDATIONS, codec
from topics.recommendations import DEFAULT_USER
from topics.spec import Position

POLL_MS = 100


@dataclass(frozen=True, slots=True)
class _Head:
    """As much of a list as is needed of every one."""

    source: Position


class Listener:
    """Reads committed lists from where the topic ended when it began.

    Args:
        reader: Of `recommendations`.
        clock: Stamps each list.
    """

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._stopping = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.lists = 0
        self.users: set[str] = set()
        self.seen: deque[tuple[str, int, int]] = deque()
        """User, offset of the event, time; taken from the left by whoever measures."""
        self.watching: frozenset[str] = frozenset()
        self.watched: dict[str, Raw] = {}
        self.newest: Raw | None = None

    def start(self) -> None:
        """Begin."""
        bounds = self._reader.bounds(RECOMMENDATIONS.name)
        self._reader.assign({at: end for at, (_, end) in bounds.items()})
        self._thread.start()

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Read no more."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=3)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                for record in self._reader.poll(POLL_MS):
                    self._take(record, self._clock.monotonic_ms())
        except BaseException as error:  # told to the thread that asks
            self._failure = error

    def _take(self, record: Raw, seen_ms: int) -> None:
        user = (record.key or b"").decode()
        if record.value is None or user == DEFAULT_USER:
            return
        self.lists += 1
        self.users.add(user)
        source = codec.read_as(_Head, record.value).source
        if source.topic == EVENTS.name:
            self.seen.append((user, source.offset, seen_ms))
        self.newest = record
        if user in self.watching:
            self.watched[user] = record
