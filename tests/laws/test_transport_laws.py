"""What the worker loop relies on: source, reader and sink, on every log."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from pipeline.runtime.faults import BadTopics, Fenced, Indefinite
from pipeline.runtime.transport import LogReader, Raw, Send, Source
from tests.laws.ground import Ground, read_all
from tests.runtime.application import PARTITIONS

ALL = range(PARTITIONS)


def record(value: bytes | None, key: bytes = b"k", partition: int = 0) -> Send:
    return Send("profiles", partition, key, value, (("v", b"1"),))


def poll_until(poll: Callable[[], object], true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it does not come"
        poll()


def join(source: Source) -> None:
    poll_until(
        lambda: source.poll(50, 1), lambda: source.joined and bool(source.assignment())
    )


def read(reader: LogReader, partition: int = 0) -> list[Raw]:
    return read_all(reader, range(partition, partition + 1))


def test_what_is_sent_is_there_after_the_commit_and_not_before(ground: Ground) -> None:
    transport = ground.transport()
    sink = transport.sink("extract")
    sink.reset()
    sink.begin()
    sink.send(record(b"one"))
    sink.send(record(None))
    sink.flush()
    assert ground_sees(ground) == []
    sink.commit()
    assert ground_sees(ground) == [b"one", None]
    (first, _) = ground.committed("profiles")
    assert (first.key, list(first.headers)) == (b"k", [("v", b"1")])
    assert first.append_time_ms > 0
    sink.close()
    transport.close()


def ground_sees(ground: Ground) -> list[bytes | None]:
    """Committed values, up to the first open transaction."""
    transport = ground.transport()
    reader = transport.reader("profiles")
    reader.assign([0])
    found: list[Raw] = []
    for _ in range(10):
        found += reader.poll(50, 100)
    reader.close()
    transport.close()
    return [raw.value for raw in found]


def test_what_was_pending_is_gone_after_a_reset(ground: Ground) -> None:
    transport = ground.transport(ordinal=0)
    sink = transport.sink("extract")
    sink.reset()
    sink.begin()
    sink.send(record(b"half"))
    sink.flush()
    sink.reset()
    sink.begin()
    sink.send(record(b"whole"))
    sink.flush()
    sink.commit()
    assert [raw.value for raw in ground.committed("profiles")] == [b"whole"]
    sink.close()
    transport.close()


def test_a_successor_of_the_same_ordinal_ends_what_a_dead_one_left(
    ground: Ground,
) -> None:
    dead = ground.transport(ordinal=0).sink("extract")
    dead.reset()
    dead.begin()
    dead.send(record(b"half"))
    dead.flush()
    successor = ground.transport(ordinal=0).sink("extract")
    successor.reset()
    assert ground.committed("profiles") == []
    with pytest.raises((Indefinite, Fenced)):
        dead.send(record(b"more"))
        dead.flush()
        dead.commit()
    dead.close()
    successor.close()


def test_the_end_that_a_reader_is_told_lies_behind_pending_transactions(
    ground: Ground,
) -> None:
    transport = ground.transport(ordinal=0)
    sink = transport.sink("extract")
    sink.reset()
    sink.begin()
    sink.send(record(b"pending"))
    sink.flush()
    reader = transport.reader("profiles")
    ends = reader.assign([0])
    assert ends[0] == 1
    reader.poll(100, 10)
    assert reader.position(0) == 0
    sink.reset()
    poll_until(lambda: reader.poll(50, 10), lambda: reader.position(0) >= ends[0])
    for end in (sink, reader, transport):
        end.close()


def test_a_reader_passes_control_records_and_begins_anew_when_told(
    ground: Ground,
) -> None:
    transport = ground.transport()
    sink = transport.sink("extract")
    sink.reset()
    for value in (b"1", b"2"):
        sink.begin()
        sink.send(record(value))
        sink.send(record(value, partition=1))
        sink.flush()
        sink.commit()
    reader = transport.reader("profiles")
    assert [raw.offset for raw in read(reader)] == [0, 2]
    assert reader.position(0) == 4
    reader.release([0])
    assert [raw.value for raw in read(reader, 1)] == [b"1", b"2"]
    reader.release([1])
    assert [raw.value for raw in read(reader)] == [b"1", b"2"]
    for end in (sink, reader, transport):
        end.close()


def test_an_empty_partition_has_been_read_at_once(ground: Ground) -> None:
    transport = ground.transport()
    reader = transport.reader("profiles")
    assert reader.assign(ALL) == dict.fromkeys(ALL, 0)
    assert [reader.position(p) for p in ALL] == [0] * PARTITIONS
    for end in (reader, transport):
        end.close()


def test_offsets_go_with_the_transaction_or_not_at_all(ground: Ground) -> None:
    transport = ground.transport(ordinal=0)
    source = transport.source("extract", ["events", "users"])
    sink = transport.sink("extract")
    sink.reset()
    join(source)
    assert set(source.committed(ALL).values()) == {None}
    sink.begin()
    sink.send_offsets({("events", 0): 5}, source.membership())
    sink.reset()
    assert source.committed([0])["events", 0] is None
    sink.begin()
    sink.send_offsets({("events", 0): 7, ("users", 0): 1}, source.membership())
    with pytest.raises(Indefinite):
        source.committed([0])
    sink.commit()
    assert source.committed([0]) == {("events", 0): 7, ("users", 0): 1}
    for end in (source, sink, transport):
        end.close()


def test_offsets_of_a_former_assignment_are_refused(ground: Ground) -> None:
    transport = ground.transport()
    source = transport.source("extract", ["events"])
    join(source)
    sink = transport.sink("extract")
    sink.reset()
    former = source.membership()
    other = transport.source("extract", ["events"])

    def both() -> None:
        source.poll(50, 1)
        other.poll(50, 1)

    poll_until(both, lambda: len(source.assignment()) == len(other.assignment()) == 2)
    sink.begin()
    with pytest.raises(Indefinite):
        sink.send_offsets({("events", 0): 5}, former)
    sink.reset()
    assert source.committed([0])["events", 0] is None
    for end in (source, other, sink, transport):
        end.close()


def test_offsets_without_membership_are_refused(ground: Ground) -> None:
    transport = ground.transport()
    source = transport.source("extract", ["events"])
    sink = transport.sink("extract")
    sink.reset()
    sink.begin()
    with pytest.raises(Indefinite, match="not a member"):
        sink.send_offsets({("events", 0): 5}, source.membership())
    for end in (source, sink, transport):
        end.close()


def test_members_share_partitions_the_same_of_each_topic(ground: Ground) -> None:
    transport = ground.transport()
    sources = [
        transport.source("extract", ["events", "feedback", "users"]) for _ in range(3)
    ]

    def spread() -> bool:
        owned = [source.assignment() for source in sources if source.joined]
        return len(owned) == 3 and sum(map(len, owned)) == PARTITIONS

    poll_until(lambda: [source.poll(20, 1) for source in sources], spread)
    assert sorted(p for source in sources for p in source.assignment()) == list(ALL)
    for source in sources:
        source.close()
    transport.close()


def test_a_source_reads_from_where_it_is_told_and_not_while_it_is_paused(
    ground: Ground,
) -> None:
    ground.send(*(Send("events", 0, b"k", b"%d" % n) for n in range(6)))
    transport = ground.transport()
    source = transport.source("extract", ["events"])
    join(source)
    source.pause(ALL)
    for partition in ALL:
        source.seek("events", partition, None)
    assert [source.poll(20, 10) for _ in range(5)] == [[]] * 5
    source.resume([0])
    found: list[Raw] = []
    poll_until(lambda: found.extend(source.poll(50, 4)), lambda: len(found) == 6)
    assert [raw.value for raw in found] == [b"%d" % n for n in range(6)]
    assert source.positions([0])["events", 0] == 6
    source.seek("events", 0, 4)
    found.clear()
    poll_until(lambda: found.extend(source.poll(50, 1)), lambda: len(found) == 2)
    assert [raw.offset for raw in found] == [4, 5]
    for end in (source, transport):
        end.close()


def test_the_newer_of_two_members_of_one_ordinal_stays(ground: Ground) -> None:
    old_end, new_end = ground.transport(ordinal=0), ground.transport(ordinal=0)
    old = old_end.source("extract", ["events"])
    join(old)
    with closing(new_end.source("extract", ["events"])) as new:
        join(new)

        def poll_both() -> None:
            new.poll(20, 1)
            old.poll(20, 1)

        with pytest.raises(Fenced, match="another worker"):
            poll_until(poll_both, lambda: False)
        assert new.assignment() == frozenset(ALL)
        new.poll(20, 1)
    old.close()


def test_a_topic_that_is_not_there_is_named(ground: Ground) -> None:
    transport = ground.transport()
    with pytest.raises(BadTopics, match="nonsense"):
        transport.partitions("nonsense")
    transport.close()


def test_two_sinks_without_ordinal_do_not_know_each_other(ground: Ground) -> None:
    ends: list[Any] = [ground.transport().sink("extract") for _ in range(2)]
    for sink in ends:
        sink.reset()
        sink.begin()
    for sink in ends:
        sink.send(replace(record(b"v"), key=b"%d" % ends.index(sink)))
        sink.flush()
        sink.commit()
        sink.close()
    assert [raw.key for raw in ground.committed("profiles")] == [b"0", b"1"]
