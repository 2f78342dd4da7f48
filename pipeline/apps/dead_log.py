"""Reading a topic to where it ends now, pending transactions included."""

import time
from collections.abc import Collection, Iterator

from pipeline.runtime.faults import Indefinite, NoKafka
from pipeline.runtime.transport import LogReader, Raw, Transport

POLL_MS = 500
POLL_RECORDS = 2_000
PATIENCE_S = 45.0
"""Longer than a transaction that somebody left open can last."""


def partitions_of(transport: Transport, topic: str) -> int:
    """Number of partitions of a topic; a dead-letter topic has those of its own."""
    return transport.partitions(topic.removesuffix(".dlq"))


def read_all(
    transport: Transport, topic: str, partitions: Collection[int]
) -> Iterator[Raw]:
    """Committed records from the beginning to the high watermark as of now.

    Other readers stop at the last stable offset: what lies behind a transaction that is
    still open they do not see, though it may be committed long since. Here that is
    waited for, so that what is not found is not there.

    Args:
        transport: Kafka, or memory.
        topic: Short name; `.dlq` included.
        partitions: Which; each one's records come in the order of their offsets.

    Raises:
        NoKafka: nothing comes any more, though the end is not reached.
    """
    reader = transport.reader(topic)
    try:
        ends = reader.assign(partitions)
        last_s = time.monotonic()
        while any(reader.position(p) < end for p, end in ends.items()):
            records = _poll(reader)
            if records:
                last_s = time.monotonic()
            elif time.monotonic() - last_s > PATIENCE_S:
                raise NoKafka(
                    f"{topic} cannot be read to its end: is Kafka up, or a "
                    "transaction open?"
                )
            yield from (r for r in records if r.offset < ends[r.partition])
    finally:
        reader.close()


def _poll(reader: LogReader) -> list[Raw]:
    try:
        return reader.poll(POLL_MS, POLL_RECORDS)
    except Indefinite:
        return []
