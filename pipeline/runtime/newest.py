"""Records that are held back, of each key the newest."""

from collections import OrderedDict
from collections.abc import Iterator

from pipeline.runtime.transport import Raw
from topics.spec import TopicSpec

HELD_BYTES = 64 << 20
"""A segment: what compaction has not looked at yet, where most are superseded."""
RECORD_BYTES = 200
"""What a record takes in memory beside its value."""


class Newest:
    """Holds records until they are taken; what a newer one replaces is never decoded.

    Args:
        spec: Their topic.
    """

    def __init__(self, spec: TopicSpec) -> None:
        # What a newer record replaces an older one by: the key, in a compacted topic.
        # Not in the application's: there the newer one may be unreadable.
        self._by_key = spec.compacted and not spec.public
        # Of a dict the first is ever farther to find, once those before it are gone.
        self._held: OrderedDict[object, Raw] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def full(self) -> bool:
        """Whether no more should be held back: so much was read, superseded or not."""
        return self._bytes > HELD_BYTES

    def hold(self, raw: Raw) -> None:
        """Hold a record, in the place of an older one of its key."""
        name = raw.key if self._by_key else (raw.partition, raw.offset)
        self._held[name] = raw
        self._bytes += RECORD_BYTES + len(raw.value or b"")

    def take(self) -> Iterator[Raw]:
        """Take records out, in the order in which their keys came first."""
        self._bytes = 0
        while self._held:
            yield self._held.popitem(last=False)[1]

    def clear(self) -> None:
        """Hold nothing."""
        self._held.clear()
        self._bytes = 0
