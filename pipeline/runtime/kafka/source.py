"""The group consumer."""

from collections.abc import Collection, Mapping
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import KafkaError

from pipeline.runtime.faults import Indefinite
from pipeline.runtime.kafka.batches import decode_at_once
from pipeline.runtime.kafka.client import Timeouts, connection, consumer_settings
from pipeline.runtime.kafka.member import Member, Notes
from pipeline.runtime.kafka.records import poll
from pipeline.runtime.offsets import check_partitions
from pipeline.runtime.transport import Bounds, Committed, Raw


class KafkaSource:
    """A member of a consumer group, with Range assignment.

    Range with identical subscriptions and equal partition counts gives a member the
    same partitions of each topic; sticky assignors tear co-partitioned topics apart.

    Args:
        bootstrap_servers: `host:port,...`.
        group: Full name of the group.
        topics: Full names of the topics by short name.
        timeouts: Limits.
        instance_id: Makes a static member, which keeps its partitions over a restart.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        group: str,
        topics: Mapping[str, str],
        timeouts: Timeouts,
        instance_id: str | None,
    ) -> None:
        self._full = dict(topics)
        self._short = {full: short for short, full in topics.items()}
        self._timeouts = timeouts
        self._notes = Notes()
        self._consumer: Any = KafkaConsumer(
            group_id=group,
            group_instance_id=instance_id,
            partition_assignment_strategy=[RangePartitionAssignor],
            session_timeout_ms=timeouts.session_ms,
            heartbeat_interval_ms=max(200, min(1_000, timeouts.session_ms // 10)),
            max_poll_interval_ms=300_000,
            # The loop says where to read; an offset that is not there is a fault.
            **(consumer_settings(timeouts) | {"auto_offset_reset": "none"}),
            **connection(bootstrap_servers, group),
        )
        self._member = Member(self._consumer, topics.values(), instance_id)
        decode_at_once(self._consumer, self._short)
        self._consumer.subscribe(sorted(topics.values()), listener=self._notes)

    @property
    def rebalances(self) -> int:
        """Changes of assignment so far."""
        return self._notes.changes

    @property
    def joined(self) -> bool:
        """Whether an assignment is in force."""
        return self._notes.joined

    def poll(self, timeout_ms: int, max_records: int) -> list[Raw]:
        """Read what comes next, of each partition in offset order."""
        self._member.go_on()
        found = poll(self._consumer, self._short, timeout_ms, max_records)
        self._member.check_identity()
        return found

    def assignment(self) -> frozenset[int]:
        """Partitions assigned now."""
        return frozenset(tp.partition for tp in self._consumer.assignment())

    def membership(self) -> object:
        """Group metadata as of now."""
        return self._consumer.group_metadata()

    def bounds(self, partitions: Collection[int]) -> Bounds:
        """First offsets and last stable ones."""
        wanted, limit_ms = self._all(partitions), self._timeouts.init_ms
        try:
            there = self._consumer.topics()
            if gone := [full for full in self._short if full not in there]:
                raise Indefinite(f"{', '.join(gone)}: no such topic, any more or yet")
            first = self._consumer.beginning_offsets(wanted, timeout_ms=limit_ms)
            end = self._consumer.end_offsets(wanted, timeout_ms=limit_ms)
        except KafkaError as error:
            raise Indefinite(f"what the topics hold is unknown: {error!r}") from error
        return {
            (self._short[tp.topic], tp.partition): (first[tp], end[tp]) for tp in wanted
        }

    def committed(self, partitions: Collection[int]) -> Committed:
        """Committed offsets; the broker waits for pending transactions first.

        Raises:
            Indefinite: Kafka does not answer well now.
            BadTopics: a topic had other partitions when they were committed.
        """
        wanted, coordinator = self._all(partitions), self._consumer._coordinator
        # An answer that the client did not wait for it gives to the next who asks the
        # same, however much later: those offsets have been passed since.
        coordinator._offset_fetch_futures.pop(frozenset(wanted), None)
        try:
            found = coordinator.fetch_committed_offsets(
                wanted, timeout_ms=self._timeouts.init_ms
            )
        except KafkaError as error:
            raise Indefinite(f"committed offsets unknown: {error!r}") from error
        for tp, at in found.items():
            now = len(self._consumer.partitions_for_topic(tp.topic) or ())
            check_partitions(self._short[tp.topic], at.metadata, now)
        return {
            (self._short[tp.topic], tp.partition): (
                found[tp].offset if tp in found else None
            )
            for tp in wanted
        }

    def positions(self, partitions: Collection[int]) -> dict[tuple[str, int], int]:
        """Next offsets to read, of those partitions that have one."""
        found = {}
        for tp in self._all(partitions):
            state = self._consumer._subscription.assignment.get(tp)
            if state is not None and state.position is not None:
                found[self._short[tp.topic], tp.partition] = state.position.offset
        return found

    def seek(self, topic: str, partition: int, offset: int | None) -> None:
        """Go to an offset; None is the beginning."""
        tp = TopicPartition(self._full[topic], partition)
        if offset is None:
            self._consumer.seek_to_beginning(tp)
        else:
            self._consumer.seek(tp, offset)

    def pause(self, partitions: Collection[int]) -> None:
        """Give no records of these."""
        self._consumer.pause(*self._assigned(partitions))

    def resume(self, partitions: Collection[int]) -> None:
        """Give records of these again."""
        self._consumer.resume(*self._assigned(partitions))

    def unread(self) -> dict[tuple[str, int], tuple[int, int]]:
        """Positions, and high watermarks of the last fetches minus positions."""
        found = {}
        for tp in self._consumer.assignment():
            state = self._consumer._subscription.assignment.get(tp)
            if state is None or state.position is None or state.highwater is None:
                continue
            at = state.position.offset
            found[self._short[tp.topic], tp.partition] = (
                at,
                max(0, state.highwater - at),
            )
        return found

    def behind(self) -> int:
        """Records not yet read; asked in every turn of the loop."""
        total = 0
        for state in list(self._consumer._subscription.assignment.values()):
            if state.position is not None and state.highwater is not None:
                total += max(0, state.highwater - state.position.offset)
        return total

    def silent_ms(self) -> int:
        """Since the last heartbeat that was answered, or the last join."""
        return self._member.silent_ms()

    def close(self) -> None:
        """Leave the group, unless a static member: its restart shall cause no join."""
        try:
            self._consumer.close(autocommit=False, timeout_ms=3_000)
        except KafkaError:
            return  # The session ends by its time-out.

    def _all(self, partitions: Collection[int]) -> list[TopicPartition]:
        return [TopicPartition(t, p) for p in partitions for t in self._short]

    def _assigned(self, partitions: Collection[int]) -> list[TopicPartition]:
        assigned = self._consumer.assignment()
        return [tp for tp in self._all(partitions) if tp in assigned]
