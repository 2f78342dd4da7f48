"""A partition that Kafka forgot to tell of a transaction's end, and what we do then.

The first tests take a partition's leader away; that is how it happens. The others make
the client write to a partition of which it does not tell the coordinator: what stands
in the log is the same, and it takes one node.
"""

import contextlib
import gc
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from pipeline.runtime.broker.node import LocalKafka
from pipeline.runtime.faults import Indefinite
from pipeline.runtime.kafka.client import connection, producer_settings
from pipeline.runtime.kafka.sink import KafkaSink
from pipeline.runtime.transport import Send
from tests.integration.clients import new_topics
from tests.integration.test_client_facts import SHORT, values
from tests.second_node import SecondNode

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def forgetful(local_kafka: Callable[[], LocalKafka]) -> LocalKafka:
    """A Kafka that takes records of which its coordinator knows nothing."""
    kafka = local_kafka()
    admin: Any = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    unchecked = {"transaction.partition.verification.enable": "false"}
    admin.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", unchecked)])
    admin.close()
    return kafka


@pytest.fixture
def broker(forgetful: LocalKafka) -> Iterator[LocalKafka]:
    forgetful.start()
    yield forgetful
    with warnings.catch_warnings():
        # The client leaves sockets whose connection was refused to the collector.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def topic(broker: LocalKafka) -> str:
    return new_topics(broker.bootstrap_servers, 1)[0]


@pytest.fixture(scope="module")
def first(local_kafka: Callable[[], LocalKafka]) -> LocalKafka:
    """A node that coordinates all transactions."""
    kafka = local_kafka()
    bare(kafka.bootstrap_servers, uuid4().hex).close()  # Kafka makes its own topic.
    return kafka


@pytest.fixture(scope="module")
def second(
    first: LocalKafka, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SecondNode]:
    with SecondNode(first, tmp_path_factory.mktemp("second")) as node:
        yield node


@pytest.fixture
def led_by_second(first: LocalKafka, second: SecondNode) -> str:
    """A topic whose partition the second node leads."""
    admin: Any = KafkaAdminClient(bootstrap_servers=first.bootstrap_servers)
    name = f"leftovers.{uuid4().hex[:8]}"
    placed = {"assignments": {0: [second.NODE_ID]}}
    admin.create_topics({name: placed}, wait_for_metadata=True)
    admin.close()
    return name


def wait_until_without_leader(servers: str, topic: str) -> None:
    admin: Any = KafkaAdminClient(bootstrap_servers=servers)
    deadline, leader = time.monotonic() + 30, 0
    while leader >= 0:
        assert time.monotonic() < deadline
        with contextlib.suppress(KafkaError):  # It may ask the dead one.
            leader = admin.describe_topics([topic])[0]["partitions"][0]["leader_id"]
        time.sleep(0.1)
    admin.close()


def bare(servers: str, name: str) -> Any:
    """The client alone, its transactional id taken."""
    made: Any = KafkaProducer(
        transactional_id=name, **producer_settings(SHORT), **connection(servers, name)
    )
    made.init_transactions()
    made.begin_transaction()
    return made


def untold(producer: Any, *partitions: TopicPartition) -> None:
    """Have the coordinator not hear of these partitions."""
    producer._transaction_manager._partitions_in_transaction.update(partitions)


def sink(servers: str, topic: str, name: str) -> KafkaSink:
    return KafkaSink(
        servers, name, {"t": topic}, timeouts=SHORT, in_flight_bytes=1 << 20
    )


def write(ours: KafkaSink, value: bytes) -> None:
    ours.begin()
    ours.send(Send("t", 0, None, value))
    ours.flush()
    ours.commit()


def test_kafka_tells_a_partition_without_leader_nothing_of_an_abort(
    first: LocalKafka, second: SecondNode, led_by_second: str
) -> None:
    servers, name = first.bootstrap_servers, uuid4().hex
    attempt = bare(servers, name)
    attempt.send(led_by_second, b"given up", partition=0).get(10)
    second.kill()
    wait_until_without_leader(servers, led_by_second)
    attempt._sender.force_close()
    bare(servers, name)._sender.force_close()  # It aborts what was pending.
    second.start()
    again = bare(servers, name)
    again.send(led_by_second, b"done again", partition=0).get(10)
    again.commit_transaction()
    again.close()
    # Once this fails, Kafka is mended, and `leftovers` has nothing to do.
    assert values(servers, led_by_second) == [b"given up", b"done again"]


