"""Impressions meet what followed."""

from dataclasses import replace

import pytest

from pipeline.stage import Fate
from pipeline.stages.diversify import pairs
from tests.build import NOW_MS
from tests.stages.diversify_run import (
    LATENESS_S,
    WINDOW_S,
    Run,
    click,
    dislike,
    forget,
    shown,
    tick,
)
from topics.examples import Example


def labels(examples: list[Example]) -> list[tuple[str, int, float]]:
    return [(e.origin, e.label, e.weight) for e in examples]


NEGATIVE = ("impression", 0, 0.1)
POSITIVE = ("impression", 1, 0.1)
CLICKED = ("interaction", 1, 1.0)


def test_an_impression_with_no_click_turns_negative_when_its_window_closes() -> None:
    run = Run()
    assert run.take(shown(), tick(WINDOW_S + LATENESS_S - 0.001)) == []
    assert run.count(Fate.WAITING) == 1
    assert labels(run.take(tick())) == [NEGATIVE]
    assert run.count(Fate.WAITING) == 0


def test_a_click_is_an_example_at_once_and_makes_its_impression_positive() -> None:
    run = Run()
    given = run.take(shown(0, 1), click(5, 2, slate_id="s"))
    assert labels(given) == [CLICKED, POSITIVE]
    assert [e.source.offset for e in given] == [2, 1]
    assert run.take(tick()) == []
    assert run.count(Fate.USED) == 3


def test_a_click_outside_of_any_slate_answers_all_impressions_of_its_item() -> None:
    run = Run()
    run.take(shown(0, slate_id="s1"), shown(1, slate_id="s2"), shown(9, item_id="j"))
    assert labels(run.take(click(5))) == [CLICKED, POSITIVE, POSITIVE]
    assert labels(run.take(tick(2 * WINDOW_S))) == [NEGATIVE]


def test_a_click_in_one_slate_says_nothing_of_another() -> None:
    run = Run()
    run.take(shown(0, slate_id="s1"), shown(1, slate_id="s2"))
    assert labels(run.take(click(5, slate_id="s2"))) == [CLICKED, POSITIVE]
    assert run.count(Fate.WAITING) == 1


def test_a_dislike_makes_its_impression_negative_without_waiting() -> None:
    run = Run()
    given = run.take(shown(), dislike(5, slate_id="s"))
    assert labels(given) == [("interaction", 0, 2.0), NEGATIVE]
    assert run.count(Fate.WAITING) == 0


@pytest.mark.parametrize("slate_id", ["s", None])
def test_a_click_that_arrives_before_its_impression_is_remembered(
    slate_id: str | None,
) -> None:
    run = Run()
    given = run.take(click(5, slate_id=slate_id), shown(0))
    assert labels(given) == [CLICKED, POSITIVE]
    assert run.count(Fate.WAITING) == 0


def test_of_two_answers_that_came_before_the_impression_the_earlier_counts() -> None:
    run = Run()
    given = run.take(click(30, slate_id="s"), dislike(5, slate_id="s"), shown(0))
    assert labels(given)[-1] == NEGATIVE


def test_clocks_may_disagree_about_a_slate_but_not_about_other_clicks() -> None:
    assert labels(Run().take(shown(5), click(0, slate_id="s"))) == [CLICKED, POSITIVE]
    assert labels(Run().take(shown(5), click(0))) == [CLICKED]
    assert labels(Run().take(click(0), shown(5))) == [CLICKED]


def test_a_click_after_the_window_answers_nothing() -> None:
    run = Run()
    late = click(WINDOW_S + 1, slate_id="s")
    assert labels(run.take(shown(), late)) == [CLICKED]
    assert labels(run.take(tick())) == [NEGATIVE]


def test_a_click_long_before_the_impression_answers_nothing() -> None:
    run = Run()
    run.take(click(0, slate_id="s"), shown(WINDOW_S + 1))
    assert run.count(Fate.WAITING) == 1


def test_a_click_at_the_very_end_of_the_window_still_counts() -> None:
    run = Run(lateness_ms=0)
    given = run.take(shown(), click(WINDOW_S, slate_id="s"))
    assert labels(given) == [CLICKED, POSITIVE]


def test_an_impression_is_shown_once_in_a_slate() -> None:
    run = Run()
    run.take(shown(0), shown(60), click(61, slate_id="s"), shown(120))
    assert run.dropped() == {"repeated": 2}
    assert labels(run.examples) == [CLICKED, POSITIVE]


def test_a_late_positive_is_still_learnt_and_noted() -> None:
    run = Run()
    run.take(tick(86_400))
    assert labels(run.take(click(0))) == [CLICKED]
    assert run.fates[Fate.USED, "late"] == 1


def test_an_impression_whose_window_has_closed_already_is_dropped_as_late() -> None:
    run = Run()
    assert run.take(tick(), shown(0)) == []
    assert run.dropped() == {"late": 1}


def test_windows_close_in_order_of_time_whatever_the_order_of_arrival() -> None:
    run = Run()
    run.take(shown(9, 1, item_id="a"), shown(3, 2, item_id="c"), shown(3, 3))
    assert [e.source.offset for e in run.take(tick(1000))] == [2, 3, 1]


def test_forgetting_a_user_drops_what_waits_and_what_is_remembered() -> None:
    run = Run()
    run.take(shown(0), shown(0, item_id="j"), shown(0, user_id="v"), click(1, type="x"))
    run.take(forget(2), click(3, type="x"))
    assert run.dropped() == {"forgotten": 1}
    assert labels(run.take(tick())) == [NEGATIVE]
    assert [e.user_id for e in run.examples] == ["u", "u", "u", "v"]


def test_acts_are_remembered_after_an_impression_of_another_slate_has_closed() -> None:
    run = Run(repeat_window_ms=400_000)
    run.take(shown(0, slate_id="s1"), click(300, slate_id="s2"), tick())
    assert run.take(click(650, slate_id="s2")) == []
    assert run.dropped() == {"repeated": 1}


def test_an_impression_closes_on_time_though_older_acts_are_remembered_longer() -> None:
    run = Run()
    run.take(click(100, slate_id="s"), shown(15, 3, slate_id="t"))
    assert [e.source.offset for e in run.take(tick(625))] == [3]


def test_a_tick_closes_windows_however_old_the_last_record_is() -> None:
    run = Run()
    run.take(shown())
    old = replace(tick(86_400), append_time_ms=NOW_MS)
    assert labels(run.take(old)) == [NEGATIVE]


def test_impressions_of_a_slate_keep_the_history_that_each_came_with() -> None:
    histories = [["a"], ["a"], ["b"], ["b"]]
    users = ["u", "v", "v", "v"]
    run = Run()
    for n, (user, recent) in enumerate(zip(users, histories, strict=True)):
        run.take(shown(0, n, item_id=f"i{n}", user_id=user, recent_items=recent))
    run.take(tick())
    kept = [(e.user_id, e.recent_items) for e in run.examples]
    assert kept == list(zip(users, histories, strict=True))
    assert run.examples[2].recent_items is run.examples[3].recent_items


def test_impressions_of_one_item_do_not_pile_up() -> None:
    run = Run()
    run.take(*[shown(n, slate_id=f"s{n}") for n in range(pairs.WAITING + 4)])
    assert run.count(Fate.WAITING) == pairs.WAITING
    assert run.dropped() == {"user_cap": 4}
