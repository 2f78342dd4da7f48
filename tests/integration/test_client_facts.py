"""What kafka-python does, as the runtime must take it; and that the runtime does.

Each fact stands beside its remedy, so that a newer client that mends one shows it here.
"""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import crc32c
import kafka.codec
import kafka.record.util
import pytest
from kafka import (
    KafkaAdminClient,
    KafkaConsumer,
    KafkaProducer,
    OffsetAndMetadata,
    TopicPartition,
)
from kafka.admin import MemberToRemove
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from kafka.errors import CommitFailedError, KafkaTimeoutError
from kafka.serializer import Deserializer
from kafka.structs import ConsumerGroupMetadata

from pipeline.runtime.broker.node import LocalKafka
from pipeline.runtime.faults import Fenced, Indefinite
from pipeline.runtime.kafka.client import (
    Timeouts,
    connection,
    consumer_settings,
    producer_settings,
)
from pipeline.runtime.kafka.reader import KafkaReader, Watermarks
from pipeline.runtime.kafka.sink import KafkaSink
from pipeline.runtime.kafka.source import KafkaSource
from pipeline.runtime.transport import Send
from tests.integration.clients import new_topics, poll_until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]
SHORT = Timeouts(
    session_ms=6_000,
    transaction_ms=8_000,
    request_ms=1_000,
    delivery_ms=1_500,
    step_ms=3_000,
    init_ms=5_000,
)
FOREVER_S = 4 * SHORT.step_ms / 1000
"""Far beyond every limit that was set."""


@pytest.fixture
def topic(bootstrap_servers: str) -> str:
    return new_topics(bootstrap_servers, 1)[0]


@pytest.fixture(scope="module")
def kafka_to_kill(local_kafka: Callable[[], LocalKafka]) -> LocalKafka:
    return local_kafka()


@pytest.fixture
def broker(kafka_to_kill: LocalKafka) -> Iterator[LocalKafka]:
    """A Kafka that this test may kill or stop."""
    kafka_to_kill.start()
    yield kafka_to_kill
    with warnings.catch_warnings():
        # The client leaves sockets whose connection was refused to the collector.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def producer(servers: str, timeouts: Timeouts = SHORT) -> Any:
    """The bare client, transactional, with the settings of ours."""
    made: Any = KafkaProducer(
        transactional_id=uuid4().hex,
        **producer_settings(timeouts),
        **connection(servers, "facts"),
    )
    made.init_transactions()
    return made


def consumer(servers: str, **settings: Any) -> Any:
    """The bare client."""
    common = consumer_settings(SHORT) | connection(servers, "facts")
    return KafkaConsumer(**(common | settings))


def sink(servers: str, topic: str, in_flight_bytes: int = 1 << 20) -> KafkaSink:
    made = KafkaSink(
        servers,
        f"g.{uuid4().hex[:8]}",
        {"t": topic},
        timeouts=SHORT,
        in_flight_bytes=in_flight_bytes,
    )
    made.reset()
    return made


def member(servers: str, topics: list[str], group: str, instance: str) -> KafkaSource:
    names = {f"t{n}": topic for n, topic in enumerate(topics)}
    return KafkaSource(servers, group, names, SHORT, instance)


def poll_and_join(readers: list[Any]) -> None:
    """Poll bare clients, and see that a forgotten join is gone on with.

    And that the leader asks again for topics that its broker did not know yet.
    """
    for reader in readers:
        cluster = reader._coordinator._cluster
        if not all(map(cluster.partitions_for_topic, reader.subscription())):
            cluster.request_update()
        if reader._coordinator.rejoining:
            reader._coordinator.request_rejoin()
        reader.poll(50)


def values(servers: str, topic: str, partition: int = 0) -> list[bytes | None]:
    """Committed values, read to the end."""
    tp = TopicPartition(topic, partition)
    reader = consumer(servers, group_id=None)
    reader.assign([tp])
    reader.seek_to_beginning(tp)
    end = reader.end_offsets([tp])[tp]
    found: list[bytes | None] = []
    while reader.position(tp) < end:
        found += [r.value for rs in reader.poll(200).values() for r in rs]
    reader.close()
    return found


def ends_within(limit_s: float, call: Callable[[], object]) -> bool:
    """Whether a call ends, on a thread that is left behind if it does not."""
    done = threading.Event()

    def run() -> None:
        try:
            call()
        except Exception:
            pass  # That it ended is all that is asked.
        finally:
            done.set()

    threading.Thread(target=run, daemon=True).start()
    return done.wait(limit_s)


