"""Figures of lists, against answers worked out by hand."""

from math import log2

import pytest

from pipeline.apps.evaluate.scores import WINDOWS, Scores, mean_distance
from pipeline.apps.evaluate.stream import Step
from topics.events import Event

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TWENTY = LETTERS[:20]


def step(position: float = 0.2, history: int = 9) -> Step:
    return Step(Event("u", "i", "click", 1), 0, 0, True, True, history, position)


def test_ranks_become_the_figures_that_their_formulas_say() -> None:
    scores: Scores[str] = Scores({})
    for wanted in ("a", "c", "k", "z"):  # ranks 1, 3, 11 and none
        scores.add(step(), wanted, TWENTY)
    figures = scores.report(26).all
    assert figures.events == 4
    assert figures.hr_10 == 2 / 4
    assert figures.hr_20 == 3 / 4
    assert figures.ndcg_10 == pytest.approx((1 + 1 / log2(4)) / 4)
    assert figures.mrr_20 == pytest.approx((1 + 1 / 3 + 1 / 11) / 4)
    assert figures.error == pytest.approx(0.25)


def test_the_last_half_and_the_first_three_events_of_a_user_are_told_apart() -> None:
    scores: Scores[str] = Scores({})
    scores.add(step(0.49, history=2), "a", TWENTY)
    scores.add(step(0.50, history=3), "z", TWENTY)
    report = scores.report(26)
    assert (report.last_half.events, report.last_half.hr_10) == (1, 0)
    assert (report.first_three.events, report.first_three.hr_10) == (1, 1)


def test_coverage_counts_items_that_ever_stood_among_the_first_ten() -> None:
    scores: Scores[str] = Scores({})
    scores.add(step(), "z", TWENTY)
    scores.add(step(), "z", "k" + LETTERS[:19].replace("k", ""))
    assert scores.report(44).coverage == 11 / 44


def test_distance_is_the_mean_over_pairs_then_over_lists() -> None:
    names = {
        "a": frozenset({"Drama"}),
        "b": frozenset({"Drama", "War"}),
        "c": frozenset({"Comedy"}),
    }
    scores = Scores(names)
    scores.add(step(), "a", "abc")  # 1/2, 1, 1
    scores.add(step(), "a", "ab")  # 1/2
    scores.add(step(), "a", "a")  # no pair
    assert scores.report(3).distance == pytest.approx((2.5 / 3 + 0.5) / 2)


def test_items_without_names_have_no_distance() -> None:
    scores: Scores[str] = Scores({})
    scores.add(step(), "a", "ab")
    assert scores.report(2).distance is None
    assert mean_distance([frozenset(), frozenset({"Drama"})]) == 1


def test_the_hit_rate_is_told_by_stretches_of_the_stream() -> None:
    scores: Scores[str] = Scores({})
    scores.add(step(0.0), "a", TWENTY)
    scores.add(step(0.001), "z", TWENTY)
    scores.add(step(0.999), "k", TWENTY)  # among 20, not among 10
    first, last = scores.report(26).windows
    assert (first.middle, first.events, first.hr_10) == (0.5 / WINDOWS, 2, 0.5)
    assert (last.middle, last.events, last.hr_10) == (1 - 0.5 / WINDOWS, 1, 0)


def test_without_any_list_all_figures_are_nothing() -> None:
    scores: Scores[str] = Scores({})
    report = scores.report(0)
    assert (report.all.events, report.all.hr_10, report.coverage) == (0, 0, 0)
    assert report.windows == []
