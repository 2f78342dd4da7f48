from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.drift import Adwin, AdwinSettings, Boost

RATES = (0.02, 0.05, 0.1, 0.2)
OLD = 20_000
"""So many events have the old rate."""
HEARD_WITHIN = {0.02: 10_000, 0.05: 4_000, 0.1: 2_000, 0.2: 1_000}
"""Events until a rate that has halved or doubled is heard; the median is about half."""


def hits(rate: float, n: int, seed: int = 0) -> list[float]:
    rng = np.random.default_rng([seed, round(rate * 1e6)])
    values: list[float] = (rng.random(n) < rate).astype(float).tolist()
    return values


def alarms(detector: Adwin, values: Iterable[float]) -> list[int]:
    """After which of the values there was an alarm."""
    return [n for n, value in enumerate(values, 1) if detector.update(value)]


@pytest.mark.parametrize("rate", [0.0, *RATES, 1.0])
def test_a_constant_rate_is_no_drift_in_two_hundred_thousand_events(
    rate: float,
) -> None:
    detector = Adwin()
    assert alarms(detector, hits(rate, 200_000)) == []
    assert detector.mean == pytest.approx(rate, rel=0.1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("factor", [0.5, 2.0])
@pytest.mark.parametrize("rate", RATES)
def test_a_rate_that_halves_or_doubles_is_heard_and_mostly_once(
    rate: float, factor: float, seed: int
) -> None:
    detector = Adwin()
    assert alarms(detector, hits(rate, OLD, seed)) == []
    heard = alarms(detector, hits(rate * factor, OLD, seed))
    assert 0 < heard[0] <= HEARD_WITHIN[rate]
    assert len(heard) <= 2
    assert detector.direction == (1 if factor > 1 else -1)
    assert detector.mean == pytest.approx(rate * factor, rel=0.2)


def test_figures_between_0_and_1_are_heard_too() -> None:
    detector = Adwin()
    gains = np.array(hits(0.2, OLD)) * 0.5
    assert alarms(detector, gains.tolist()) == []
    assert alarms(detector, (gains / 4).tolist())


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf")])
def test_what_is_no_share_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not in"):
        Adwin().update(value)


def test_what_the_window_holds_is_bounded() -> None:
    detector = Adwin(AdwinSettings(levels=6))
    alarms(detector, hits(0.1, 10_000))
    assert detector.size <= 5 * (2**6 - 1)
    detector = Adwin()
    alarms(detector, hits(0.5, 300_000))
    section = detector.section()
    assert len(section["sums"]) + len(section["lengths"]) < 1_024


values = st.lists(st.floats(0, 1), max_size=200)


@given(values, values)
def test_loaded_from_its_section_a_detector_goes_on_to_the_bit(
    first: list[float], then: list[float]
) -> None:
    settings = AdwinSettings(every=4, least=2, confidence=0.5, levels=5)
    detector, other = Adwin(settings), Adwin(settings)
    alarms(detector, first)
    other.load(detector.section())
    assert other.section() == detector.section()
    assert alarms(other, then) == alarms(detector, then)
    assert other.section() == detector.section()


def test_a_boost_falls_from_its_peak_to_one_and_starts_anew_at_each_alarm() -> None:
    boost = Boost(peak=4.0, lists=100)
    assert boost.step() == 1.0
    boost.start()
    factors = [boost.step() for _ in range(120)]
    assert factors[0] == 4.0
    assert factors[50] == pytest.approx(2.0)
    assert factors[:101] == sorted(factors[:101], reverse=True)
    assert factors[100:] == [1.0] * 20
    boost.start()
    assert boost.factor == 4.0


def test_loaded_from_its_section_a_boost_goes_on() -> None:
    boost, other = Boost(), Boost()
    boost.start()
    boost.step()
    other.load(boost.section())
    assert other.factor == boost.factor < 4.0