@contextmanager
def stopped(broker: LocalKafka) -> Iterator[None]:
    """The broker stands still."""
    assert broker.pid
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker.pid, signal.SIGCONT)


# Transactions -----------------------------------------------------------------------


def test_the_client_commits_although_a_record_of_the_transaction_failed(
    broker: LocalKafka,
) -> None:
    [topic] = new_topics(broker.bootstrap_servers, 1)
    # The broker's start may take longer than a short transaction does.
    bare = producer(broker.bootstrap_servers, replace(SHORT, transaction_ms=60_000))
    bare.begin_transaction()
    bare.send(topic, b"taken", partition=0).get(10)
    broker.kill()
    lost = bare.send(topic, b"lost", partition=0)
    bare.flush(timeout=10)  # It returns, and says nothing.
    broker.start()
    assert ends_within(30, bare.commit_transaction)
    assert not lost.succeeded()
    assert values(broker.bootstrap_servers, topic) == [b"taken"]


def test_our_sink_finds_the_failed_record_before_offsets_are_sent(
    broker: LocalKafka,
) -> None:
    [topic] = new_topics(broker.bootstrap_servers, 1)
    ours = sink(broker.bootstrap_servers, topic)
    ours.begin()
    ours.send(Send("t", 0, None, b"taken"))
    ours.flush()
    broker.kill()
    ours.send(Send("t", 0, None, b"lost"))
    with pytest.raises(Indefinite):
        ours.flush()
    broker.start()
    ours.reset()
    assert values(broker.bootstrap_servers, topic) == []
    ours.close()


def test_a_record_whose_future_failed_may_be_in_the_topic_all_the_same(
    broker: LocalKafka,
) -> None:
    [topic] = new_topics(broker.bootstrap_servers, 1)
    bare = producer(broker.bootstrap_servers)
    bare.begin_transaction()
    bare.send(topic, b"first", partition=0).get(10)
    with stopped(broker):
        late = bare.send(topic, b"late", partition=0)
        bare.flush(timeout=10)
        assert not late.succeeded()
    assert ends_within(30, bare.commit_transaction)
    assert values(broker.bootstrap_servers, topic)[:1] == [b"first"]


def test_a_commit_may_wait_for_ever_when_its_coordinator_dies(
    broker: LocalKafka,
) -> None:
    [topic] = new_topics(broker.bootstrap_servers, 1)
    bare = producer(broker.bootstrap_servers)
    bare.begin_transaction()
    bare.send(topic, b"v", partition=0).get(10)
    broker.kill()
    assert not ends_within(FOREVER_S, bare.commit_transaction)
    bare._sender.force_close()


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_our_sink_waits_for_a_commit_no_longer_than_it_is_told(
    broker: LocalKafka, how: str
) -> None:
    [topic] = new_topics(broker.bootstrap_servers, 1)
    ours = sink(broker.bootstrap_servers, topic)
    ours.begin()
    ours.send(Send("t", 0, None, b"v"))
    ours.flush()

    raised = []

    def commit_in_vain() -> None:
        try:
            ours.commit()
        except Indefinite as error:
            raised.append(error)

    if how == "killed":
        broker.kill()
        assert ends_within(FOREVER_S, commit_in_vain)
        broker.start()
    else:
        with stopped(broker):
            assert ends_within(FOREVER_S, commit_in_vain)
    assert raised
    ours.reset()  # It completes or aborts what was pending: both are possible here.
    assert values(broker.bootstrap_servers, topic) in ([], [b"v"])
    ours.close()


def test_the_client_takes_whatever_is_sent_while_nobody_answers(
    broker: LocalKafka,
) -> None:
    [topic] = new_topics(broker.bootstrap_servers, 1)
    bare = producer(broker.bootstrap_servers)
    bare.begin_transaction()
    bare.send(topic, b"", partition=0).get(10)
    with stopped(broker):
        futures = [bare.send(topic, bytes(1 << 20), partition=0) for _ in range(48)]
        assert not any(future.succeeded() for future in futures)
    bare._sender.force_close()


def test_our_sink_holds_no_more_than_its_limit_while_nobody_answers(
    broker: LocalKafka,
) -> None:
    [topic] = new_topics(broker.bootstrap_servers, 1)
    ours = sink(broker.bootstrap_servers, topic, in_flight_bytes=4 << 20)
    ours.begin()
    taken = 0
    with stopped(broker), pytest.raises(Indefinite):
        for _ in range(48):
            ours.send(Send("t", 0, None, bytes(1 << 20)))
            taken += 1
    assert taken <= 5
    ours.close()


# Fencing ----------------------------------------------------------------------------


