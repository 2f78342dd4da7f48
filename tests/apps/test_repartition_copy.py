"""Copies for another number of partitions: each key once, and at home."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.apps.errors import AppError
from pipeline.apps.repartition_copy import Batches, Copier, Held
from pipeline.apps.repartition_side import held_of
from pipeline.runtime.clock import ManualClock
from pipeline.runtime.failpoints import no_failpoint
from pipeline.runtime.kafka.whole import Seen
from pipeline.runtime.memory import MemoryLog, MemoryTransport
from pipeline.runtime.transport import Raw, Send
from topics import DIVERSIFY_CHANGELOG, MODEL, PROFILES, USERS, codec
from topics.origin import HEADER_BROUGHT
from topics.partitioning import partition_of

OLD = 3
COUNTS = [2, 3, 4, 6, 7]
NAME = DIVERSIFY_CHANGELOG.name


def a_log(partitions: int) -> MemoryLog:
    names = (PROFILES.name, USERS.name, MODEL.name, NAME)
    return MemoryLog(dict.fromkeys(names, partitions), ManualClock(1_000))


def copied(log: MemoryLog, topic: str, to: int) -> tuple[list[Raw], Held]:
    new = a_log(to)
    sink = MemoryTransport(new, 0).sink("repartition")
    sink.reset()
    spec = next(s for s in (PROFILES, USERS, MODEL) if s.name == topic)
    copier = Copier(MemoryTransport(log), "old", Batches(sink, no_failpoint), to)
    held = copier.copy(spec, lambda _: None, {"~default"})
    return new.committed(topic), held


def append(log: MemoryLog, topic: str, key: str, value: bytes | None, at: int) -> None:
    log.append(Send(topic, at, key.encode(), value))


@given(
    st.lists(st.tuples(st.text("abcde", min_size=1), st.none() | st.binary())),
    st.sampled_from(COUNTS),
)
def test_the_newest_value_of_each_key_is_copied_to_where_the_key_belongs(
    records: list[tuple[str, bytes | None]], to: int
) -> None:
    log = a_log(OLD)
    for key, value in records:
        append(log, PROFILES.name, key, value, partition_of(key, OLD))
    live = {key: value for key, value in records if dict(records)[key] is not None}
    records_there, held = copied(log, PROFILES.name, to)
    assert {(raw.key or b"").decode(): raw.value for raw in records_there} == live
    assert held.keys == len(records_there)
    assert held.size == sum(len(value or b"") for value in live.values())
    for raw in records_there:
        assert raw.partition == partition_of((raw.key or b"").decode(), to)


def test_what_the_workers_pass_over_is_not_copied() -> None:
    log = a_log(OLD)
    good = codec.write({"user_id": "u1", "attributes": {"plan": "free"}})
    home = partition_of("u1", OLD)
    append(log, USERS.name, "u1", good, home)
    append(log, USERS.name, "u1", b"nonsense", home)
    append(log, USERS.name, "u1", b"{}", (home + 1) % OLD)
    append(log, PROFILES.name, "~default", b"[]", partition_of("~default", OLD))
    assert [raw.value for raw in copied(log, USERS.name, 4)[0]] == [good]
    assert copied(log, PROFILES.name, 4) == ([], Held())


def test_a_copy_says_where_it_stood_and_no_longer_where_it_came_from() -> None:
    log = a_log(OLD)
    at = partition_of("u", OLD)
    headers = (("kairec.source", b"users-0-1"), ("v", b"1"))
    log.append(Send(PROFILES.name, at, b"u", b"{}", headers))
    [copy] = copied(log, PROFILES.name, 4)[0]
    stood = f"old.profiles-{at}-0".encode()
    assert list(copy.headers) == [("v", b"1"), (HEADER_BROUGHT, stood)]


def seen(key: str, value: bytes, partition: int) -> Seen:
    return Seen(PROFILES.name, partition, 0, 0, key.encode(), value, {})


def found(*records: Seen) -> Held:
    return held_of(records, PROFILES, 4, {"~default"}, lambda _: None)[0]


def test_a_copy_that_lacks_a_key_or_a_byte_is_told_from_the_right_one() -> None:
    at = {key: partition_of(key, 4) for key in ("a", "b")}
    log = a_log(OLD)
    for key in at:
        append(log, PROFILES.name, key, key.encode() * 9, partition_of(key, OLD))
    right = copied(log, PROFILES.name, 4)[1]
    a, b = (seen(key, key.encode() * 9, home) for key, home in at.items())
    assert found(b, a) == right
    others = [(a,), (a, a), (a, seen("b", b"bbbbbbbba", at["b"]))]
    assert right not in [found(*records) for records in others]


def test_a_key_in_a_partition_of_another_is_refused() -> None:
    with pytest.raises(AppError, match="holds a of another"):
        found(seen("a", b"{}", (partition_of("a", 4) + 1) % 4))


def test_who_was_forgotten_stays_so() -> None:
    log = a_log(OLD)
    append(log, USERS.name, "u1", None, partition_of("u1", OLD))
    [copy] = copied(log, USERS.name, 4)[0]
    assert (copy.key, copy.value) == (b"u1", None)
