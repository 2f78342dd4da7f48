"""Records that cannot be used: each goes aside alone, and too many stop the worker."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipeline.runtime.faults import BadLog, TooManyDeadLetters
from pipeline.runtime.limits import Limits
from pipeline.runtime.transport import RECORD_BYTES, Raw, Send
from pipeline.stage import In, Out, Result, WorkerSpec
from pipeline.stages.diversify import Diversify, DiversifyConfig
from pipeline.stages.extract import Extract, ExtractConfig, Items
from tests.runtime.application import PARTITIONS, USERS, event, sent
from tests.runtime.rig import SPECS, Rig, conserved
from topics import FEATURES, codec
from topics.dead_letters import HEADER_DETAIL, HEADER_REASON, HEADER_SOURCE
from topics.features import Feature
from topics.partitioning import partition_of
from topics.spec import Position

HOME = partition_of("u1", PARTITIONS)
AWAY = (HOME + 1) % PARTITIONS
STRANGER = next(u for u in USERS if partition_of(u, PARTITIONS) != HOME)


class Poisoned(Extract):
    """extract, but for items that it cannot bear, or makes something unheard of."""

    def on_batch(self, batch: Sequence[In], now_ms: int) -> Result:
        result = super().on_batch(batch, now_ms)
        for unit in batch:
            if getattr(unit.unit, "item_id", "") == "poison":
                raise ZeroDivisionError("poison")
            if getattr(unit.unit, "item_id", "") == "swollen":
                tick = Feature("tick", unit.source, 1, item_id="x" * RECORD_BYTES)
                result.outputs.append(Out(FEATURES.name, "u", tick))
            if getattr(unit.unit, "item_id", "") == "unwritable":
                tick = Feature("tick", unit.source, 1, item_id="\ud800")
                result.outputs.append(Out(FEATURES.name, "u", tick))
        return result


def poisoned() -> WorkerSpec:
    def make(partition: int, items: Items) -> Poisoned:
        return Poisoned(partition, items, ExtractConfig())

    return replace(SPECS["extract"], make=make)


def headers(raw: Raw) -> dict[str, bytes]:
    return dict(raw.headers)


def features(rig: Rig) -> list[Feature]:
    found = rig.log.committed("features")
    return [unit for raw in found for unit in codec.read(FEATURES, raw.value or b"")]


@pytest.mark.parametrize(
    ("item", "reason"),
    [("poison", b"failed"), ("swollen", b"too_large"), ("unwritable", b"failed")],
)
def test_a_record_that_a_stage_cannot_bear_goes_aside_alone(
    item: str, reason: bytes
) -> None:
    rig = Rig(poisoned())
    rig.start()
    items = ["a", "b", item, "c", "d"]
    raws = rig.send(*(event(f"u{n % 3}", i) for n, i in enumerate(items)))
    rig.drain()
    (dead,) = rig.log.committed("events.dlq")
    assert dead.value == raws[2].value
    assert headers(dead)[HEADER_REASON] == reason
    where = b"events-%d-%d" % (raws[2].partition, raws[2].offset)
    assert headers(dead)[HEADER_SOURCE] == where
    assert sorted(f.item_id for f in features(rig)) == ["a", "b", "c", "d"]
    assert conserved(rig.registries)


def test_a_poison_record_is_reached_however_fast_others_come() -> None:
    rig = Rig(poisoned())
    rig.start()
    first, *_, last = sorted(USERS, key=lambda user: partition_of(user, PARTITIONS))
    flood = [event(first, "a")] * 3
    rig.send(*flood)
    (poison,) = rig.send(event(last, "poison"))
    for _ in range(40):
        rig.turn()
        rig.send(*flood)
    assert [raw.value for raw in rig.log.committed("events.dlq")] == [poison.value]
    rig.drain()
    assert conserved(rig.registries)


def test_after_a_poison_record_polls_are_large_again() -> None:
    rig = Rig(poisoned())
    rig.start()
    rig.send(event("u1", "a"), event("u1", "poison"), event("u1", "b"))
    rig.drain()
    before = len(rig.log.committed("features"))
    rig.send(*(event("u1", f"i{n}") for n in range(50)))
    rig.drain()
    assert len(rig.log.committed("features")) == before + 1


def test_a_record_of_ours_that_a_stage_cannot_bear_stops_the_worker() -> None:
    class Weak(Diversify):
        def on_batch(self, batch: Sequence[In], now_ms: int) -> Result:
            raise ZeroDivisionError

    def make(partition: int, _: object) -> Weak:
        return Weak(partition, DiversifyConfig())

    rig = Rig(replace(SPECS["diversify"], make=make))
    rig.start()
    unit = Feature("interaction", Position("events", 0, 3), 1, 1, "u1", "i1", "click")
    rig.send(Send("features", 2, None, b"[" + codec.write(unit) + b"]"))
    with pytest.raises(BadLog, match="features partition 2 offset 0"):
        rig.drain()
    assert not rig.log.groups["diversify"].offsets


@pytest.mark.parametrize("run", [True, False])
def test_a_flood_of_dead_letters_stops_the_worker_before_it_commits(run: bool) -> None:
    limits = Limits(
        dead_letter_run=20 if run else 10**6,
        dead_letter_ratio=0.5,
        dead_letter_window=10**6 if run else 40,
    )
    rig = Rig(SPECS["extract"], limits=limits)
    rig.start()
    rig.send(*(event("u1", f"i{n}") for n in range(30)))
    rig.drain()
    before = dict(rig.log.groups["extract"].offsets)
    rig.send(*(Send("events", HOME, b"u1", b"{") for _ in range(60)))
    with pytest.raises(TooManyDeadLetters, match="malformed"):
        rig.drain()
    assert rig.log.groups["extract"].offsets == before
    assert not rig.log.committed("events.dlq")


def test_after_a_flood_the_mended_worker_goes_on_where_it_stopped() -> None:
    rig = Rig(SPECS["extract"], limits=Limits(dead_letter_run=20))
    rig.start()
    rig.send(*(Send("events", HOME, b"u1", b"{") for _ in range(60)))
    rig.send(event(STRANGER, "i1"))
    with pytest.raises(TooManyDeadLetters):
        rig.drain()
    rig.kill()
    rig.limits = Limits()
    rig.start()
    rig.drain()
    assert len(rig.log.committed("events.dlq")) == 60
    assert len(features(rig)) == 1


def test_a_few_dead_letters_among_many_good_records_stop_nothing() -> None:
    limits = Limits(dead_letter_run=20, dead_letter_window=40)
    rig = Rig(SPECS["extract"], limits=limits)
    rig.start()
    for n in range(120):
        rig.send(event("u1", f"i{n}"))
        if n % 3 == 0:
            rig.send(Send("events", HOME, b"u1", b"{"))
        rig.drain()
    assert len(rig.log.committed("events.dlq")) == 40


@pytest.mark.parametrize("key", [b"u1", None])
def test_a_misrouted_record_is_forwarded_and_keeps_its_place(key: bytes | None) -> None:
    rig = Rig(SPECS["extract"])
    rig.start()
    value = event("u1", "i1").record.value
    mine = (("trace", b"7"),)
    (first,) = rig.send(Send("events", AWAY, key, value, mine))
    rig.drain()
    (feature,) = features(rig)
    assert feature.source == Position("events", AWAY, first.offset)
    forwarded = rig.log.committed("events")[-1 if HOME > AWAY else 0]
    assert (forwarded.partition, forwarded.key) == (HOME, b"u1")
    assert headers(forwarded) == {"trace": b"7", HEADER_SOURCE: b"events-%d-0" % AWAY}
    assert conserved(rig.registries)


def test_a_record_without_key_in_its_own_partition_is_forwarded_once() -> None:
    rig = Rig(SPECS["extract"])
    rig.start()
    rig.send(Send("events", HOME, None, event("u1", "i1").record.value))
    rig.drain()
    assert len(rig.log.committed("events")) == 2
    assert len(features(rig)) == 1


def test_a_dead_letter_of_a_forwarded_record_tells_its_first_place() -> None:
    rig = Rig(SPECS["extract"])
    rig.start()
    value = event("u1", "i1", type="unheard_of").record.value
    rig.send(Send("events", AWAY, b"u1", value, (("trace", b"7"),)))
    rig.drain()
    (dead,) = rig.log.committed("events.dlq")
    names = [name for name, _ in dead.headers]
    assert len(names) == len(set(names))
    assert headers(dead)[HEADER_SOURCE] == b"events-%d-0" % AWAY
    assert headers(dead)["trace"] == b"7"


def test_a_record_too_large_to_be_forwarded_is_a_dead_letter_whole() -> None:
    rig = Rig(SPECS["extract"])
    rig.start()
    large = event("u1", "i1", context={"note": "x" * (RECORD_BYTES - 150)}).record.value
    rig.send(Send("events", AWAY, None, large), event("u1", "i2"))
    rig.drain()
    (dead,) = rig.log.committed("events.dlq")
    assert dead.value == large
    assert headers(dead)[HEADER_REASON] == b"too_large"
    assert [f.item_id for f in features(rig)] == ["i2"]


def test_a_record_with_neither_key_nor_value_is_a_dead_letter() -> None:
    rig = Rig(SPECS["extract"])
    rig.start()
    rig.send(*(Send(topic, 1, None, None) for topic in ("events", "feedback", "users")))
    rig.drain()
    for topic in ("events", "feedback", "users"):
        (dead,) = rig.log.committed(f"{topic}.dlq")
        assert headers(dead)[HEADER_REASON] == b"empty"


def test_the_same_bad_record_again_after_a_crash_is_one_dead_letter() -> None:
    rig = Rig(SPECS["extract"])
    rig.start(ordinal=0)
    rig.send(Send("events", HOME, b"u1", b"{"), event("u1", "i1"))
    for _ in range(3):
        rig.turn()
    rig.start(ordinal=0)
    rig.drain()
    (dead,) = rig.log.committed("events.dlq")
    assert headers(dead)[HEADER_DETAIL]


def test_a_catalogue_record_for_rows_may_be_misrouted_too() -> None:
    rig = Rig(SPECS["update"])
    rig.start()
    item = sent("items", "i1", {"item_id": "i1"}).record
    rig.send(replace(item, partition=(item.partition + 1) % PARTITIONS))
    rig.drain()
    places = [(r.partition, r.key) for r in rig.log.committed("items")]
    assert (item.partition, b"i1") in places
    rows = [r for r in rig.log.committed("model") if r.key == b"item/i1"]
    assert [r.partition for r in rows] == [item.partition]