def test_offsets_without_a_generation_are_not_fenced_and_our_sink_refuses_them(
    bootstrap_servers: str, topic: str
) -> None:
    group = uuid4().hex
    owner = member(bootstrap_servers, [topic], group, "owner")
    poll_until(lambda: owner.poll(100, 10), lambda: owner.joined)
    stranger = ConsumerGroupMetadata(group)
    assert stranger.generation_id < 0
    bare = producer(bootstrap_servers)
    bare.begin_transaction()
    offsets = {TopicPartition(topic, 0): OffsetAndMetadata(7, "", -1)}
    bare.send_offsets_to_transaction(offsets, stranger)
    bare.commit_transaction()
    assert owner.committed([0])["t0", 0] == 7  # Though the partition is the owner's.

    ours = sink(bootstrap_servers, topic)
    ours.begin()
    with pytest.raises(Indefinite, match="not a member"):
        ours.send_offsets({("t", 0): 8}, stranger)
    assert owner.committed([0])["t0", 0] == 7
    for end in (owner, ours, bare):
        end.close()


def test_offsets_of_a_former_generation_are_fenced(
    bootstrap_servers: str, topic: str
) -> None:
    group = uuid4().hex
    owner = member(bootstrap_servers, [topic], group, "owner")
    poll_until(lambda: owner.poll(100, 10), lambda: owner.joined)
    now: Any = owner.membership()
    former = ConsumerGroupMetadata(
        group, now.generation_id - 1, now.member_id, now.group_instance_id
    )
    bare = producer(bootstrap_servers)
    bare.begin_transaction()
    with pytest.raises(CommitFailedError):
        bare.send_offsets_to_transaction(
            {TopicPartition(topic, 0): OffsetAndMetadata(7, "", -1)}, former
        )
    owner.close()
    bare.close()


def test_a_fenced_heartbeat_just_stops_and_our_source_finds_it_out(
    bootstrap_servers: str, topic: str
) -> None:
    group = uuid4().hex
    old = member(bootstrap_servers, [topic], group, "the same")
    poll_until(lambda: old.poll(100, 10), lambda: old.joined)
    new = member(bootstrap_servers, [topic], group, "the same")
    poll_until(lambda: new.poll(100, 10), lambda: new.joined)
    beats: Any = old._consumer._coordinator
    poll_until(lambda: new.poll(100, 10), lambda: not beats._heartbeat_enabled)
    beats.poll_heartbeat()  # The client: nothing is wrong.
    with pytest.raises(Fenced, match="ordinal"):
        old.poll(100, 10)
    new.poll(100, 10)
    old.close()
    new.close()


def test_a_join_that_the_client_has_forgotten_is_gone_on_with(
    bootstrap_servers: str, topic: str
) -> None:
    source = member(bootstrap_servers, [topic], uuid4().hex, "m")
    poll_until(lambda: source.poll(100, 10), lambda: source.joined)
    client: Any = source._consumer._coordinator
    for _ in range(15):  # A leader may join once more when it knows the topic.
        source.poll(100, 10)
    source._consumer.seek_to_beginning()
    # As after a poll that ended between two answers, which no test can time.
    source._notes.joined = False
    client.rejoining = True
    client._disable_heartbeat()
    source._consumer.poll(500)
    assert client.rejoining  # The client: nothing is left to do.
    poll_until(lambda: source.poll(100, 10), lambda: source.joined)
    assert client._heartbeat_enabled
    assert source.assignment() == {0, 1, 2, 3}
    source.close()


def test_a_static_member_stays_in_its_group_until_it_is_taken_out(
    bootstrap_servers: str, topic: str
) -> None:
    group = uuid4().hex
    source = member(bootstrap_servers, [topic], group, "stays")
    poll_until(lambda: source.poll(100, 10), lambda: source.joined)
    source.close()
    admin: Any = KafkaAdminClient(bootstrap_servers=bootstrap_servers)

    def members() -> list[str]:
        described = admin.describe_groups([group])[group]["members"]
        return [each["group_instance_id"] for each in described]

    assert members() == ["stays"]
    admin.remove_group_members(group, [MemberToRemove(group_instance_id="stays")])
    assert members() == []
    admin.close()


# Offsets ----------------------------------------------------------------------------


def test_the_end_that_a_committed_reader_sees_lies_below_a_pending_commit(
    bootstrap_servers: str, topic: str
) -> None:
    tp = TopicPartition(topic, 0)
    bare = producer(bootstrap_servers)
    bare.begin_transaction()
    for _ in range(3):
        bare.send(topic, b"pending", partition=0).get(10)
    reader = consumer(bootstrap_servers, group_id=None)
    assert reader.end_offsets([tp])[tp] == 0
    watermarks = Watermarks(bootstrap_servers, SHORT)
    assert watermarks.ask(topic, [0]) == {0: 3}
    for end in (reader, watermarks, bare):
        end.close()


