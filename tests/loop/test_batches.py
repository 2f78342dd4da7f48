"""What is decoded at once is what the client decodes, whatever a partition holds."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.errors import CorruptRecordError
from kafka.protocol.consumer import IsolationLevel

from tests.loop.record_batches import (
    ABORT,
    APPEND_TIME,
    CODECS,
    COMMIT,
    HEAD,
    RECORDS,
    Fetched,
    Record,
    batch,
    marker,
    offsets,
    resized,
    sealed,
)


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


@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    at=st.integers(0, 30),
    most=st.integers(1, 7),
)
def test_takes_of_any_size_go_over_the_ends_of_batches(
    sizes: list[int], at: int, most: int
) -> None:
    batches, base = [], 0
    for size in sizes:
        batches.append(batch(base, [Record(2 * n) for n in range(size)]))
        base += 2 * size + 1  # What followed the last record is compacted away.
    assert all(
        len(found) <= most for found, _, _ in Fetched(*batches, at=at).both(most)
    )


def test_a_marker_that_compaction_has_emptied_is_passed_over() -> None:
    none = struct.pack(">i", 0)
    empty = sealed(resized(marker(1, 7, ABORT)[: HEAD - 4] + none), 1)
    head, tail = batch(0, [Record(0)], 7), batch(2, [Record(0)], 8)
    assert offsets(Fetched(head, empty, tail).both()) == [0, 2]


@given(records=RECORDS, share=st.floats(0, 1, exclude_max=True))
def test_a_batch_that_is_cut_off_anywhere_is_told(
    records: list[Record], share: float
) -> None:
    whole = batch(0, [r._replace(offset=n) for n, r in enumerate(records)])
    cut = whole[: HEAD + int(share * (len(whole) - HEAD))]
    with pytest.raises(CorruptRecordError):
        Fetched(sealed(resized(cut), 0)).ours(100)


@given(
    records=RECORDS, share=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255)
)
def test_a_changed_byte_is_told_or_gives_no_more_records(
    records: list[Record], share: float, byte: int
) -> None:
    harmed = bytearray(batch(0, [r._replace(offset=n) for n, r in enumerate(records)]))
    harmed[HEAD + int(share * (len(harmed) - HEAD))] = byte
    try:
        takes = Fetched(sealed(bytes(harmed), 0)).ours(100)
    except CorruptRecordError:
        return
    assert len(offsets(takes)) <= len(records)


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
    with pytest.raises(CorruptRecordError):
        Fetched(harm(whole)).ours(10)
