"""The client's record batches, decoded at once: restoring is little else.

The client takes three times as long, for it makes two objects of each record by calls
of their own. What it knows of transactions, compression and checksums stays its own.
"""

from collections.abc import Iterator, Mapping
from functools import partial
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
    """What was fetched of a partition.

    Args:
        short: Short names of topics by full name.
        args: Those of the client.
        settings: Those of the client.
    """

    def __init__(self, short: Mapping[str, str], *args: Any, **settings: Any) -> None:
        self._short = short
        super().__init__(*args, **settings)

    def _unpack_records(self, tp: Any, records: Any, *_: Any) -> Iterator[Raw]:
        topic = self._short[tp.topic]
        while (batch := records.next_batch()) is not None:
            if self.check_crcs and not batch.validate_crc():
                raise CorruptRecordError(
                    f"{tp} at offset {batch.base_offset}: checksum"
                )
            self.leader_epoch = batch.leader_epoch
            self.bytes_read += batch.size_in_bytes
            if not self._is_left_out(batch):
                for raw in read_batch(batch, topic, tp.partition):
                    self.next_fetch_offset = raw.offset + 1
                    yield raw
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


def read_batch(batch: DefaultRecordBatch, topic: str, partition: int) -> Iterator[Raw]:
    """Records of a batch of version 2, the only one that Kafka 4 has.

    Args:
        batch: Of the client.
        topic: Short name.
        partition: Of the topic.

    Raises:
        CorruptRecordError: it ends elsewhere than its lengths say.
    """
    batch._maybe_uncompress()
    data, at = bytes(batch._buffer), batch._pos
    first, appended_ms = batch.base_offset, batch.max_timestamp
    from_ms = None if batch.timestamp_type else batch.first_timestamp
    known: dict[bytes, Headers] = {}
    try:
        for _ in range(batch.records_count):
            size, at = _varint(data, at)
            end = at + size
            # An attribute of one byte that means nothing.
            delta_ms, at = _varint(data, at + 1)
            delta, at = _varint(data, at)
            key, at = _bytes(data, at)
            value, at = _bytes(data, at)
            tail = data[at:end]
            headers = known.get(tail)
            if headers is None:
                # Mostly those of the record before: one look instead of a reading.
                headers = known[tail] = _headers(tail)
            at = end
            time_ms = appended_ms if from_ms is None else from_ms + delta_ms
            yield Raw(topic, partition, first + delta, time_ms, key, value, headers)
    except (IndexError, ValueError) as error:
        raise CorruptRecordError(f"{topic} at offset {first}: {error!r}") from error
    if at != len(data):
        raise CorruptRecordError(
            f"{topic} at offset {first}: {len(data) - at} bytes left"
        )


def _headers(data: bytes) -> Headers:
    """Names and values; whatever bytes they hold."""
    count, at = _varint(data, 0)
    found = []
    for _ in range(count):
        name, at = _bytes(data, at)
        value, at = _bytes(data, at)
        text = (name or b"").decode(errors="backslashreplace")
        found.append((text, value or b""))  # Null is allowed.
    if at != len(data):
        raise ValueError(f"{len(data) - at} bytes after the headers")
    return tuple(found)


def _bytes(data: bytes, at: int) -> tuple[bytes | None, int]:
    """Bytes behind their number, or None; and where the next field begins."""
    size, at = _varint(data, at)
    if size < 0:
        return None, at
    return data[at : at + size], at + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    r"""A number in zigzag code, and where the next field begins.

    >>> _varint(b"\x05", 0), _varint(b"\xac\x02", 0)
    ((-3, 1), (150, 2))
    """
    byte = data[at]
    value, shift = byte & 127, 7
    at += 1
    while byte > 127:
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
        byte = data[at]
        value |= (byte & 127) << shift
        shift += 7
        at += 1
    return (value >> 1) ^ -(value & 1), at