def test_the_position_passes_control_records_that_the_last_offset_does_not(
    bootstrap_servers: str, topic: str
) -> None:
    bare = producer(bootstrap_servers)
    for _ in range(2):
        bare.begin_transaction()
        bare.send(topic, b"v", partition=0).get(10)
        bare.commit_transaction()
    watermarks = Watermarks(bootstrap_servers, SHORT)
    reader = KafkaReader(bootstrap_servers, topic, "t", watermarks, SHORT)
    ends = reader.assign([0])
    offsets: list[int] = []
    poll_until(
        lambda: offsets.extend(raw.offset for raw in reader.poll(100, 10)),
        lambda: reader.position(0) >= ends[0],
    )
    assert offsets == [0, 2]
    assert reader.position(0) == ends[0] == 4 > offsets[-1] + 1
    for end in (reader, watermarks, bare):
        end.close()


def test_committed_offsets_wait_for_the_transaction_that_holds_them(
    bootstrap_servers: str, topic: str
) -> None:
    source = member(bootstrap_servers, [topic], uuid4().hex, "m")
    poll_until(lambda: source.poll(100, 10), lambda: source.joined)
    bare = producer(bootstrap_servers)
    bare.begin_transaction()
    bare.send_offsets_to_transaction(
        {TopicPartition(topic, 0): OffsetAndMetadata(5, "", -1)}, source.membership()
    )
    with pytest.raises(Indefinite):
        source.committed([0])
    bare.commit_transaction()
    assert source.committed([0])["t0", 0] == 5
    source.close()
    bare.close()


def test_an_answer_nobody_waited_for_is_given_later_and_our_source_asks_anew(
    broker: LocalKafka,
) -> None:
    servers = broker.bootstrap_servers
    (topic,) = new_topics(servers, 1)
    at = TopicPartition(topic, 0)
    # A request may take longer than its caller waits.
    timeouts = replace(SHORT, request_ms=10_000, init_ms=500)
    settings = consumer_settings(timeouts) | {"group_id": uuid4().hex}
    bare: Any = KafkaConsumer(**settings, **connection(servers, "facts"))
    bare.assign([at])
    ours = KafkaSource(servers, uuid4().hex, {"t0": topic}, timeouts, "m")
    poll_until(lambda: ours.poll(100, 10), lambda: ours.joined)
    ask = bare._coordinator.fetch_committed_offsets
    for client in (bare, ours._consumer):
        client.commit({at: OffsetAndMetadata(1, "", -1)})
    with stopped(broker):
        with pytest.raises(KafkaTimeoutError):
            ask([at], timeout_ms=timeouts.init_ms)
        with pytest.raises(Indefinite):
            ours.committed([0])
    for client in (bare, ours._consumer):
        (left,) = client._coordinator._offset_fetch_futures.values()
        poll_until(partial(time.sleep, 0.05), partial(getattr, left, "is_done"))
        client.commit({at: OffsetAndMetadata(2, "", -1)})
    assert ask([at], timeout_ms=5_000)[at].offset == 1
    assert ask([at], timeout_ms=5_000)[at].offset == 2
    assert ours.committed([0])["t0", 0] == 2
    ours.close()
    bare.close()


# Assignment -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("assignor", "together"),
    [(RangePartitionAssignor, True), (StickyPartitionAssignor, False)],
)
def test_range_keeps_partitions_of_topics_together_and_sticky_tears_them(
    bootstrap_servers: str, assignor: type, together: bool
) -> None:
    topics, group = new_topics(bootstrap_servers, 3), uuid4().hex
    members: list[Any] = []
    for count in (1, 2, 3):
        members.append(
            consumer(
                bootstrap_servers,
                group_id=group,
                partition_assignment_strategy=[assignor],
                session_timeout_ms=6_000,
                heartbeat_interval_ms=200,
            )
        )
        members[-1].subscribe(topics)
        poll_until(
            lambda: poll_and_join(members),
            lambda count=count: (  # type: ignore[misc]  # bound now
                len(members[-1].assignment()) > 0
                and sum(len(each.assignment()) for each in members) == 12
                and len(members) == count
            ),
        )
    torn = 0
    for each in members:
        partitions = defaultdict(set)
        for tp in each.assignment():
            partitions[tp.topic].add(tp.partition)
        torn += len({frozenset(partitions[topic]) for topic in topics}) > 1
    assert (torn == 0) == together
    for each in members:
        each.close()


