"""The client's record batches, decoded at once: restoring is little else.

The client takes three times as long, for it makes two objects of each record by calls
of their own. What it knows of transactions, compression and checksums stays its own.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

from kafka import KafkaConsumer
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.protocol.consumer import IsolationLevel
from kafka.record.default_records import DefaultRecordBatch

from pipeline.runtime.transport import Headers, Raw


def decode_at_once(consumer: KafkaConsumer, short: Mapping[str, str]) -> None:
    """Have a consumer's `poll` give records in our words.

    Args:
        consumer: Of the client; its alone is changed.
        short: Short names of topics by full name.
    """
    consumer._fetcher.PartitionRecords = partial(_Records, short)


class _Records(Fetcher.PartitionRecords):  # type: ignore[misc]  # untyped base class
    """What was fetched of a partition; its iterator gives the records of a batch.

    Args:
        short: Short names of topics by full name.
        args, settings: Those of the client.
    """

    def __init__(self, short: Mapping[str, str], *args: Any, **settings: Any) -> None:
        self._short = short
        self._left: Iterator[Raw] = iter(())  # Of a batch.
        super().__init__(*args, **settings)

    def take(self, n: int | None = None) -> list[Raw]:
        """The next records, at most so many; an error is told once they are given."""
        self._maybe_raise_next_inline_exception()
        found: list[Raw] = []
        try:
            while n is None or len(found) < n:
                most = None if n is None else n - len(found)
                taken = list(islice(self._left, most))
                if not taken:
                    self._left = iter(next(self.record_iterator))
                    continue
                found += taken
                self.next_fetch_offset = taken[-1].offset + 1
        except StopIteration:
            return found
        except Exception as error:
            if not found:
                raise
            self._next_inline_exception = error
        return found

    def _maybe_skip_record(self, _: Any) -> bool:
        return False

    def _unpack_records(self, tp: Any, records: Any, *_: Any) -> Iterator[list[Raw]]:
        topic = self._short[tp.topic]
        while (batch := records.next_batch()) is not None:
            if self.check_crcs and not batch.validate_crc():
                where = f"{tp} at offset {batch.base_offset}"
                raise CorruptRecordError(f"{where}: checksum")
            self.leader_epoch = batch.leader_epoch
            self.bytes_read += batch.size_in_bytes
            if not self._is_left_out(batch):
                raws = read_batch(batch, topic, tp.partition)
                if raws and raws[0].offset < self.fetch_offset:
                    raws = [raw for raw in raws if raw.offset >= self.fetch_offset]
                yield raws
            # The batch knows its last offset, also where that record is compacted away.
            self.next_fetch_offset = batch.next_offset
        self.drain()

    def _is_left_out(self, batch: Any) -> bool:
        """Whether a batch is a marker or was aborted; in the client's own order."""
        committed = self.isolation_level == IsolationLevel.READ_COMMITTED
        if committed and batch.has_producer_id():
            self._consume_aborted_transactions_up_to(batch.last_offset)
            if self._contains_abort_marker(batch):
                self.aborted_producer_ids.discard(batch.producer_id)
            elif self._is_batch_aborted(batch):
                return True
        return bool(batch.is_control_batch)


def read_batch(batch: DefaultRecordBatch, topic: str, partition: int) -> list[Raw]:
    """Records of a batch of version 2, the only one that Kafka 4 has.

    Args:
        batch: Of the client.
        topic: Short name.
        partition: Of the topic.

    Raises:
        CorruptRecordError: it ends elsewhere than its lengths say.
    """
    batch._maybe_uncompress()
    data = bytes(batch._buffer)
    try:
        found, end = _walk(batch, data, topic, partition)
        if end != len(data):
            raise ValueError(f"{len(data) - end} bytes left")
    except (IndexError, ValueError) as error:
        where = f"{topic} at offset {batch.base_offset}"
        raise CorruptRecordError(f"{where}: {error!r}") from error
    return found


def _walk(
    batch: DefaultRecordBatch, data: bytes, topic: str, partition: int
) -> tuple[list[Raw], int]:
    """Records, and where they end; a number of one byte is read without a call."""
    at, first, make = batch._pos, batch.base_offset, tuple.__new__
    from_ms, times = batch.first_timestamp, 1
    if batch.timestamp_type:
        from_ms, times = batch.max_timestamp, 0  # All were appended at once.
    known: dict[bytes, Headers] = {}
    found = []
    for _ in range(batch.records_count):
        size, at = data[at], at + 1
        if size > 127:
            size, at = _rest(size, data, at)
        end = at + (size >> 1 ^ -(size & 1))
        # Behind an attribute of one byte that means nothing.
        ms, at = data[at + 1], at + 2
        if ms > 127:
            ms, at = _rest(ms, data, at)
        delta, at = data[at], at + 1
        if delta > 127:
            delta, at = _rest(delta, data, at)
        key, at = _bytes(data, at)
        value, at = _bytes(data, at)
        # Headers are mostly those of the record before: a look instead of a reading.
        tail, at = data[at:end], end
        headers = known.get(tail)
        if headers is None:
            headers = known[tail] = _headers(tail)
        time_ms = from_ms + times * (ms >> 1 ^ -(ms & 1))
        offset = first + (delta >> 1 ^ -(delta & 1))
        fields = topic, partition, offset, time_ms, key, value, headers
        found.append(make(Raw, fields))  # Half the time that `Raw(...)` takes.
    return found, at


def _headers(data: bytes) -> Headers:
    """Names and values; whatever bytes they hold."""
    count, at = data[0], 1
    if count > 127:
        count, at = _rest(count, data, at)
    found = []
    for _ in range(count >> 1):
        name, at = _bytes(data, at)
        value, at = _bytes(data, at)
        text = (name or b"").decode(errors="backslashreplace")
        found.append((text, value or b""))  # Null is allowed.
    if count & 1 or at != len(data):
        raise ValueError(f"headers do not end where they should: {data[:80]!r}")
    return tuple(found)


def _bytes(data: bytes, at: int) -> tuple[bytes | None, int]:
    """Bytes behind their number, or None; and where the next field begins."""
    size, at = data[at], at + 1
    if size > 127:
        size, at = _rest(size, data, at)
    if size & 1:
        return None, at
    end = at + (size >> 1)
    return data[at:end], end


def _rest(value: int, data: bytes, at: int) -> tuple[int, int]:
    r"""A number whose first byte says that there are more; where the next field begins.

    It is in zigzag code: twice what it means, or, of a negative one, less one.

    >>> _rest(0xAC, b"\xac\x02", 1)
    (300, 2)
    """
    shift = 7
    while True:
        byte, at = data[at], at + 1
        # Less one: the mark of the byte before, that there are more.
        value += (byte - 1) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
