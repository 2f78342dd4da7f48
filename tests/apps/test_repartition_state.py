"""State that is kept by partition, for another number of them: nothing is lost."""

from collections.abc import Iterable, Mapping

import pytest

from pipeline.apps.repartition_copy import home_of
from pipeline.apps.repartition_state import (
    accepted,
    event_times,
    memory_records,
    merged_totals,
    moved,
    remembered,
)
from pipeline.runtime.clock import ManualClock
from pipeline.runtime.memory import MemoryLog, MemoryTransport
from pipeline.runtime.transport import Raw, Send
from pipeline.stages.diversify import Diversify, DiversifyConfig
from tests.stages.diversify_run import Run, click, inputs, shown, tick
from topics import DIVERSIFY_CHANGELOG, MODEL, codec
from topics.model import ModelRow
from topics.partitioning import partition_of

OLD = 3
COUNTS = [2, 3, 4, 6, 7]
NAME = DIVERSIFY_CHANGELOG.name


def a_log(partitions: int) -> MemoryLog:
    return MemoryLog({NAME: partitions}, ManualClock(1_000))


def totals(counts: Mapping[int, int]) -> list[Raw]:
    rows = [
        (f"totals/{p}", {"accepted": n, "impressions": 2 * n, "clicks": 1})
        for p, n in counts.items()
    ]
    return [
        Raw(
            MODEL.name,
            home_of(MODEL, key, OLD),
            0,
            0,
            key.encode(),
            codec.write_row(
                ModelRow(key, 1_000 * n, {"popularity": codec.write_section(section)})
            ),
            (),
        )
        for n, (key, section) in enumerate(rows, 1)
    ]


@pytest.mark.parametrize("to", COUNTS)
def test_totals_add_up_to_what_they_were(to: int) -> None:
    made = merged_totals(totals({0: 5, 1: 0, 2: 11}), OLD, to)
    sections = [codec.read_section(row.sections["popularity"]) for row in made]
    assert [row.key for row in made] == [f"totals/{p}" for p in range(to)]
    assert accepted(made) == 16
    assert sum(section["impressions"] for section in sections) == 32
    assert sum(section["clicks"] for section in sections) == 3


def test_event_times_are_those_of_partitions_that_know_one() -> None:
    assert event_times({0: 5, 1: 0, 2: 3}, 3, 2) == {0: (3, 5), 1: (3, 5)}
    assert event_times({}, 3, 2) == {0: (0, 0), 1: (0, 0)}
    assert event_times({0: 5, 1: 7, 2: 9, 3: 1}, 4, 2) == {0: (5, 9), 1: (1, 7)}


def test_the_model_does_not_become_older() -> None:
    made = merged_totals(totals({0: 5, 1: 0, 2: 11}), OLD, 2)
    assert {row.event_time_ms for row in made} == {3_000}


def task(partition: int) -> Diversify:
    return Diversify(partition, DiversifyConfig())


def written(runs: Iterable[Run]) -> MemoryLog:
    log = a_log(OLD)
    for partition, run in enumerate(runs):
        for pack in run.log:
            log.append(Send(NAME, partition, None, pack))
    return log


@pytest.mark.parametrize("to", COUNTS)
def test_an_impression_that_waits_becomes_one_example_wherever_its_user_goes(
    to: int,
) -> None:
    runs = [Run() for _ in range(OLD)]
    users = [f"u{n}" for n in range(30)]
    for n, user in enumerate(users):
        run = runs[partition_of(user, OLD)]
        run.take(shown(n, n, user_id=user), click(n, 50 + n, user_id=user, item_id="j"))
    runs[0].take(tick(615))  # What was shown before 5 s is over, there alone.
    for run in runs:
        run.commit()
    over = {e.source.offset for e in runs[0].examples if e.origin == "impression"}
    assert over

    old = remembered(MemoryTransport(written(runs)), task, lambda _: None)
    made = moved(old, "old", to)
    log = a_log(to)
    for record in memory_records(made, "old"):
        log.append(record)
    new = remembered(MemoryTransport(log), task, lambda _: None)
    assert new.held() == made.held()
    assert new.waiting == old.waiting == len(users) - len(over)

    examples = []
    for partition, memories in new.memories.items():
        packs = [pack for pack, _ in codec.write_packs(memories)]
        run = Run(packs)
        assert {partition_of(m.user_id, to) for m in memories} <= {partition}
        result = run.task.on_batch(inputs([tick(10_000)]), 0)
        examples += [out.unit for out in result.outputs if out.topic == "examples"]
    assert sorted(e.source.offset for e in examples) == sorted(
        set(range(len(users))) - over
    )
    assert {e.source.topic for e in examples} == {"old.events"}


@pytest.mark.parametrize("to", COUNTS)
def test_the_items_of_the_next_basis_are_known_to_the_first_task(to: int) -> None:
    run = Run()
    run.take(
        *[
            click(n, n, user_id=f"u{n}", item_id=f"i{n}", tags=[f"t{n % 5}"])
            for n in range(40)
        ]
    )
    run.commit()
    log = written([run, Run(), Run()])
    made = moved(remembered(MemoryTransport(log), task, lambda _: None), "old", to)
    of_items = [
        (partition, each.entry, each.item_id, each.version)
        for partition, memories in made.memories.items()
        for each in memories
        if not each.user_id
    ]
    assert len(of_items) == 41
    assert {partition for partition, *_ in of_items} == {0}
    assert of_items[-1] == (0, "basis", "", 1)
