"""A static member is handed what its group has on record, be it nothing.

A leader that does not know the topics yet, as when they were made a moment ago, gives
nobody anything. Killed before it asks again, it leaves that on record for its next
life.
"""

import time
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer
from kafka.coordinator.assignors.range import RangePartitionAssignor

from pipeline.runtime.kafka.client import Timeouts, connection, consumer_settings
from pipeline.runtime.kafka.source import KafkaSource
from tests.integration.clients import make_topics, poll_until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]
TIMEOUTS = Timeouts(session_ms=30_000)
INSTANCE = "update-0"


def bare_member(servers: str, group: str, topics: list[str]) -> Any:
    """A static member of the bare client, which has joined."""
    consumer: Any = KafkaConsumer(
        *topics,
        group_id=group,
        group_instance_id=INSTANCE,
        partition_assignment_strategy=[RangePartitionAssignor],
        session_timeout_ms=TIMEOUTS.session_ms,
        **consumer_settings(TIMEOUTS),
        **connection(servers, group),
    )
    poll_until(lambda: consumer.poll(100), consumer._coordinator.stable)
    return consumer


def given(consumer: Any) -> set[str]:
    """Topics of which it has partitions."""
    return {tp.topic for tp in consumer.assignment()}


@pytest.mark.parametrize("known", [0, 1], ids=["no topic", "one topic of two"])
def test_a_static_member_that_is_handed_too_little_joins_once_more(
    bootstrap_servers: str, known: int
) -> None:
    group = f"handed.{uuid4().hex[:8]}"
    topics = [f"{group}.{n}" for n in range(2)]
    if known:
        make_topics(bootstrap_servers, topics[:known], partitions=2)
    first = bare_member(bootstrap_servers, group, topics)
    poll_until(lambda: first.poll(100), lambda: given(first) == set(topics[:known]))
    first.close()  # It does not leave the group: it is static.
    make_topics(bootstrap_servers, topics[known:], partitions=2)

    second = bare_member(bootstrap_servers, group, topics)
    knows = second._coordinator._cluster.partitions_for_topic
    poll_until(lambda: second.poll(100), lambda: all(map(knows, topics)))
    for _ in range(20):
        second.poll(100)
    assert given(second) == set(topics[:known])
    second.close()

    names = {f"t{n}": topic for n, topic in enumerate(topics)}
    ours = KafkaSource(bootstrap_servers, group, names, TIMEOUTS, INSTANCE)
    poll_until(
        lambda: ours.poll(100, 100), lambda: len(ours._consumer.assignment()) == 4
    )
    ours.close()


def test_a_member_that_is_spare_joins_once_more_and_no_more(
    bootstrap_servers: str,
) -> None:
    group = f"spare.{uuid4().hex[:8]}"
    topics = [f"{group}.{n}" for n in range(2)]
    make_topics(bootstrap_servers, topics, partitions=2)
    names = {f"t{n}": topic for n, topic in enumerate(topics)}
    members = [
        KafkaSource(bootstrap_servers, group, names, TIMEOUTS, f"update-{n}")
        for n in range(3)
    ]
    deadline_s = time.monotonic() + 30
    quiet = 0
    while quiet < 30:  # Rounds in a row in which nobody has joined.
        assert time.monotonic() < deadline_s
        before = [member.rebalances for member in members]
        for member in members:
            member.poll(100, 100)
        same = before == [member.rebalances for member in members]
        quiet = quiet + 1 if same and all(m.joined for m in members) else 0
    assert sorted(len(member.assignment()) for member in members) == [0, 1, 1]
    for member in members:
        member.close()
