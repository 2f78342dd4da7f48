"""What is kept stays bounded and finite, whatever users and ids come."""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf, isfinite, nan

import numpy as np
import pytest

from pipeline.stage import Fate, In
from pipeline.stages.update.retention import RetentionConfig
from pipeline.stages.update.rows import RowsConfig, UpdateRows
from tests.build import NOW_MS, example
from tests.stages.diversify_run import Run, click, shown
from topics.codec import read_section
from topics.examples import Example
from topics.spec import HOUR_MS, Position

IDS, PACK = 1_000_000, 500
ROWS, COUNTERS = 2_000, 1_000
BOUNDED = RowsConfig(
    room=ROWS // 2, retention=RetentionConfig(ROWS, COUNTERS, expiry_ms=500)
)
SOURCE = Position("events", 0, 0)
EXTREMES = (5e-324, 1e-45, 1e-12, 1.0, 1e38, 1.7e308, inf)
Sections = Mapping[str, Mapping[str, object]]


def learnable(unit: Example) -> In:
    return In("examples", unit.item_id, unit, SOURCE, NOW_MS)


def new_ids(pack: int) -> list[In]:
    """Items that no one has seen, one in fifty of them twice: it gets a row."""
    time_ms, before = NOW_MS + pack, [f"i{pack * PACK - 1}"]
    units = [
        Example(
            SOURCE,
            "interaction",
            f"i{pack * PACK + n}",
            user_id="u",
            label=1,
            weight=1.0,
            type="click",
            event_time_ms=time_ms,
            recent_items=before,
            recent_times_ms=[time_ms],
        )
        for n in range(PACK)
    ]
    return [learnable(unit) for unit in units + units[::50]]


def sections(task: UpdateRows) -> Sections:
    """All sections that were touched, by key and expert."""
    return {
        f"{row.key} {name}": read_section(raw)
        for row in task.touched()
        if row.value is not None
        for name, raw in row.value.sections.items()
    }


def strange(found: Sections) -> list[str]:
    """Where there is a number that is not finite."""
    types = {"logs": np.float64, "stages": np.uint32, "sessions": np.uint32}
    return [
        f"{key}.{name}"
        for key, section in found.items()
        for name, value in section.items()
        if (isinstance(value, float) and not isfinite(value))
        or (
            isinstance(value, bytes)
            and not np.isfinite(np.frombuffer(value, types.get(name, np.float32))).all()
        )
    ]


def events_of(task: UpdateRows, item_id: str) -> object:
    return sections(task)[f"item/{item_id} popularity"]["events"]


@pytest.mark.timeout(300)  # about fifteen seconds, if nothing else is running
def test_a_million_ids_leave_no_more_than_the_settings_allow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Numbers of ids have a bound of their own; here it is reached early.
    monkeypatch.setattr("pipeline.logic.experts.numbering.NUMBERS", 100)
    task, keys, kept_bytes = UpdateRows(0, BOUNDED), set[str](), []
    for pack in range(IDS // PACK):
        task.on_batch(new_ids(pack), NOW_MS)
        if pack % 20 == 19:
            for row in task.touched():
                (keys.discard if row.value is None else keys.add)(row.key)
            task.commit()
        if pack % 500 == 499:
            sizes = task.gauges()
            assert sizes["rows"] == ROWS
            assert sizes["counters"] <= COUNTERS
            kept_bytes.append(len(pickle.dumps(task)))
    assert task.gauges()["accepted"] == IDS + IDS // 50
    assert len(keys) <= ROWS + COUNTERS + 1
    # Not only rows and counters: nothing of the task has grown.
    assert max(kept_bytes) < 1.05 * min(kept_bytes)


def test_expiry_alone_bounds_what_is_kept_too() -> None:
    task = UpdateRows(0, RowsConfig(retention=RetentionConfig(expiry_ms=9)))
    for pack in range(50):
        task.on_batch(new_ids(pack), NOW_MS)
        task.commit()
        sizes = task.gauges()
        assert sizes["rows"] + sizes["counters"] <= 10 * PACK


def test_of_one_user_no_more_is_learnt_in_a_window_than_the_cap() -> None:
    run = Run(user_cap=20, user_cap_window_ms=HOUR_MS)
    flood = [click(n / 10, n, item_id=f"i{n % 500}") for n in range(5_000)]
    others = [click(600, n, user_id=f"u{n}", item_id="x") for n in range(50)]
    learnt = run.take(*flood, *others)
    mine = [unit for unit in learnt if unit.user_id == "u"]
    # A bucket of 20 at once, and what drained from it in 500 of 3,600 seconds.
    assert len(mine) == 20 + 2
    assert len(learnt) == len(mine) + 50
    assert sum(run.dropped().values()) == 5_000 - len(mine)
    assert run.dropped()["user_cap"] > 1_000


def test_the_cap_holds_over_many_windows_and_for_what_is_shown_too() -> None:
    run = Run(user_cap=10, user_cap_window_ms=60_000, impression_weight=0.5)
    for second in range(1_200):
        item_id = f"i{second}"
        run.take(
            click(second, 2 * second, item_id=item_id),
            shown(second, 2 * second + 1, item_id=f"s{second}"),
        )
    spent = sum(unit.weight for unit in run.examples) + 0.5 * run.count(Fate.WAITING)
    assert 10 * 20 <= spent <= 10 * 21


def test_one_user_who_clicks_without_end_raises_an_item_by_the_cap_alone() -> None:
    run, task = Run(user_cap=10, repeat_window_ms=0), UpdateRows(0, RowsConfig())
    for n in range(2_000):
        run.take(click(n / 1_000, n, item_id="x"))
    task.on_batch([learnable(unit) for unit in run.examples], NOW_MS)
    assert events_of(task, "x") == 10


@pytest.mark.parametrize("weight", [nan, inf, -inf, 1e38, -1e38, 1_001.0])
def test_a_weight_that_means_nothing_is_dropped_before_anything_learns_it(
    weight: float,
) -> None:
    run = Run()
    assert run.take(click(weight=weight)) == []
    assert run.dropped() == {"out_of_range": 1}


def test_the_smallest_weight_is_learnt_and_leaves_all_finite() -> None:
    run, task = Run(), UpdateRows(0, RowsConfig())
    run.take(*[click(n, n, item_id=f"i{n % 3}", weight=5e-324) for n in range(90)])
    assert run.examples
    task.on_batch([learnable(unit) for unit in run.examples], NOW_MS)
    assert strange(sections(task)) == []


@pytest.mark.parametrize("weight", EXTREMES)
@pytest.mark.parametrize("times_ms", [[1], [NOW_MS, 1], [1, NOW_MS], [NOW_MS, 1 << 52]])
def test_weights_and_times_at_the_end_of_their_range_leave_all_finite(
    weight: float, times_ms: Sequence[int]
) -> None:
    task = UpdateRows(0, RowsConfig(retention=RetentionConfig(expiry_ms=1 << 60)))
    for n in range(200):
        unit = replace(
            example("a", ["b", "c"], at_ms=times_ms[n % len(times_ms)]),
            weight=weight,
            history=[0, 2**31 - 1][n % 2],
            attributes=["plan=paid"],
        )
        task.on_batch([learnable(unit)], NOW_MS)
    found = sections(task)
    assert {key.partition(" ")[0] for key in found} == {"item/a", "totals/0"}
    assert strange(found) == []
