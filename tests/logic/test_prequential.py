from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.prequential import Prequential

Ranks = list[tuple[int, int]]
ranks = st.lists(st.tuples(st.integers(-1, 15), st.integers(-1, 15)), max_size=50)


def after(events: Ranks, name: str = "prequential") -> Prequential:
    figures = Prequential(name)
    for event in events:
        figures.update(*event)
    return figures


def test_before_any_event_all_figures_are_there_and_0() -> None:
    figures = Prequential().all()
    assert len(figures) == 13
    assert set(figures.values()) == {0.0}


@given(ranks.filter(bool))
def test_of_all_time_a_figure_is_the_plain_mean(events: Ranks) -> None:
    figures = after(events).all()
    first = [rank for rank, _ in events if 0 <= rank < 10]
    n = len(events)
    assert figures["prequential_scored"] == n
    assert figures["prequential_hr10"] == len(first) / n
    gains = sum(1 / log2(2 + rank) for rank in first)
    assert figures["prequential_ndcg10"] == pytest.approx(gains / n)


def test_both_are_told_of_the_same_events() -> None:
    figures = after([(0, -1), (-1, 0), (10, 9), (1, 1)]).all()
    assert figures["prequential_hr10"] == 0.5
    assert figures["prequential_popularity_hr10"] == 0.75


def test_a_window_is_about_its_last_events_and_all_time_about_all() -> None:
    figures = after([(0, 0)] * 10_000 + [(-1, 0)] * 3_000).all()
    assert figures["prequential_hr10"] == pytest.approx(10 / 13)
    assert figures["prequential_hr10_1k"] == pytest.approx(0.05, abs=0.01)
    assert figures["prequential_hr10_10k"] == pytest.approx(0.64, abs=0.01)
    assert figures["prequential_popularity_hr10_1k"] == pytest.approx(1)


def test_young_windows_are_not_drawn_towards_0() -> None:
    figures = after([(0, -1)] * 3).all()
    assert figures["prequential_hr10_10k"] == pytest.approx(1)


@given(ranks, ranks)
def test_sums_of_two_streams_may_be_added(first: Ranks, second: Ranks) -> None:
    one, two = after(first, "live").sums(), after(second, "live").sums()
    both = after(first + second, "live").sums()
    for name in ("live_scored", "live_hits", "live_popularity_hits"):
        assert one[name] + two[name] == both[name]
    assert len(both) == 15


@given(ranks, ranks)
def test_loaded_from_their_section_figures_go_on_to_the_bit(
    first: Ranks, then: Ranks
) -> None:
    figures, other = after(first), Prequential()
    other.load(figures.section())
    for event in then:
        figures.update(*event)
        other.update(*event)
    assert other.section() == figures.section()
    assert other.all() == figures.all()