def test_listeners_of_rebalances_run_on_a_thread_of_the_client(
    bootstrap_servers: str, topic: str
) -> None:
    threads: set[str] = set()

    class Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # untyped
        def on_partitions_revoked(self, revoked: Any) -> None:
            threads.add(threading.current_thread().name)

        def on_partitions_assigned(self, assigned: Any) -> None:
            threads.add(threading.current_thread().name)

    joining = consumer(bootstrap_servers, group_id=uuid4().hex)
    joining.subscribe([topic], listener=Listener())
    poll_until(lambda: joining.poll(100), lambda: bool(joining.assignment()))
    joining.close()
    assert threading.current_thread().name not in threads
    assert {name.partition("-")[0] for name in threads} == {"kafka"}


# Records ----------------------------------------------------------------------------


class Number(Deserializer):  # type: ignore[misc]  # untyped
    def deserialize(self, topic: str, headers: Any, data: bytes) -> int:
        return int(data)


def test_after_a_deserializer_has_raised_poll_never_returns(
    bootstrap_servers: str, topic: str
) -> None:
    sender: Any = KafkaProducer(bootstrap_servers=bootstrap_servers)
    for value in (b"1", b"bad", b"2"):
        sender.send(topic, value, partition=0).get(10)
    tp = TopicPartition(topic, 0)
    reader = consumer(bootstrap_servers, group_id=None, value_deserializer=Number())
    reader.assign([tp])
    reader.seek_to_beginning(tp)
    poll_until(lambda: reader.poll(100), lambda: reader.position(tp) == 1)
    with pytest.raises(ValueError, match="bad"):
        reader.poll(1_000)
    assert not ends_within(3, lambda: reader.poll(100))
    sender.close()
    # Its thread goes round for ever: only this ends it.
    reader._fetcher._next_partition_records = None


class OddName(str):
    """A header name that no text has."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


READ_BARE = """
import sys
from kafka import KafkaConsumer, TopicPartition
servers, topic = sys.argv[1:]
reader = KafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
reader.assign([TopicPartition(topic, 0)])
reader.seek_to_beginning()
for _ in range(20):
    try:
        reader.poll(200)
    except Exception as error:
        print(type(error).__name__, flush=True)
print("read", flush=True)
"""


def test_a_header_name_that_is_no_text_hangs_the_client_but_not_our_reader(
    bootstrap_servers: str, topic: str
) -> None:
    sender: Any = KafkaProducer(bootstrap_servers=bootstrap_servers)
    sender.send(topic, b"1", partition=0).get(10)
    sender.send(topic, b"2", headers=[(OddName("xx"), b"h")], partition=0).get(10)
    sender.send(topic, b"3", partition=0).get(10)
    sender.close()
    with pytest.raises(subprocess.TimeoutExpired) as hung:
        subprocess.run(
            [sys.executable, "-c", READ_BARE, bootstrap_servers, topic],
            capture_output=True,
            timeout=10,
            check=False,
        )
    assert (hung.value.stdout or b"").split() == [b"CorruptRecordError"]

    watermarks = Watermarks(bootstrap_servers, SHORT)
    reader = KafkaReader(bootstrap_servers, topic, "t", watermarks, SHORT)
    ends, found = reader.assign([0]), []
    poll_until(
        lambda: found.extend(reader.poll(100, 10)),
        lambda: reader.position(0) >= ends[0],
    )
    assert [raw.value for raw in found] == [b"1", b"2", b"3"]
    assert list(found[1].headers) == [("\\xff\\xfe", b"h")]
    reader.close()
    watermarks.close()


def test_the_client_refuses_a_record_with_neither_key_nor_value_and_our_sink_does_not(
    bootstrap_servers: str, topic: str
) -> None:
    sender: Any = KafkaProducer(bootstrap_servers=bootstrap_servers)
    with pytest.raises(ValueError, match="at least one"):
        sender.send(topic, None, key=None, partition=0)
    sender.close()
    ours = sink(bootstrap_servers, topic)
    ours.begin()
    ours.send(Send("t", 0, None, None))
    ours.flush()
    ours.commit()
    assert values(bootstrap_servers, topic) == [None]
    ours.close()


def test_the_fast_checksum_and_every_codec_are_there() -> None:
    assert kafka.record.util.calc_crc32c(b"kairec") == crc32c.crc32c(b"kairec")
    assert kafka.record.util._crc32c is crc32c.crc32c
    for codec in ("gzip", "snappy", "lz4", "zstd"):
        assert getattr(kafka.codec, f"has_{codec}")(), codec
