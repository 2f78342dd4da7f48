"""What a worker remembers after a restart is what was committed, byte for byte."""

from dataclasses import replace

import pytest

from pipeline.runtime.faults import BadLog, BadTopics, Indefinite
from pipeline.runtime.memory import MemoryLog
from pipeline.runtime.transport import Send
from pipeline.stages.extract import Extract
from pipeline.stages.extract.records import to_record
from tests.runtime.application import PARTITIONS
from tests.runtime.rig import SPECS, Rig, inputs_of, undisturbed
from topics import PROFILES, codec
from topics.partitioning import partition_of
from topics.profiles import Portrait


def committed_portraits(log: MemoryLog) -> dict[str, bytes]:
    """The newest value of each user in `profiles`."""
    found: dict[str, bytes] = {}
    for raw in log.committed("profiles"):
        key = (raw.key or b"").decode()
        if raw.value is None:
            found.pop(key, None)
        else:
            found[key] = raw.value
    return found


def remembered_portraits(rig: Rig) -> dict[str, bytes]:
    """What the tasks hold of users of whom something is committed, as they write it."""
    found = {}
    for user, value in committed_portraits(rig.log).items():
        task = rig.running["w"].worker.tasks.active[partition_of(user, PARTITIONS)]
        assert isinstance(task.stage, Extract)
        portrait = task.stage.portraits.get(user)
        if portrait is not None:
            last: Portrait = codec.read(PROFILES, value)[0]
            found[user] = codec.write(to_record(user, portrait, last.cause))
    return found


def test_restored_portraits_are_the_committed_ones() -> None:
    rig = Rig(SPECS["extract"], inputs_of(SPECS["extract"]))
    rig.start(ordinal=0)
    while rig.feed(1 / 4):
        rig.drain()
        rig.start(ordinal=0)
        for _ in range(20):
            rig.turn()
        assert remembered_portraits(rig) == committed_portraits(rig.log)


def test_what_comes_first_after_a_start_is_committed_without_waiting() -> None:
    spec = replace(SPECS["extract"], commit_interval_ms=10**12)
    rig = Rig(spec, inputs_of(spec))
    committed: list[dict[tuple[str, int], int]] = []
    rig.start(ordinal=0)
    for _ in range(3):
        for _ in range(10):
            rig.turn()
        committed.append(dict(rig.log.groups["extract"].offsets))
        rig.feed(1 / 3)
    before, first, later = committed
    assert sum(before.values()) < sum(first.values())
    assert later == first


@pytest.mark.parametrize("name", [n for n, s in SPECS.items() if s.changelog])
@pytest.mark.parametrize(
    ("value", "headers"),
    [(b"\xffgarbage", ()), (b"", ()), (b"[]x", ()), (b"[]", (("v", b"99"),))],
)
def test_a_changelog_record_that_cannot_be_read_stops_the_worker_with_its_place(
    name: str, value: bytes, headers: tuple[tuple[str, bytes], ...]
) -> None:
    spec = SPECS[name]
    assert spec.changelog is not None
    rig = Rig(spec)
    rig.send(Send(spec.changelog.name, 0, b"item/x", value, headers))
    rig.start()
    where = f"{spec.changelog.name} partition 0 offset 0"
    with pytest.raises(BadLog, match=where):
        rig.drain()
    assert not rig.log.groups[name].offsets


@pytest.mark.parametrize(
    "name", [n for n, s in SPECS.items() if not s.sources[0].public]
)
def test_an_input_of_ours_that_cannot_be_read_stops_the_worker_with_its_place(
    name: str,
) -> None:
    source = SPECS[name].sources[0].name
    rig = Rig(SPECS[name])
    rig.start()
    rig.send(Send(source, 0, b"k", b"[{]"))
    with pytest.raises(BadLog, match=f"{source} partition 0 offset 0"):
        rig.drain()
    assert not rig.log.groups[name].offsets


@pytest.mark.parametrize("name", SPECS)
def test_a_missing_topic_is_named_before_anything_is_read(name: str) -> None:
    rig = Rig(SPECS[name])
    gone = SPECS[name].sinks[0].name
    del rig.log.partitions[gone]
    with pytest.raises(BadTopics, match=gone):
        rig.start()


def test_topics_read_together_must_have_as_many_partitions() -> None:
    rig = Rig(SPECS["extract"])
    rig.log.partitions["users"] = PARTITIONS + 1
    with pytest.raises(BadTopics, match="users"):
        rig.start()


@pytest.mark.parametrize("name", SPECS)
def test_a_restore_that_is_cut_short_begins_again(name: str) -> None:
    spec = SPECS[name]
    rig = Rig(spec, inputs_of(spec))
    rig.start("a")
    rig.feed(1 / 2)
    rig.drain()
    misses = iter([False, True, True, False, True] + [False] * 10**6)

    def break_at(step: str) -> None:
        if step in {"ends", "committed"} and next(misses):
            raise Indefinite(step)

    rig.start("b", break_at=break_at)
    for _ in range(2):
        rig.turn("b")
    rig.start("c")
    rig.feed()
    rig.drain()
    assert rig.found() == undisturbed(name)


def test_a_worker_is_not_ready_before_its_replica_and_its_portraits_are_read() -> None:
    rig = Rig(SPECS["extract"], inputs_of(SPECS["extract"]))
    rig.start()
    rig.feed()
    rig.drain()
    worker = rig.start("x")
    reasons = [worker.not_ready()]
    while worker.not_ready():
        rig.turn("x")
        reasons.append(worker.not_ready())
    assert reasons[0] == "Kafka does not answer"
    assert reasons[-1] == ""
