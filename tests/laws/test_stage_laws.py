"""The laws of `pipeline.stage`, for every stage of the topology."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.runtime.intake import Intake, by_partition
from pipeline.stage import Fate, In, Result, Row, Stage
from tests.runtime.rig import SPECS, Rig, inputs_of
from topics.profiles import Portrait

NOW_MS = 1_700_000_900_000
# How many lists publish makes follows from how portraits fall into polls, by design.
SPLIT = [name for name in SPECS if name != "publish"]
REMEMBER = [name for name, spec in SPECS.items() if spec.changelog]
# What may be replayed is no state of the dense task: after a restart there is less.
GO_ON = [name for name in REMEMBER if name != "update.dense"]


@dataclass
class Run:
    """One task, what it gave, and what stands in its changelog."""

    stage: Stage
    outputs: list[tuple[str, str, Any]] = field(default_factory=list)
    changelog: list[Row] = field(default_factory=list)
    fates: int = 0

    def batch(self, records: Sequence[list[In]]) -> Result:
        """Give it some records: packs are never torn apart."""
        result = self.stage.on_batch([u for units in records for u in units], NOW_MS)
        self.outputs += [(o.topic, o.key, o.unit) for o in result.outputs]
        self.fates += sum(result.fates.values())
        return result

    def commit(self) -> None:
        self.changelog += self.stage.touched()
        self.stage.commit()

    def newest(self) -> dict[str, Any]:
        """Newest value of each key, without what depends on the split into commits."""
        found: dict[str, Any] = {}
        for row in self.changelog:
            value = row.value
            if isinstance(value, Portrait):
                value = replace(value, cause="interaction")
            found[row.key or repr((value.entry, value.user_id, value.item_id))] = value
        return found


@cache
def records_of(name: str) -> list[list[In]]:
    """Inputs of one partition, record by record; one with many of them."""
    spec = SPECS[name]
    rig = Rig(spec, inputs_of(spec))
    rig.feed()
    raws = [raw for source in spec.sources for raw in rig.log.committed(source.name)]
    raws.sort(key=lambda raw: (raw.append_time_ms, raw.offset))
    largest = max(by_partition(raws).values(), key=len)
    intake = Intake(spec.sources, rig.partitions)
    return [units for raw in largest if (units := intake.take([raw]).units)]


def fresh(name: str) -> Run:
    spec = SPECS[name]
    replica = spec.make_replica() if spec.make_replica else None
    partition = records_of(name)[0][0].source.partition
    return Run(spec.make(partition, replica))


@cache
def whole(name: str, commits: tuple[int, ...] = ()) -> Run:
    """All inputs, a call for each record, committed after each of these."""
    run = fresh(name)
    for n, units in enumerate(records_of(name)):
        run.batch([units])
        if n in commits:
            run.commit()
    run.commit()
    return run


def cuts(name: str) -> st.SearchStrategy[list[int]]:
    most = len(records_of(name)) - 1
    return st.lists(st.integers(1, most), max_size=6, unique=True).map(sorted)


@pytest.mark.parametrize("name", SPLIT)
@settings(max_examples=12)
@given(data=st.data())
def test_any_split_into_polls_gives_the_same(name: str, data: st.DataObject) -> None:
    run, records, begin = fresh(name), records_of(name), 0
    for end in [*data.draw(cuts(name)), len(records)]:
        if SPECS[name].pack_is_batch:
            for units in records[begin:end]:
                run.batch([units])
        else:
            run.batch(records[begin:end])
        begin = end
    run.commit()
    assert run.outputs == whole(name).outputs
    assert run.newest() == whole(name).newest()


@pytest.mark.parametrize("name", SPECS)
@settings(max_examples=12)
@given(data=st.data())
def test_what_is_undone_leaves_no_trace(name: str, data: st.DataObject) -> None:
    run, records = fresh(name), records_of(name)
    for n, units in enumerate(records):
        again = data.draw(st.sampled_from((False, False, False, True)))
        if again:
            run.stage.on_batch([u for more in records[n : n + 3] for u in more], NOW_MS)
            run.stage.undo()
            assert not run.stage.touched()
        run.batch([units])
        run.commit()
    assert run.outputs == whole(name, tuple(range(len(records)))).outputs
    assert run.newest() == whole(name, tuple(range(len(records)))).newest()


@pytest.mark.parametrize("name", GO_ON)
@settings(max_examples=12)
@given(data=st.data())
def test_a_task_restored_from_its_changelog_goes_on_as_if_nothing_had_been(
    name: str, data: st.DataObject
) -> None:
    records = records_of(name)
    at = data.draw(st.integers(1, len(records) - 1))
    run = fresh(name)
    for units in records[:at]:
        run.batch([units])
    run.commit()
    again = fresh(name)
    again.outputs, again.changelog = list(run.outputs), list(run.changelog)
    for row in run.changelog:
        again.stage.restore(row)
    assert not again.stage.touched()
    for units in records[at:]:
        again.batch([units])
    again.commit()
    assert again.outputs == whole(name).outputs
    assert again.newest() == whole(name, (at - 1,)).newest()


@pytest.mark.parametrize("name", SPECS)
def test_inputs_are_not_changed_and_each_has_one_fate(name: str) -> None:
    before = deepcopy(records_of(name))
    run = whole(name)
    assert records_of(name) == before
    assert run.fates == sum(map(len, before))


def test_diversify_counts_what_waits_as_waiting() -> None:
    run, waiting = fresh("diversify"), 0
    for units in records_of("diversify"):
        result = run.batch([units])
        waiting += result.fates[Fate.WAITING, ""]
        assert waiting == run.stage.gauges()["waiting"]
