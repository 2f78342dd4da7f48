"""At the start a record is decoded only if no newer one of its key was read with it."""

import pytest

from pipeline.runtime import newest
from pipeline.runtime.clock import ManualClock
from pipeline.runtime.limits import Limits
from pipeline.runtime.memory import MemoryLog, MemoryTransport
from pipeline.runtime.newest import Newest
from pipeline.runtime.recovery import POLL_RECORDS, Recovery
from pipeline.runtime.replica import ReplicaReader
from pipeline.runtime.transport import Raw, Send
from pipeline.stage import Row
from pipeline.stages.extract import Extract, ExtractConfig, Items
from topics import ITEMS, MODEL, PROFILES, codec
from topics.codec import write_row
from topics.model import ModelRow
from topics.profiles import Portrait
from topics.spec import Position, TopicSpec


class Seen:
    """Takes note of the rows it is given."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def apply(self, row: Row) -> None:
        self.rows.append(row)


def held(spec: TopicSpec, *keys: bytes) -> list[int]:
    """Offsets that are taken of records with these keys."""
    records = Newest(spec)
    for offset, key in enumerate(keys):
        records.hold(Raw(spec.name, 0, offset, 0, key, b"{}", ()))
    return [raw.offset for raw in records.take()]


def test_a_newer_record_takes_the_place_of_an_older_one_of_its_key() -> None:
    assert held(MODEL, b"a", b"b", b"a", b"c") == [2, 1, 3]


def test_an_applications_record_is_kept_for_the_newer_one_may_be_unreadable() -> None:
    assert held(ITEMS, b"a", b"a") == [0, 1]


def test_what_is_left_after_a_take_was_cut_short_comes_next() -> None:
    records = Newest(MODEL)
    for offset, key in enumerate((b"a", b"b", b"c")):
        records.hold(Raw(MODEL.name, 0, offset, 0, key, None, ()))
    assert next(records.take()).key == b"a"
    records.hold(Raw(MODEL.name, 0, 3, 0, b"a", None, ()))
    assert [raw.key for raw in records.take()] == [b"b", b"c", b"a"]


def of_one_key(count: int) -> MemoryTransport:
    log = MemoryLog({MODEL.name: 1}, ManualClock())
    for number in range(count):
        log.append(
            Send(MODEL.name, 0, b"item/a", write_row(ModelRow("item/a", number)))
        )
    return MemoryTransport(log)


def replica_of(transport: MemoryTransport) -> tuple[ReplicaReader, Seen]:
    seen = Seen()
    reader = transport.reader(MODEL.name)
    clock = ManualClock()
    return ReplicaReader(
        reader, MODEL, 1, seen, clock=clock, limits=Limits(replica_ms=0)
    ), seen


def test_of_a_key_that_was_written_over_and_over_a_replica_takes_the_last() -> None:
    replica, seen = replica_of(of_one_key(2 * POLL_RECORDS))
    while not replica.ready:
        assert not seen.rows
        replica.step(0, idle=True)
    [row] = seen.rows
    assert row.value.event_time_ms == 2 * POLL_RECORDS - 1


def test_no_more_is_held_back_than_memory_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(newest, "HELD_BYTES", 1)
    replica, seen = replica_of(of_one_key(2 * POLL_RECORDS))
    replica.step(0, idle=True)
    assert not replica.ready
    assert [row.value.event_time_ms for row in seen.rows] == [POLL_RECORDS - 1]


def portrait(user: str, time_ms: int) -> Send:
    record = Portrait(user, Position("events", 0, time_ms), "interaction", time_ms)
    return Send(PROFILES.name, 0, user.encode(), codec.write(record))


def test_what_is_restored_is_taken_when_a_partition_ends_and_each_key_once() -> None:
    log = MemoryLog({PROFILES.name: 2}, ManualClock())
    for time_ms in range(1, 2 * POLL_RECORDS):
        log.append(portrait("u", time_ms))
    log.append(Send(PROFILES.name, 0, b"gone", None))
    recovery = Recovery(MemoryTransport(log).reader(PROFILES.name), PROFILES, None)
    tasks = {p: Extract(p, Items(), ExtractConfig()) for p in (0, 1)}
    recovery.begin(dict(tasks))
    done: list[int] = []
    while len(done) < 2:
        done += recovery.step(0)
    assert sorted(done) == [0, 1]
    # The empty partition ends at once, with a first poll of the other.
    assert recovery.rows == recovery.restored[0] == 3
    known = tasks[0].portraits.get("u")
    assert known is not None
    assert known.event_time_ms == 2 * POLL_RECORDS - 1
    assert len(tasks[1].portraits) == 0
