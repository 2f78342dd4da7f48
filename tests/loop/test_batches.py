"""What is decoded at once is what the client decodes, whatever a partition holds."""

import struct
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from crc32c import crc32c
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.protocol.consumer import IsolationLevel
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords

import pipeline.runtime.kafka.records  # noqa: F401  # mends the client
from pipeline.runtime.kafka.batches import decode_at_once
from pipeline.runtime.transport import Raw

SHORT = {"kairec.t": "t"}
AT = TopicPartition("kairec.t", 3)
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
CRC, ATTRIBUTES = 17, 21
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
        consumer = SimpleNamespace(_fetcher=SimpleNamespace())
        decode_at_once(consumer, SHORT)
        ours = self._takes(consumer._fetcher.PartitionRecords, most)
        theirs = self._takes(Fetcher.PartitionRecords, most)
        assert [self._in_our_words(*took) for took in theirs] == ours
        return ours

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


@pytest.mark.parametrize("codec", CODECS)
@given(records=RECORDS, by_append_time=st.booleans())
def test_any_record_is_read_as_the_client_reads_it(
    codec: str, records: list[Record], by_append_time: bool
) -> None:
    numbered = [r._replace(offset=2 * n) for n, r in enumerate(records)]
    attributes = APPEND_TIME if by_append_time else 0
    data = batch(1 << 33, numbered, 7, codec, attributes)
    found = offsets(Fetched(data).both())
    assert found == [(1 << 33) + r.offset for r in numbered]


def test_aborted_transactions_and_markers_are_left_out() -> None:
    fetched = (
        batch(0, [Record(0), Record(1)], producer=7),
        batch(2, [Record(0)], producer=8),
        marker(3, 7, ABORT),
        batch(4, [Record(0)], producer=7),
        batch(5, [Record(0)]),
        marker(6, 8, ABORT),
        batch(7, [Record(0)], producer=8),
        marker(8, 7, COMMIT),
        marker(9, 8, COMMIT),
    )
    aborted = [(0, 7), (2, 8)]
    takes = Fetched(*fetched, aborted=aborted).both()
    assert (offsets(takes), takes[-1][1]) == ([4, 5, 7], 10)
    every = Fetched(*fetched, isolation=IsolationLevel.READ_UNCOMMITTED).both()
    assert offsets(every) == [0, 1, 2, 4, 5, 7]


def test_what_compaction_took_is_passed_over() -> None:
    head = batch(0, [Record(3), Record(9)], producer=7)
    takes = Fetched(head, batch(40, [Record(0)]), at=5).both(most=1)
    assert offsets(takes) == [9, 40]
    assert takes[-1][1] == 41


def test_a_name_that_is_no_text_is_told_with_backslashes() -> None:
    built = batch(0, [Record(0, headers=[("né", b"1")])])
    data = sealed(built.replace("né".encode(), b"\xff\xfe\xfd"), 0)
    [(found, _, _), *_] = Fetched(data).both()
    assert found[0].headers == (("\\xff\\xfe\\xfd", b"1"),)


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[:-1] + b"\xff",
        lambda data: sealed(data[:57] + struct.pack(">i", 1) + data[61:], 0),
        lambda data: sealed(data[:61] + b"\xff" * 10 + data[71:], 0),
        lambda data: sealed(data[:61] + b"\x02" + data[62:], 0),
        lambda data: sealed(data.replace(b"kkk\x02v", b"kkk\x7ev"), 0),
        lambda data: sealed(data[:-1] + b"\x02", 0),
    ],
    ids=["checksum", "count", "number", "size", "value", "headers"],
)
def test_a_damaged_batch_is_told_as_damaged(harm: Any) -> None:
    whole = batch(0, [Record(0, key=b"kkk"), Record(1, key=b"kkk")])
    consumer = SimpleNamespace(_fetcher=SimpleNamespace())
    decode_at_once(consumer, SHORT)
    part = consumer._fetcher.PartitionRecords(0, AT, MemoryRecords(harm(whole)))
    with pytest.raises(CorruptRecordError):
        while part:
            part.take(10)
