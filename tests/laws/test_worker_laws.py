"""The worker keeps its promises, on every log that it can run on."""

from collections import Counter
from contextlib import closing

import pytest

from pipeline.runtime.faults import BadLog, Fenced
from pipeline.runtime.transport import Send
from tests.laws.crew import Crew
from tests.runtime.application import (
    PARTITIONS,
    USERS,
    catalogue,
    event,
    sent,
)
from tests.runtime.rig import SPECS, conserved
from topics import FEATURES, codec
from topics.codec import PACK_UNITS
from topics.dead_letters import HEADER_REASON, HEADER_SOURCE
from topics.partitioning import partition_of
from topics.users import User


def test_each_event_has_one_feature_and_those_of_a_user_keep_their_order(
    crew: Crew,
) -> None:
    crew.send(*(event(USERS[n % 9], f"i{n}") for n in range(200)))
    crew.start()
    crew.drain()
    features = crew.features()
    assert Counter(f.item_id for f in features) == {f"i{n}": 1 for n in range(200)}
    for user in USERS:
        items = [int(f.item_id[1:]) for f in features if f.user_id == user]
        assert items == sorted(items)
    assert conserved(crew.registries)


def test_units_of_a_partition_go_down_as_packs(crew: Crew) -> None:
    crew.send(*(event("u1", f"i{n % 50}") for n in range(1_200)))
    crew.start()
    crew.drain()
    raws = crew.ground.committed("features")
    sizes = [len(codec.read(FEATURES, raw.value or b"")) for raw in raws]
    assert sum(sizes) == 1_200
    assert max(sizes) <= PACK_UNITS
    assert len(raws) <= 12
    assert {raw.partition for raw in raws} == {partition_of("u1", PARTITIONS)}


def test_what_is_committed_is_what_has_been_read(crew: Crew) -> None:
    crew.send(*(event(USERS[n % 9], "i1") for n in range(50)))
    worker = crew.start()
    crew.drain()
    remembered = {
        (topic, partition): offset
        for partition, task in worker.tasks.active.items()
        for topic, offset in task.committed.items()
    }
    topics = [spec.name for spec in SPECS["extract"].sources]
    transport = crew.ground.transport()
    with closing(transport.source("extract", topics)) as source:
        committed = source.committed(range(PARTITIONS))
    transport.close()
    assert {k: v or 0 for k, v in committed.items()} == {
        k: v or 0 for k, v in remembered.items()
    }
    assert sum(v or 0 for v in committed.values()) == 50


def test_a_successor_goes_on_from_the_portraits_that_were_committed(crew: Crew) -> None:
    first = crew.start()
    crew.send(event("u1", "a"), event("u1", "b"))
    crew.drain()
    crew.leave(first)
    crew.start()
    crew.send(event("u1", "c"))
    crew.drain()
    last = next(f for f in crew.features() if f.item_id == "c")
    assert (last.history, last.recent_items) == (2, ["a", "b"])
    portrait = crew.portraits()["u1"]
    assert portrait
    assert portrait.recent_items == ["a", "b", "c"]


def test_a_null_value_deletes_an_item_and_forgets_a_user(crew: Crew) -> None:
    crew.send(*catalogue())
    crew.start()
    crew.send(sent("users", "u1", User("u1", {"plan": "free"})), event("u1", "i1"))
    crew.drain()
    crew.send(sent("items", "i1", None), sent("users", "u1", None))
    crew.drain()
    crew.send(event("u2", "i1"))
    crew.drain()
    before, after = (f for f in crew.features() if f.kind == "interaction")
    if before.user_id == "u2":
        before, after = after, before
    assert (before.categories, after.categories) == (["c1"], [])
    assert [f.user_id for f in crew.features() if f.kind == "forget"] == ["u1"]
    portrait = crew.portraits()["u1"]
    assert portrait
    assert portrait.forgotten_at_ms
    assert not portrait.attributes


def test_bad_records_go_aside_and_misrouted_ones_go_home(crew: Crew) -> None:
    home = partition_of("u1", PARTITIONS)
    away = (home + 1) % PARTITIONS
    value = event("u1", "i1").record.value
    crew.send(
        Send("events", home, b"u1", b"{", (("trace", b"7"),)),
        Send("events", away, b"u1", value),
        Send("events", home, b"u1", None),
        event("u1", "i2"),
    )
    crew.start()
    crew.drain()
    dead = [dict(raw.headers) for raw in crew.ground.committed("events.dlq")]
    assert [each[HEADER_REASON] for each in dead] == [b"malformed", b"empty"]
    assert dead[0][HEADER_SOURCE] == b"events-%d-0" % home
    assert dead[0]["trace"] == b"7"
    places = {f.item_id: f.source.partition for f in crew.features()}
    assert places == {"i1": away, "i2": home}
    assert conserved(crew.registries)


def test_two_workers_share_the_partitions_and_one_takes_over_all(crew: Crew) -> None:
    crew.send(*(event(USERS[n % 9], f"i{n}") for n in range(60)))
    first, second = crew.start(), crew.start()
    crew.drain()
    owned = [set(worker.tasks.active) for worker in (first, second)]
    assert owned[0] | owned[1] == set(range(PARTITIONS))
    assert not owned[0] & owned[1]
    crew.leave(first)
    crew.send(*(event(USERS[n % 9], f"i{n}") for n in range(60, 120)))
    # Kafka tells of it with an answer to a heartbeat.
    crew.turn_until(lambda: set(second.tasks.active) == set(range(PARTITIONS)))
    crew.drain()
    found = Counter(f.item_id for f in crew.features())
    assert found == {f"i{n}": 1 for n in range(120)}


def test_of_two_workers_with_one_ordinal_the_older_one_stops(crew: Crew) -> None:
    old = crew.start(ordinal=0)
    crew.send(event("u1", "a"))
    crew.drain()
    crew.start(ordinal=0)
    crew.send(event("u1", "b"))
    with pytest.raises(Fenced, match="another worker"):
        crew.drain()
    crew.workers.remove(old)
    old.close()
    crew.drain()
    found = Counter(f.item_id for f in crew.features())
    assert found == {"a": 1, "b": 1}


def test_a_record_of_ours_that_cannot_be_read_stops_a_worker(crew: Crew) -> None:
    crew.send(Send("profiles", 2, b"u1", b"{"))
    crew.start()
    with pytest.raises(BadLog, match="profiles partition 2 offset 0"):
        crew.drain()


def test_from_an_event_to_a_list_through_all_workers(crew: Crew) -> None:
    crew.send(*catalogue())
    for name in SPECS:
        crew.start(name)
    crew.drain()
    for n in range(24):
        crew.send(event(f"u{n % 6}", f"i{n // 6}"))
    crew.drain()
    for n in range(6):
        crew.send(event(f"u{n}", "i9"))
    crew.drain()
    lists = {raw.key for raw in crew.ground.committed("recommendations")}
    assert lists >= {f"u{n}".encode() for n in range(6)}
    assert conserved(crew.registries)
