"""Polling the client: what it raises, in our words.

Importing this mends the client.

- A header whose name is not UTF-8, which Kafka allows, makes its `poll` raise once and
  then go round for ever. Those who decode at once do not meet it; who audits them reads
  with the bare client.
- Records at hand of a partition that is paused are put aside, and taken up again after
  `resume` only if nothing was read since: a busy consumer never reads that partition
  again, for minutes or for ever, and nothing tells.
- A marker that compaction has emptied, to keep what it says of its producer, ends the
  client's reading of the partition with an error, each time.
- A wait that runs out raises an error and keeps it in a frame that its traceback leads
  to, beside frames that hold what was fetched meanwhile. Each poll that finds nothing
  leaves such a knot, of some 70 objects and what they hold, which only the collector
  undoes; and ours looks rarely: a worker grew for minutes until it came.
"""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from kafka import KafkaConsumer
from kafka.consumer.fetcher import Fetcher
from kafka.errors import (
    CorruptRecordError,
    FencedInstanceIdError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from kafka.net.selector import NetworkSelector
from kafka.record.default_records import DefaultRecordBatch

from pipeline.runtime.faults import BadLog, Fenced, Indefinite, Stop
from pipeline.runtime.offsets import refuse_range
from pipeline.runtime.transport import Raw

SAME_IDENTITY = (
    "another worker has the same ordinal and has taken over: "
    "give each its own --ordinal"
)


def poll(
    consumer: KafkaConsumer,
    short: Mapping[str, str],
    timeout_ms: int,
    max_records: int,
) -> list[Raw]:
    """Read what comes next, of each partition in offset order.

    Args:
        consumer: Of the client, made to `decode_at_once`.
        short: Short names of topics by full name.
        timeout_ms: Longest wait.
        max_records: At most so many.

    Raises:
        Fenced: another member has this identity.
        Indefinite: Kafka does not answer well now.
        Stop: it never will: something is wrong with a topic, or with us.
    """
    try:
        polled = consumer.poll(timeout_ms, max_records)
    except FencedInstanceIdError as error:
        raise Fenced(SAME_IDENTITY) from error
    except (KafkaConnectionError, KafkaTimeoutError):
        return []
    except NoOffsetForPartitionError:
        return []  # Just assigned; the loop has not yet said where to read.
    except OffsetOutOfRangeError as error:
        [(tp, at)] = error.args[0].items()
        refuse_range(short[tp.topic], tp.partition, at, "it is not in the log any more")
    except CorruptRecordError as error:
        # Another poll would go round for ever.
        raise BadLog(
            f"a record is damaged, on the broker's disk or on the way: {error}; "
            "see exit code 5 in deploy/README.md"
        ) from error
    except KafkaError as error:
        if error.retriable:
            raise Indefinite(repr(error)) from error
        raise Stop(f"Kafka gives no records: {error!r}") from error
    return list(chain.from_iterable(polled.values()))


class _Lenient(bytes):
    """Bytes that decode whatever they are, and so do parts of them."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Lenient(found) if isinstance(found, bytes) else found

    def decode(self, encoding: str = "utf-8", errors: str = "") -> str:
        return super().decode(encoding, "backslashreplace")


_read_strictly = DefaultRecordBatch._read_msg


def _read(batch: Any) -> Any:
    try:
        return _read_strictly(batch)
    except UnicodeDecodeError:
        batch._buffer = _Lenient(batch._buffer)
        return _read_strictly(batch)


DefaultRecordBatch._read_msg = _read

_fetched_as_is = Fetcher.fetched_records


def _fetched(fetcher: Any, *args: Any, **settings: Any) -> Any:
    # What was put aside is looked for only if there is None, not if what is is used up.
    if not fetcher._next_partition_records:
        fetcher._next_partition_records = None
    return _fetched_as_is(fetcher, *args, **settings)


Fetcher.fetched_records = _fetched

_marks_abort = Fetcher.PartitionRecords._contains_abort_marker


def _aborts(part: Any, batch: Any) -> bool:
    return bool(batch.records_count > 0 and _marks_abort(part, batch))


Fetcher.PartitionRecords._contains_abort_marker = _aborts
_run_as_is = NetworkSelector.run


def _run(network: Any, *args: Any) -> Any:
    try:
        return _run_as_is(network, *args)
    except KafkaError as error:
        error.__traceback__ = None
        raise


NetworkSelector.run = _run
