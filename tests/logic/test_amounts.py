"""Interest by name: decayed, added to, and bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.amounts import Amounts, remaining

DAY_MS = 86_400_000


@given(st.integers(0, 10**12), st.integers(0, 10**10), st.integers(0, 10**10))
def test_decay_by_way_of_any_moment_is_the_same_as_at_once(
    start: int, first: int, second: int
) -> None:
    middle, end = start + first, start + first + second
    by_way = remaining(start, middle, DAY_MS) * remaining(middle, end, DAY_MS)
    assert by_way == pytest.approx(remaining(start, end, DAY_MS), rel=1e-9, abs=1e-300)


@given(st.integers(0, 10**12), st.integers(0, 10**9))
def test_steps_of_time_change_what_is_left_by_next_to_nothing(
    start: int, elapsed: int
) -> None:
    exact = 2.0 ** (-elapsed / DAY_MS)
    assert remaining(start, start + elapsed, DAY_MS) == pytest.approx(exact, rel=1.4e-3)


def test_a_time_far_away_leaves_nothing_and_fails_nowhere() -> None:
    assert remaining(1, 253_402_300_800_000, 1000) == 0.0
    assert Amounts({"film": 1e300}).after(0.0, (), 0.0, limit=9).by_name == {}


def test_amounts_are_not_changed_in_place() -> None:
    old = Amounts({"film": 1.0})
    new = old.after(1.0, ("film", "game"), 1.0, limit=9)
    assert (old.by_name, new.by_name) == ({"film": 1.0}, {"film": 2.0, "game": 1.0})
    assert old.after(1.0, (), 0.0, limit=9) is old


def test_beyond_the_limit_the_weakest_quarter_goes_whatever_its_sign() -> None:
    old = Amounts({"a": 3.0, "b": -2.0, "c": 0.5, "d": -0.25})
    new = old.after(1.0, ("e",), 1.0, limit=4)
    assert set(new.by_name) == {"a", "b", "e"}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([1.0, 0.5, 1e-7]),
            st.lists(st.sampled_from(["a", "bé", "ccc", "d", "e"]), unique=True),
        )
    )
)
def test_the_size_is_that_of_amounts_built_anew(
    changes: list[tuple[float, list[str]]],
) -> None:
    amounts = Amounts({})
    for share, names in changes:
        amounts = amounts.after(share, names, 1.0, limit=4)
        assert len(amounts) <= 4
        assert amounts.size == Amounts(amounts.by_name).size
