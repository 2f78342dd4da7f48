"""Reading a topic without a group: changelogs and replicas."""

from collections.abc import Collection
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from pipeline.runtime.faults import Indefinite
from pipeline.runtime.kafka.batches import decode_at_once
from pipeline.runtime.kafka.client import Timeouts, connection, consumer_settings
from pipeline.runtime.kafka.records import poll
from pipeline.runtime.transport import Raw


class Watermarks:
    """Asks for high watermarks, read uncommitted.

    Under read_committed `end_offsets` is the last *stable* offset, which lies below the
    pending commit of an owner that died.
    """

    def __init__(self, bootstrap_servers: str, timeouts: Timeouts) -> None:
        settings = consumer_settings(timeouts) | {"isolation_level": "read_uncommitted"}
        self._timeouts = timeouts
        self._consumer: Any = KafkaConsumer(
            group_id=None, **settings, **connection(bootstrap_servers, "kairec.ends")
        )

    def ask(self, topic: str, partitions: Collection[int]) -> dict[int, int]:
        """High watermark by partition; `topic` is the full name."""
        wanted = [TopicPartition(topic, p) for p in partitions]
        try:
            ends = self._consumer.end_offsets(wanted, timeout_ms=self._timeouts.init_ms)
        except KafkaError as error:
            raise Indefinite(f"end of {topic} unknown: {error!r}") from error
        return {tp.partition: offset for tp, offset in ends.items()}

    def close(self) -> None:
        """Close the client."""
        self._consumer.close(timeout_ms=1_000)


class KafkaReader:
    """Reads partitions of one topic from their beginning, read_committed.

    Args:
        bootstrap_servers: `host:port,...`.
        topic: Full name.
        short: Short name.
        watermarks: Where to ask for the ends.
        timeouts: Limits.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topic: str,
        short: str,
        watermarks: Watermarks,
        timeouts: Timeouts,
    ) -> None:
        self._topic = topic
        self._short = {topic: short}
        self._watermarks = watermarks
        self._reading: list[TopicPartition] = []
        self._consumer: Any = KafkaConsumer(
            group_id=None,
            **consumer_settings(timeouts),
            **connection(bootstrap_servers, f"{topic}.reader"),
        )
        decode_at_once(self._consumer, self._short)

    def assign(self, partitions: Collection[int]) -> dict[int, int]:
        """Read these too; their high watermarks as of now."""
        new = [TopicPartition(self._topic, p) for p in partitions]
        ends = self._watermarks.ask(self._topic, partitions)
        self._reading += [tp for tp in new if tp not in self._reading]
        self._consumer.assign(self._reading)
        self._consumer.seek_to_beginning(*new)
        return ends

    def release(self, partitions: Collection[int]) -> None:
        """Read these no more."""
        self._reading = [tp for tp in self._reading if tp.partition not in partitions]
        self._consumer.assign(self._reading)

    def poll(self, timeout_ms: int, max_records: int) -> list[Raw]:
        """Read what comes next."""
        if not self._reading:
            return []
        return poll(self._consumer, self._short, timeout_ms, max_records)

    def position(self, partition: int) -> int:
        """Next offset to read; 0 while it is not yet known."""
        tp = TopicPartition(self._topic, partition)
        state = self._consumer._subscription.assignment.get(tp)
        if state is None or state.position is None:
            return 0
        return int(state.position.offset)

    def behind(self) -> int:
        """High watermarks of the last fetches minus positions."""
        total = 0
        for tp in self._reading:
            state = self._consumer._subscription.assignment.get(tp)
            if state is None or state.position is None or state.highwater is None:
                continue
            total += max(0, state.highwater - state.position.offset)
        return total

    def close(self) -> None:
        """Close the client."""
        self._consumer.close(timeout_ms=1_000)
