"""What the client does bare, and mended by an import of the runtime's modules.

Each runs in a process of its own, for a mend holds from then on.
"""

import subprocess
import sys
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaProducer

from tests.integration.clients import make_topics

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]


@pytest.fixture
def topic(bootstrap_servers: str) -> str:
    """A topic of two partitions."""
    name = f"mended.{uuid4().hex[:8]}"
    make_topics(bootstrap_servers, [name], partitions=2)
    return name


def run(script: str, *arguments: str) -> bytes:
    """Run a script; what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        timeout=90,
        check=True,
    )
    return done.stdout.strip()


PAUSE = """
import sys
from kafka import KafkaConsumer, TopicPartition
servers, topic, mended = sys.argv[1:]
if mended == "mended":
    import pipeline.runtime.kafka.records
first, second = (TopicPartition(topic, p) for p in (0, 1))
reader = KafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
reader.assign([first, second])
reader.pause(second)
reader.seek_to_beginning()
found = []
def read(count, polls=50):
    before = len(found)
    for _ in range(polls):
        for records in reader.poll(100, max_records=1).values():
            found.extend(record.value.decode() for record in records)
        if len(found) - before >= count:
            break
read(1)
reader.pause(first)
reader.resume(second)
read(2)
reader.resume(first)
read(2)
print(*found, flush=True)
"""


@pytest.mark.parametrize(
    ("client", "found"), [("bare", b"a1 b1 b2"), ("mended", b"a1 b1 b2 a2 a3")]
)
def test_a_partition_that_was_paused_amid_its_records_is_read_again_only_if_mended(
    bootstrap_servers: str, topic: str, client: str, found: bytes
) -> None:
    sender: Any = KafkaProducer(bootstrap_servers=bootstrap_servers)
    for partition, value in (
        (0, b"a1"),
        (0, b"a2"),
        (0, b"a3"),
        (1, b"b1"),
        (1, b"b2"),
    ):
        sender.send(topic, value, partition=partition).get(10)
    sender.close()
    assert run(PAUSE, bootstrap_servers, topic, client) == found


JOIN = """
import sys, time
from kafka import KafkaConsumer
servers, topic, mended = sys.argv[1:]
if mended == "mended":
    import pipeline.runtime.kafka.member
member = KafkaConsumer(topic, bootstrap_servers=servers, group_id=topic)
member._coordinator.ensure_coordinator_ready(timeout_ms=30_000)
for _ in range(20):
    member.poll(0)  # Too short for any answer: they all come in between.
    time.sleep(0.5)
    if member.assignment():
        break
print(sorted(tp.partition for tp in member.assignment()), flush=True)
"""


@pytest.mark.parametrize(("client", "found"), [("bare", b"[]"), ("mended", b"[0, 1]")])
def test_an_answer_to_a_join_that_comes_between_two_polls_is_taken_up_only_if_mended(
    bootstrap_servers: str, topic: str, client: str, found: bytes
) -> None:
    assert run(JOIN, bootstrap_servers, topic, client) == found


WAIT = """
import gc, sys
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError
servers, topic, mended = sys.argv[1:]
if mended == "mended":
    import pipeline.runtime.kafka.records
reader = KafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
reader.assign([TopicPartition(topic, 0)])
reader.seek_to_beginning()
reader.poll(1_000)  # A fetch of nothing takes half a second.
gc.collect()
gc.disable()
gc.set_debug(gc.DEBUG_SAVEALL)
for _ in range(20):
    reader.poll(20)
reader.poll(1_000)  # What is under way is known to its fetch until that is answered.
gc.collect()
print(any(isinstance(each, KafkaTimeoutError) for each in gc.garbage), flush=True)
"""


@pytest.mark.parametrize(("client", "found"), [("bare", b"True"), ("mended", b"False")])
def test_a_poll_that_finds_nothing_leaves_nothing_to_the_collector_only_if_mended(
    bootstrap_servers: str, topic: str, client: str, found: bytes
) -> None:
    assert run(WAIT, bootstrap_servers, topic, client) == found
