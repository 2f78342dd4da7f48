"""`kairec dlq replay` on a real Kafka: dead letters go back, each once."""

import json

import pytest

from pipeline.runtime.clock import SystemClock
from pipeline.runtime.dead_letters import source
from pipeline.runtime.kafka.tail import Reader
from pipeline.runtime.transport import Raw
from tests.integration.cli import Kairec, eventually
from topics import codec
from topics.events import Event
from topics.partitioning import partition_of
from topics.spec import HOUR_MS, Position

pytestmark = pytest.mark.kafka
KILLED = -9


def bury(kairec: Kairec, *users: str, topic: str = "events") -> None:
    """Put dead letters there, as a worker makes them."""
    for n, user in enumerate(users):
        at = Position(topic, partition_of(user, 2), 100 + n)
        headers = {
            "trace": b"\xff\x00",
            "kairec.source": str(at).encode(),
            "kairec.reason": b"unknown_type",
            "kairec.detail": b"wink",
        }
        kairec.send(f"{topic}.dlq", user, b"\x00 %d" % n, headers)


def read(kairec: Kairec, topic: str) -> list[Raw]:
    with Reader(kairec.servers, kairec.names, [topic]) as reader:
        return list(reader.read(reader.bounds(topic)))


def values(kairec: Kairec) -> list[bytes]:
    return sorted(raw.value or b"" for raw in read(kairec, "events"))


def test_dead_letters_go_back_as_they_came_and_a_second_time_nothing_happens(
    kairec: Kairec,
) -> None:
    kairec.create_topics()
    bury(kairec, "u1", "u2", "u3")
    dry = kairec.run("dlq", "replay", "--dry-run")
    assert (dry.code, dry.out.splitlines()[-1]) == (0, "3 would be sent, 0 left")
    assert read(kairec, "events") == []
    first = kairec.run("dlq", "replay", "--reason", "unknown_type")
    assert (first.code, first.out.splitlines()[-1]) == (0, "3 sent, 0 left"), first.err
    again = kairec.run("dlq", "replay")
    assert again.out.splitlines()[-1] == "0 sent, 3 left"
    assert values(kairec) == [b"\x00 0", b"\x00 1", b"\x00 2"]
    [back] = [raw for raw in read(kairec, "events") if raw.key == b"u2"]
    assert dict(back.headers)["trace"] == b"\xff\x00"
    assert source(back) == Position("events", partition_of("u2", 2), 101)
    assert kairec.run("dlq", "list").out.count("unknown_type") == 3


@pytest.mark.parametrize("fail_at", ["before_send:3", "before_commit"])
def test_killed_in_the_middle_and_run_again_each_is_sent_once(
    kairec: Kairec, fail_at: str
) -> None:
    kairec.create_topics()
    bury(kairec, "u1", "u2", "u3", "u4")
    killed = kairec.run("dlq", "replay", KAIREC_FAIL_AT=fail_at)
    assert killed.code == KILLED
    done = kairec.run("dlq", "replay")
    assert done.code == 0, done.err
    assert values(kairec) == [b"\x00 0", b"\x00 1", b"\x00 2", b"\x00 3"]


def test_an_event_that_was_dead_counts_as_if_it_had_been_good_at_once(
    kairec: Kairec,
) -> None:
    kairec.create_topics()
    time_ms = SystemClock().now_ms() + HOUR_MS
    event = Event("u1", "i1", "click", time_ms)
    kairec.send("events", "u1", codec.write(event), {})
    with kairec.beside("worker", "extract", "--ordinal", "0"):
        eventually(lambda: len(kairec.records("events.dlq")) == 1)
    with kairec.beside("worker", "extract", "--ordinal", "0", KAIREC_SKEW_MS="9000000"):
        assert kairec.run("dlq", "replay").code == 0
        eventually(lambda: len(kairec.records("features")) > 0)
        assert kairec.run("dlq", "replay").out.splitlines()[-1] == "0 sent, 1 left"
    [(_, pack), *_] = kairec.records("features")
    place = {"topic": "events", "partition": partition_of("u1", 2), "offset": 0}
    assert json.loads(pack or b"")[0]["source"] == place


def test_what_is_no_place_or_no_time_is_told_in_a_line(kairec: Kairec) -> None:
    kairec.create_topics()
    place = kairec.run("dlq", "replay", "--from", "events-0-3")
    time = kairec.run("dlq", "replay", "--since", "yesterday")
    assert (place.code, time.code) == (2, 2)
    assert place.err.startswith("kairec: events-0-3 is no place of a dead letter: ")
    assert time.err.startswith("kairec: --since yesterday: a time as ")
    assert place.err.count("\n") == time.err.count("\n") == 1
