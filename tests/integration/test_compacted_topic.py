"""A compacted topic of transactions is read as the bare client reads it."""

import time
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from pipeline.runtime.kafka.tail import Reader
from pipeline.runtime.kafka.whole import WholeTopics
from topics import MODEL
from topics.spec import Names

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

CODECS = (None, "gzip", "snappy", "lz4", "zstd")
FIRST_MS = 1_700_000_000_000
RECORDS = 40
Found = tuple[int, int, bytes | None, bytes | None, dict[str, bytes]]


def write(servers: str, topic: str, codec: str | None, time_ms: int) -> None:
    """Commit some records, and abort as many; every one of the keys comes again."""
    sender: Any = KafkaProducer(
        bootstrap_servers=servers,
        transactional_id=uuid4().hex,
        compression_type=codec,
    )
    sender.init_transactions()
    for end in (sender.commit_transaction, sender.abort_transaction):
        sender.begin_transaction()
        for n in range(RECORDS):
            headers = [("v", b"1"), ("n", b"%d" % n)][: n % 3]
            value = None if n % 5 == 0 else f"{codec} {time_ms} {n}".encode() * n
            key, at_ms = b"%d" % (n % 30), time_ms + n
            sender.send(topic, value, key, headers, partition=0, timestamp_ms=at_ms)
        sender.flush()
        end()
    sender.close()


def ours(servers: str, names: Names) -> list[Found]:
    with Reader(servers, names, [MODEL.name]) as reader:
        return [
            (r.offset, r.append_time_ms, r.key, r.value, dict(r.headers))
            for r in reader.read(reader.bounds(MODEL.name))
        ]


def bare(servers: str, names: Names) -> list[Found]:
    with WholeTopics(servers, names) as whole:
        return [
            (r.offset, r.append_time_ms, r.key, r.value, r.headers)
            for r in whole.read(MODEL.name)
        ]


def test_before_compaction_and_after_it(bootstrap_servers: str) -> None:
    names = Names(f"compacted-{uuid4().hex[:8]}")
    topic = names.topic(MODEL.name)
    configs = {
        "cleanup.policy": "compact",
        "segment.ms": "1000",
        "min.cleanable.dirty.ratio": "1",  # It is not compacted yet.
        "message.timestamp.type": "CreateTime",
    }
    wanted = {"num_partitions": 1, "replication_factor": 1, "configs": configs}
    admin: Any = KafkaAdminClient(bootstrap_servers=bootstrap_servers)
    admin.create_topics({topic: wanted}, wait_for_metadata=True)
    for turn, codec in enumerate(CODECS):
        write(bootstrap_servers, topic, codec, FIRST_MS + turn * 60_000)
    written = ours(bootstrap_servers, names)
    assert written == bare(bootstrap_servers, names)
    assert len(written) == RECORDS * len(CODECS)
    configs["min.cleanable.dirty.ratio"] = "0.001"
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])
    admin.close()
    deadline, left, same = time.monotonic() + 120, written, written
    # Between two readings it may be compacted once more.
    while len(left) == len(written) or left != same:
        assert time.monotonic() < deadline
        left, same = ours(bootstrap_servers, names), bare(bootstrap_servers, names)
