"""Batches as a broker keeps them, and what the client and we read of them."""

import struct
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

from crc32c import crc32c
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.protocol.consumer import IsolationLevel
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords

import pipeline.runtime.kafka.records  # noqa: F401  # mends the client
from pipeline.runtime.kafka.batches import decode_at_once
from pipeline.runtime.transport import Raw

SHORT = {"kairec.t": "t"}
AT = TopicPartition("kairec.t", 3)
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
CRC, ATTRIBUTES, HEAD = 17, 21, 61
APPEND_TIME, CONTROL = 0x08, 0x20
ABORT, COMMIT = (struct.pack(">hh", 0, kind) for kind in (0, 1))

TEXTS = st.text(max_size=3)
BYTES = st.none() | st.binary(max_size=200) | st.just(b"x" * 20_000)
HEADERS = st.lists(st.tuples(TEXTS, st.none() | st.binary(max_size=90)), max_size=3)


class Record(NamedTuple):
    """What a producer appends; the offset counts from the batch's."""

    offset: int
    time_ms: int = 1_700_000_000_000
    key: bytes | None = b"k"
    value: bytes | None = b"v"
    headers: Sequence[tuple[str, bytes | None]] = ()


RECORDS = st.lists(
    st.builds(Record, st.just(0), st.integers(0, 1 << 42), BYTES, BYTES, HEADERS),
    min_size=1,
    max_size=8,
)


def batch(
    base: int,
    records: Sequence[Record],
    producer: int = -1,
    codec: str = "none",
    attributes: int = 0,
) -> bytes:
    """A batch as a broker keeps it; with a producer, one of a transaction."""
    known = 0 if producer >= 0 else -1
    builder = DefaultRecordBatchBuilder(
        2, CODECS[codec], producer >= 0, producer, known, known, 1 << 20
    )
    for r in records:
        builder.append(r.offset, r.time_ms, r.key, r.value, list(r.headers))
    return sealed(builder.build(), base, attributes)


def sealed(built: bytes, base: int, attributes: int = 0) -> bytes:
    """Bytes with the offset, the attributes and the checksum that they shall have."""
    data = bytearray(built)
    data[ATTRIBUTES + 1] |= attributes
    struct.pack_into(">q", data, 0, base)
    struct.pack_into(">I", data, CRC, crc32c(bytes(data[ATTRIBUTES:])))
    return bytes(data)


def resized(data: bytes) -> bytes:
    """Bytes with the length that they shall have."""
    return data[:8] + struct.pack(">i", len(data) - 12) + data[12:]


def marker(base: int, producer: int, kind: bytes) -> bytes:
    """The end of a transaction."""
    return batch(base, [Record(0, 0, kind, b"\0" * 6)], producer, attributes=CONTROL)


class Fetched:
    """A piece of a partition; aborted are first offset and producer of each."""

    def __init__(
        self,
        *batches: bytes,
        at: int = 0,
        aborted: Sequence[tuple[int, int]] = (),
        isolation: int = IsolationLevel.READ_COMMITTED,
    ) -> None:
        self._batches = b"".join(batches)
        self._at = at
        self._settings = {
            "isolation_level": isolation,
            "aborted_transactions": [
                SimpleNamespace(first_offset=first, producer_id=producer)
                for first, producer in aborted
            ],
        }

    def both(self, most: int = 3) -> list[tuple[list[Raw], int, int]]:
        """What each take of ours gives, and where it stands; the client's are equal."""
        ours = self.ours(most)
        assert self.theirs(most) == ours
        return ours

    def ours(self, most: int) -> list[tuple[list[Raw], int, int]]:
        """What each take of ours gives, and where it stands."""
        consumer = SimpleNamespace(_fetcher=SimpleNamespace())
        decode_at_once(consumer, SHORT)
        return self._takes(consumer._fetcher.PartitionRecords, most)

    def theirs(self, most: int) -> list[tuple[list[Raw], int, int]]:
        """What each take of the client gives, in our words."""
        takes = self._takes(Fetcher.PartitionRecords, most)
        return [self._in_our_words(*took) for took in takes]

    def _takes(self, kind: Any, most: int) -> list[tuple[list[Any], int, int]]:
        records = MemoryRecords(self._batches)
        part = kind(self._at, AT, records, **self._settings)
        takes = []
        while part:
            found = part.take(most)
            takes.append((found, part.next_fetch_offset, part.leader_epoch))
        return takes

    @staticmethod
    def _in_our_words(
        found: list[Any], at: int, epoch: int
    ) -> tuple[list[Raw], int, int]:
        raws = []
        for r in found:
            stands = SHORT[r.topic], r.partition, r.offset, r.timestamp
            headers = tuple((name, value or b"") for name, value in r.headers)
            raws.append(Raw(*stands, r.key, r.value, headers))
        return raws, at, epoch


def offsets(takes: list[tuple[list[Raw], int, int]]) -> list[int]:
    return [raw.offset for found, _, _ in takes for raw in found]