def test_our_sink_writes_the_abort_that_kafka_did_not(
    first: LocalKafka, second: SecondNode, led_by_second: str
) -> None:
    servers, name = first.bootstrap_servers, uuid4().hex
    ours = sink(servers, led_by_second, name)
    ours.reset()
    ours.begin()
    ours.send(Send("t", 0, None, b"given up"))
    ours.flush()
    second.kill()
    wait_until_without_leader(servers, led_by_second)
    with pytest.raises(Indefinite, match="leader"):
        ours.reset()
    second.start()
    ours.reset()
    write(ours, b"done again")
    assert values(servers, led_by_second) == [b"done again"]
    ours.close()


def test_our_sink_writes_the_commit_that_kafka_did_not(
    first: LocalKafka, second: SecondNode, led_by_second: str
) -> None:
    servers, name = first.bootstrap_servers, uuid4().hex
    ours = sink(servers, led_by_second, name)
    ours.reset()
    ours.begin()
    ours.send(Send("t", 0, None, b"committed"))
    ours.flush()
    second.kill()
    wait_until_without_leader(servers, led_by_second)
    ours.commit()  # The coordinator lives; the partition never hears of it.
    second.start()
    ours.reset()
    ours.begin()
    ours.send(Send("t", 0, None, b"given up"))
    ours.flush()
    ours.reset()
    assert values(servers, led_by_second) == [b"committed"]
    ours.close()


def test_what_was_left_open_joins_the_next_transaction_of_the_same_id(
    broker: LocalKafka, topic: str
) -> None:
    servers, name = broker.bootstrap_servers, uuid4().hex
    first = bare(servers, name)
    untold(first, TopicPartition(topic, 0))
    first.send(topic, b"given up", partition=0).get(10)
    first.abort_transaction()
    first.close()
    second = bare(servers, name)
    second.send(topic, b"done again", partition=0).get(10)
    second.commit_transaction()
    second.close()
    assert values(servers, topic) == [b"given up", b"done again"]


def test_our_sink_aborts_what_was_left_open_by_an_attempt_given_up(
    broker: LocalKafka, topic: str
) -> None:
    servers, name = broker.bootstrap_servers, uuid4().hex
    first = bare(servers, name)
    untold(first, TopicPartition(topic, 0))
    first.send(topic, b"given up", partition=0).get(10)
    first.send(topic, b"told", partition=1).get(10)
    first._sender.force_close()
    ours = sink(servers, topic, name)
    ours.reset()
    write(ours, b"done again")
    assert values(servers, topic, 0) == [b"done again"]
    assert values(servers, topic, 1) == []
    ours.close()


def test_our_sink_commits_what_was_left_open_by_a_commit(
    broker: LocalKafka, topic: str
) -> None:
    servers, name = broker.bootstrap_servers, uuid4().hex
    first = bare(servers, name)
    untold(first, TopicPartition(topic, 0))
    first.send(topic, b"committed", partition=0).get(10)
    first.send(topic, b"told", partition=1).get(10)
    first.commit_transaction()
    first.close()
    ours = sink(servers, topic, name)
    ours.reset()
    assert values(servers, topic, 0) == [b"committed"]
    assert values(servers, topic, 1) == [b"told"]
    ours.close()


def committed_and_untold(servers: str, topic: str) -> KafkaSink:
    """A sink of ours whose commit did not reach partition 0."""
    ours = sink(servers, topic, uuid4().hex)
    ours.reset()
    ours.begin()
    untold(ours._producer, TopicPartition(topic, 0))
    ours.send(Send("t", 0, None, b"committed"))
    ours.send(Send("t", 1, None, b"told"))
    ours.flush()
    ours.commit()
    return ours


def test_after_a_lost_connection_our_sink_begins_nothing_before_it_has_looked(
    broker: LocalKafka, topic: str
) -> None:
    servers = broker.bootstrap_servers
    ours = committed_and_untold(servers, topic)
    broker.kill()
    broker.start()
    with pytest.raises(Indefinite, match="connection"):
        while True:  # Until the client has seen it.
            write(ours, b"too early")
    ours.reset()
    ours.begin()
    ours.send(Send("t", 0, None, b"given up"))
    ours.flush()
    ours.reset()
    assert values(servers, topic, 0) == [b"committed"]
    ours.close()


def test_a_record_that_waits_when_a_connection_is_lost_is_held_back(
    broker: LocalKafka, topic: str
) -> None:
    servers = broker.bootstrap_servers
    ours = committed_and_untold(servers, topic)
    ours.begin()
    # As if it was lost between the beginning and the first record.
    ours._gate._outlast["gone"] = object()
    ours.send(Send("t", 0, None, b"too early"))
    with pytest.raises(Indefinite, match="connection"):
        ours.flush()
    ours.reset()
    assert values(servers, topic, 0) == [b"committed"]
    write(ours, b"done again")
    assert values(servers, topic, 0) == [b"committed", b"done again"]
    ours.close()
