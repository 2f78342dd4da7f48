import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.arrays import Slots
from pipeline.logic.segments import shares, spread, weighted

rows = st.lists(st.lists(st.integers(-1, 6), min_size=5, max_size=5), min_size=1)


@given(rows)
def test_spread_is_the_way_back_of_weighted(slots_given: list[list[int]]) -> None:
    slots: Slots = np.array(slots_given)
    rng = np.random.default_rng(len(slots))
    gradient = rng.normal(size=(len(slots), 3)).astype(np.float32)
    weights = shares(slots, decay=0.7)
    every = np.zeros((7, 3))
    for row, weight, g in zip(slots, weights, gradient, strict=True):
        for slot, share in zip(row, weight, strict=True):
            if slot >= 0:
                every[slot] += share * g
    found, sums = spread(slots, weights, gradient)
    assert found.tolist() == sorted(set(slots[slots >= 0].tolist()))
    np.testing.assert_allclose(sums, every[found], atol=1e-4)


def test_nothing_known_is_a_vector_of_zeros() -> None:
    none = np.full((2, 3), -1)
    assert not weighted(np.ones((4, 2), np.float32), none, shares(none)).any()
    assert not weighted(np.ones((0, 2), np.float32), none, shares(none)).any()
    assert not len(spread(none, shares(none), np.ones((2, 2), np.float32))[0])
