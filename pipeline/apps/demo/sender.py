"""Sending the stream on a thread of its own."""

import threading
from collections import deque
from collections.abc import Iterable

from pipeline.apps.lines import Outgoing
from pipeline.apps.manifest import Manifest
from pipeline.apps.replay import send_all
from pipeline.apps.tempo import Tempo
from pipeline.runtime.kafka.plain import Producer
from topics.spec import Position

KEPT = 5_000


class Sender:
    """Sends records, and remembers when each was handed over.

    Args:
        records: In the order in which they are sent.
        producer: Where to.
        tempo: How fast.
    """

    def __init__(
        self, records: Iterable[Outgoing], producer: Producer, tempo: Tempo
    ) -> None:
        self._records = records
        self._producer = producer
        self._tempo = tempo
        self._stopping = threading.Event()
        self._failure: BaseException | None = None
        self._manifest: Manifest | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.handed_over = 0
        self.delivered: deque[tuple[str, int, int]] = deque()
        """User, offset, time of sending; taken from the left by whoever measures."""
        self.kept: dict[Position, bytes] = {}
        """The newest records, where they stand: to show what a list comes after."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finished(self) -> Manifest | None:
        """What was acknowledged, once all was; None until then.

        Raises:
            Undelivered: or whatever else ended it.
        """
        if self._failure is not None:
            raise self._failure
        return self._manifest

    def stop(self) -> None:
        """Send no more."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=3)

    def _run(self) -> None:
        try:
            self._manifest = send_all(
                self._records,
                self._producer,
                self._tempo,
                stopping=self._stopping.is_set,
                progress=self._count,
                delivered=self._take,
            )
        except BaseException as error:  # told to the thread that asks
            self._failure = error

    def _count(self) -> None:
        self.handed_over += 1

    def _take(self, record: Outgoing, position: Position, sent_ms: int) -> None:
        user = record.key or ""
        self.delivered.append((user, position.offset, sent_ms))
        self.kept[position] = record.value
        if len(self.kept) > KEPT:
            del self.kept[next(iter(self.kept))]
