"""The laws of a stage, for any inputs."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from itertools import accumulate, pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.stage import Fate
from pipeline.stages.diversify.config import BasisConfig
from tests.build import NOW_MS
from tests.stages.diversify_run import (
    Run,
    click,
    dislike,
    forget,
    inputs,
    memory_of,
    shown,
    tick,
)
from topics.features import Feature

LAG = {"watermark_lag_seconds": 0.0}
SETTINGS: dict[str, Any] = {
    "join_window_ms": 20_000,
    "lateness_ms": 3_000,
    "repeat_window_ms": 4_000,
    "user_cap": 6.0,
    "user_cap_window_ms": 30_000,
    "impression_weight": 0.5,
    "negative_share": 0.5,
    "basis": BasisConfig(first=2, most=2, renewed=0.5, keep_ms=30_000),
}
WHO = {
    "user_id": st.sampled_from("uv"),
    "item_id": st.sampled_from("ijk"),
    "tags": st.sampled_from([["a"], ["a"], ["b"], []]),
}
SLATE = st.sampled_from(["s", "t"])
KINDS = st.one_of(
    st.builds(partial, st.just(shown), slate_id=SLATE, **WHO),
    st.builds(partial, st.just(click), slate_id=st.none() | SLATE, **WHO),
    st.builds(partial, st.just(dislike), slate_id=st.none() | SLATE, **WHO),
    st.builds(partial, st.just(click), duplicate=st.just(True), **WHO),
    st.builds(partial, st.just(tick)),
    st.builds(partial, st.just(forget), user_id=WHO["user_id"]),
)
STEPS_S = st.integers(0, 3) | st.integers(0, 30)
BACK_S = st.just(0) | st.integers(0, 30)
MOMENTS = st.tuples(KINDS, STEPS_S, BACK_S)
Moments = list[tuple[Callable[[int], Feature], int, int]]


def in_time(moments: Moments) -> list[Feature]:
    """Time goes on by steps; some units come late."""
    now_s = accumulate(step for _, step, _ in moments)
    return [
        make(now - back) for (make, _, back), now in zip(moments, now_s, strict=True)
    ]


UNITS = (
    st.lists(MOMENTS, max_size=8) | st.lists(MOMENTS, min_size=20, max_size=60)
).map(in_time)
CUTS = st.sets(st.integers(1, 59), max_size=8)


def polls(units: list[Feature], cuts: set[int]) -> list[list[Feature]]:
    ends = [0, *sorted(cuts), len(units)]
    return [units[a:b] for a, b in pairwise(ends)]


@given(UNITS, CUTS)
def test_any_split_into_polls_gives_the_same_outputs_and_memory(
    units: list[Feature], cuts: set[int]
) -> None:
    whole, split = Run(**SETTINGS), Run(**SETTINGS)
    whole.take(*units)
    for poll in polls(units, cuts):
        split.take(*poll)
        split.commit()
    whole.commit()
    assert split.examples == whole.examples
    assert split.samples == whole.samples
    assert split.fates == whole.fates
    assert memory_of(split.task) == memory_of(whole.task)


@given(UNITS, CUTS)
def test_after_undo_all_is_as_at_the_last_commit(
    units: list[Feature], cuts: set[int]
) -> None:
    straight, retried = Run(**SETTINGS), Run(**SETTINGS)
    for poll in polls(units, cuts):
        memory, figures = memory_of(retried.task), retried.task.gauges()
        retried.task.on_batch(inputs(poll), NOW_MS)
        retried.task.undo()
        assert memory_of(retried.task) == memory
        assert retried.task.gauges() | LAG == figures | LAG
        assert retried.take(*poll) == straight.take(*poll)
        retried.commit()
        straight.commit()
    assert memory_of(retried.task) == memory_of(straight.task)


@given(UNITS, CUTS)
def test_a_task_restored_from_its_changelog_goes_on_as_if_nothing_had_happened(
    units: list[Feature], cuts: set[int]
) -> None:
    run = Run(**SETTINGS)
    for poll in polls(units, cuts):
        again = run.restarted()
        assert again.task.touched() == []
        assert again.task.gauges() | LAG == run.task.gauges() | LAG
        assert memory_of(again.task) == memory_of(run.task)
        assert again.take(*poll) == run.take(*poll)
        run.commit()
        again.commit()
        assert memory_of(again.task) == memory_of(run.task)


@given(UNITS, CUTS)
def test_each_unit_has_one_fate_and_an_example_is_a_used_unit(
    units: list[Feature], cuts: set[int]
) -> None:
    run = Run(**SETTINGS)
    for poll in polls(units, cuts):
        run.take(*poll)
        assert run.count(Fate.WAITING) == run.task.gauges()["waiting"]
    assert sum(run.fates.values()) == len(units)
    silent = sum(unit.kind in {"tick", "forget"} for unit in units)
    assert run.count(Fate.USED) == len(run.examples) + silent


@given(UNITS)
def test_inputs_are_not_mutated(units: list[Feature]) -> None:
    copies = deepcopy(units)
    Run(**SETTINGS).take(*units)
    assert units == copies


@given(UNITS)
def test_when_all_time_has_passed_nothing_is_remembered(units: list[Feature]) -> None:
    run = Run(**SETTINGS)
    run.take(*units, tick(100_000))
    figures = run.task.gauges()
    assert [figures[name] for name in ("waiting", "remembered", "users")] == [0, 0, 0]
    assert run.count(Fate.WAITING) == 0
