"""What is dropped, and under which reason."""

from itertools import chain
from math import inf, nan
from typing import Any

import pytest

from pipeline.stage import Fate
from pipeline.stages.diversify import DiversifyConfig, pairs
from pipeline.stages.diversify.clean import REASONS
from pipeline.stages.diversify.label import sample_of
from tests.build import NOW_MS
from tests.stages.diversify_run import Run, click, dislike, shown, tick
from topics.features import Feature


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        (click(duplicate=True), "duplicate"),
        (click(user_id=""), "missing"),
        (click(item_id=""), "missing"),
        (click(type=""), "missing"),
        (shown(slate_id=None), "missing"),
        (click(weight=0.0), "neutral"),
        (click(weight=nan), "out_of_range"),
        (click(weight=inf), "out_of_range"),
        (click(weight=-1e9), "out_of_range"),
        (click(at_s=-NOW_MS / 1000), "out_of_range"),
        (click(301, append_time_ms=NOW_MS), "too_far_in_future"),
    ],
)
def test_a_unit_that_teaches_nothing_is_dropped(unit: Feature, reason: str) -> None:
    run = Run()
    assert run.take(unit) == []
    assert run.dropped() == {reason: 1}
    assert reason in REASONS


def test_a_record_from_the_future_does_not_move_the_watermark() -> None:
    run = Run()
    run.take(shown(0), click(86_400, append_time_ms=NOW_MS), click(-86_400 * 365))
    assert run.count(Fate.WAITING) == 1
    assert run.dropped() == {"too_far_in_future": 1}


def test_the_same_behaviour_within_the_window_counts_once() -> None:
    run = Run()
    assert len(run.take(click(0), click(9.999), click(10), click(10.001))) == 2
    assert run.dropped() == {"repeated": 2}


def test_behaviour_of_another_type_slate_or_user_is_no_repetition() -> None:
    run = Run()
    others = [click(type="save"), click(slate_id="s"), click(user_id="v")]
    assert len(run.take(click(), *others)) == 4


def test_repeated_behaviour_is_seen_whatever_the_order() -> None:
    run = Run()
    assert len(run.take(click(5), click(0), click(16))) == 2
    assert run.dropped() == {"repeated": 1}


def test_a_repetition_is_seen_after_a_restart() -> None:
    run = Run()
    run.take(click(0))
    run.commit()
    again = run.restarted()
    assert again.take(click(5)) == []
    assert again.dropped() == {"repeated": 1}


def test_late_behaviour_that_comes_twice_counts_once() -> None:
    run = Run()
    run.take(tick(86_400))
    assert len(run.take(click(0), tick(86_401), click(1))) == 1


def test_of_two_that_contradict_each_other_the_later_is_learnt() -> None:
    run = Run()
    assert [e.label for e in run.take(dislike(5), click(0))] == [0]
    assert run.dropped() == {"contradictory": 1}


def test_a_change_of_mind_is_learnt_and_noted() -> None:
    run = Run()
    assert [e.label for e in run.take(click(0), dislike(5))] == [1, 0]
    assert run.fates[Fate.USED, "contradictory"] == 1
    assert [e.label for e in run.take(click(60))] == [1]


def test_the_same_type_with_the_opposite_sign_is_a_change_of_mind() -> None:
    rated = [click(0, type="rating", weight=3.0), click(5, type="rating", weight=-1.0)]
    assert [e.label for e in Run().take(*rated)] == [1, 0]


def test_behaviour_is_remembered_as_long_as_its_newest_act() -> None:
    run = Run(join_window_ms=0, lateness_ms=9_000)
    run.take(click(9), click(0, type="save"), tick(27))
    assert run.take(click(17)) == []


def test_only_the_newest_acts_of_a_pair_are_remembered() -> None:
    run = Run()
    run.take(*[click(0, type=f"t{n}") for n in range(pairs.ACTS)])
    assert run.take(click(1, type="t0")) == []
    run.take(click(1, type="another"))
    assert len(run.take(click(1, type="t0"))) == 1


def test_one_user_contributes_no_more_than_the_cap() -> None:
    run = Run(user_cap=10.0, user_cap_window_ms=100_000)
    flood = [click(n / 1000, item_id=f"i{n}") for n in range(50)]
    assert len(run.take(*flood, click(0, user_id="v"))) == 11
    assert run.dropped() == {"user_cap": 40}
    assert len(run.take(click(10.1, item_id="i50"), click(10.2, item_id="i51"))) == 1


def test_a_flood_of_old_times_meets_the_cap_too() -> None:
    run = Run(user_cap=10.0, user_cap_window_ms=100_000)
    run.take(tick(86_400))
    flood = [click(-1000 * n, item_id=f"i{n}") for n in range(50)]
    time = [tick(86_400 + n / 1000) for n in range(50)]
    assert len(run.take(*chain(*zip(flood, time, strict=True)))) == 10


def test_a_flood_that_goes_back_in_time_does_not_drain_the_bucket_twice() -> None:
    run = Run(user_cap=10.0, user_cap_window_ms=100_000)
    flood = [click(9 * (n % 2), item_id=f"i{n}") for n in range(50)]
    assert len(run.take(*flood)) == 10


def test_seven_hundred_ratings_in_one_burst_are_below_the_cap() -> None:
    run = Run()
    assert len(run.take(*[click(n, item_id=f"i{n}") for n in range(700)])) == 700


def test_every_example_is_a_sample_too_unless_a_share_is_asked_for() -> None:
    units = [click(n, n, item_id=f"i{n}") for n in range(400)]
    whole, part, again = Run(), Run(sample_share=0.25), Run(sample_share=0.25)
    for run in (whole, part, again):
        run.take(*units)
    assert whole.samples == [sample_of(each, "") for each in whole.examples]
    assert part.examples == whole.examples
    assert part.samples == again.samples
    assert 50 < len(part.samples) < 150


@pytest.mark.parametrize(
    ("name", "value"), [("user_cap", 0.0), ("sample_share", 1.5), ("sample_share", nan)]
)
def test_a_setting_that_cannot_work_is_refused_by_name(name: str, value: float) -> None:
    settings: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=name):
        DiversifyConfig(**settings)
