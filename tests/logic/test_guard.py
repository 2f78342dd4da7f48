import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.guard import Guard, GuardSettings

RATES = (0.02, 0.05, 0.1, 0.2)
TRIPS_WITHIN = {0.02: 16_000, 0.05: 7_500, 0.1: 4_000, 0.2: 2_200}
"""Events after which a blend half as good is held back, though it was good before."""
Pairs = list[tuple[float, float]]


def pairs(blend: float, popularity: float, n: int, seed: int = 0) -> Pairs:
    """Hits of both at their rates, independent of each other."""
    drawn = np.random.default_rng(seed).random((2, n))
    mine, theirs = drawn[0] < blend, drawn[1] < popularity
    return list(zip(mine.astype(float), theirs.astype(float), strict=True))


def feed(guard: Guard, events: Pairs) -> list[bool]:
    return [guard.update(*event) for event in events]


@pytest.mark.parametrize("rate", RATES)
def test_as_good_as_popularity_it_is_not_held_back_in_200_000_events(
    rate: float,
) -> None:
    assert not any(feed(Guard(), pairs(rate, rate, 200_000)))


@pytest.mark.parametrize("rate", RATES)
def test_half_as_good_it_is_held_back_until_it_is_as_good_again(rate: float) -> None:
    guard = Guard()
    assert not any(feed(guard, pairs(rate * 1.5, rate, 20_000, seed=1)))
    held = feed(guard, pairs(rate / 2, rate, 20_000, seed=2))
    assert held.index(True) <= TRIPS_WITHIN[rate]
    assert all(held[held.index(True) :])
    held = feed(guard, pairs(rate * 1.5, rate, 20_000, seed=3))
    assert held.index(False) <= TRIPS_WITHIN[rate]
    assert not any(held[held.index(False) :])
    assert guard.trips == 1


def test_it_waits_for_as_many_events_as_it_is_told() -> None:
    held = feed(Guard(GuardSettings(least=500)), [(0.0, 1.0)] * 600)
    assert held.index(True) == 499


def test_events_on_which_both_agree_change_nothing() -> None:
    guard = Guard()
    feed(guard, pairs(0.1, 0.2, 1_000))
    before = guard.z
    feed(guard, [(1.0, 1.0), (0.0, 0.0)] * 1_000)
    assert guard.z == before


def test_held_back_it_stays_so_until_it_is_no_longer_below() -> None:
    guard = Guard(GuardSettings(memory=50, least=1))
    feed(guard, [(0.0, 1.0)] * 40)
    assert guard.held
    held = feed(guard, [(1.0, 0.0)] * 40)
    # Well above where it tripped, yet below popularity: still held back.
    assert held.index(False) > 20
    assert guard.z >= -1


@pytest.mark.parametrize("figure", [-1.0, 2.0, float("nan"), float("inf")])
def test_what_is_no_figure_is_refused(figure: float) -> None:
    with pytest.raises(ValueError, match="not in"):
        Guard().update(figure, 0.0)
    with pytest.raises(ValueError, match="not in"):
        Guard().update(0.0, figure)


events = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=60)


@given(events, events)
def test_loaded_from_its_section_a_guard_goes_on_to_the_bit(
    first: Pairs, then: Pairs
) -> None:
    settings = GuardSettings(memory=20, least=5, bound=1.0)
    guard, other = Guard(settings), Guard(settings)
    feed(guard, first)
    other.load(guard.section())
    assert feed(other, then) == feed(guard, then)
    assert other.section() == guard.section()
    assert other.all() == guard.all()
