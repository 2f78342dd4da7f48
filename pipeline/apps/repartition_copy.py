"""Copying the newest value of each key to where it belongs among other partitions."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from pipeline.apps.dead_log import read_all
from pipeline.runtime.failpoints import Failpoint
from pipeline.runtime.intake import read_public
from pipeline.runtime.transport import Raw, Send, Sink, Transport
from topics import MODEL, USERS
from topics.dead_letters import HEADER_REPLAYED, HEADER_SOURCE, InvalidRecord
from topics.model import ITEM, TOTALS
from topics.origin import HEADER_BROUGHT
from topics.partitioning import partition_of
from topics.spec import TopicSpec

BATCH = 2_000
BATCH_BYTES = 8 << 20
Advance = Callable[[int], None]
"""Told how many more records are done."""


@dataclass(slots=True)
class Held:
    """What a topic holds, in figures that do not depend on the order of records.

    Args:
        keys: How many.
        size: Bytes of their values.
        digest: Sum of a hash of 64 bits of each key and value.
    """

    keys: int = 0
    size: int = 0
    digest: int = 0

    def add(self, key: bytes, value: bytes) -> None:
        """Take a key with its value."""
        hashed = blake2b(value, digest_size=8, key=blake2b(key).digest()).digest()
        self.keys += 1
        self.size += len(value)
        self.digest = (self.digest + int.from_bytes(hashed)) % (1 << 64)


class Batches:
    """Sends records, so many in a transaction: a run that was replaced sends no more.

    Args:
        sink: Of the new deployment.
        fail: Where tests let it die.
    """

    def __init__(self, sink: Sink, fail: Failpoint) -> None:
        self._sink = sink
        self._fail = fail
        self._count = self._bytes = 0

    def send(self, record: Send) -> None:
        """Send one; commit when enough are sent."""
        if not self._count:
            self._sink.begin()
        self._sink.send(record)
        self._count += 1
        self._bytes += record.size
        if self._count == BATCH or self._bytes >= BATCH_BYTES:
            self.end()

    def end(self) -> None:
        """Commit what was sent."""
        if self._count:
            self._sink.flush()
            self._fail("before_commit")
            self._sink.commit()
            self._fail("after_commit")
        self._count = self._bytes = 0


def home_of(spec: TopicSpec, key: str, partitions: int) -> int:
    """Partition in which the workers look for a key.

    A row of an item lies with its item, and totals where their number says.

    >>> home_of(MODEL, "totals/3", 4), home_of(MODEL, "item/21", 1000)
    (3, 340)
    """
    kind, _, rest = key.partition("/")
    if spec is MODEL and kind == ITEM:
        return partition_of(rest, partitions)
    if spec is MODEL and kind == TOTALS:
        return int(rest)
    return partition_of(key, partitions)


def is_totals(raw: Raw) -> bool:
    """Whether a row of the model counts a partition: it belongs to no key."""
    return raw.topic == MODEL.name and (raw.key or b"").startswith(b"totals/")


class Copier:
    """Copies compacted topics of a deployment.

    Totals of partitions are of no key, and kept apart. A null that forgot a user is
    copied, for dead letters must not bring the user back; other nulls are not.

    Args:
        old: Of the deployment that is copied.
        base: How its topics are called.
        batches: Take the copies.
        partitions: Of the new deployment.
    """

    def __init__(
        self, old: Transport, base: str, batches: Batches, partitions: int
    ) -> None:
        self._old = old
        self._base = base
        self._batches = batches
        self._partitions = partitions
        self.totals: list[Raw] = []

    def copy(
        self, spec: TopicSpec, advance: Advance, left_out: Collection[str]
    ) -> Held:
        """Copy a topic; a partition's records in their order.

        Args:
            spec: Which.
            advance: Told of each record that was read; each is read twice.
            left_out: Keys that are not copied.

        Returns:
            What there is to be found in the copy.
        """
        newest = self._newest(spec, advance, left_out)
        held = Held()
        for raw in self._records(spec, advance):
            key, value = raw.key or b"", raw.value
            if newest.get(key) != (raw.partition, raw.offset):
                continue
            if is_totals(raw):
                self.totals.append(raw)
                continue
            if value is not None:
                held.add(key, value)
            self._batches.send(self._copied(spec, raw))
        self._batches.end()
        return held

    def _newest(
        self, spec: TopicSpec, advance: Advance, left_out: Collection[str]
    ) -> dict[bytes, tuple[int, int]]:
        """Partition and offset of the newest record of each key."""
        newest: dict[bytes, tuple[int, int]] = {}
        for raw in self._records(spec, advance):
            key = raw.key or b""
            if raw.value is None and spec is not USERS:
                newest.pop(key, None)
            elif key.decode() not in left_out:
                newest[key] = raw.partition, raw.offset
        return newest

    def _records(self, spec: TopicSpec, advance: Advance) -> Iterator[Raw]:
        """Records that have, or had, an effect: read as the workers read them."""
        count = self._old.partitions(spec.name)
        for raw in read_all(self._old, spec.name, range(count)):
            advance(1)
            try:
                key = read_public(spec, raw)[0] if spec.public else _text(raw)
            except InvalidRecord:
                continue
            if raw.key is not None and home_of(spec, key, count) == raw.partition:
                yield raw

    def _copied(self, spec: TopicSpec, raw: Raw) -> Send:
        """The record for the new deployment: where it stood is another log's."""
        key = _text(raw)
        ours = (HEADER_SOURCE, HEADER_REPLAYED, HEADER_BROUGHT)
        headers = [pair for pair in raw.headers if pair[0] not in ours]
        if not spec.public:
            stood = f"{self._base}.{raw.topic}-{raw.partition}-{raw.offset}"
            headers.append((HEADER_BROUGHT, stood.encode()))
        home = home_of(spec, key, self._partitions)
        return Send(spec.name, home, raw.key, raw.value, tuple(headers))


def _text(raw: Raw) -> str:
    return (raw.key or b"").decode()
