from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.logic.interest import interest, interest_gradient
from pipeline.logic.losses import LOSSES, LossName

Array = NDArray[np.float64]
LABELS = np.array([1, 0, 1, 0])
WEIGHTS = np.array([1.0, 2.0, 0.5, 1.0])
OWN = np.array([0, 4, 2, 2])


def finite_difference(loss: Callable[[], float], array: Array) -> Array:
    slope = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + 1e-5
        above = loss()
        array[index] = kept - 1e-5
        slope[index] = (above - loss()) / 2e-5
        array[index] = kept
    return slope


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_of_u_w_i_and_b_are_finite_differences(name: LossName) -> None:
    rng = np.random.default_rng(7)
    u, w, i, b = (rng.normal(size=n) for n in ((4, 3), (3, 3), (5, 3), 5))

    def scores() -> Array:  # in double precision, which the functions keep
        found: Array = np.array(interest(u, w, i, b))  # type: ignore[arg-type]  # float64
        found[0, 3] = -np.inf
        return found

    def loss() -> float:
        value, _ = LOSSES[name](scores(), OWN, LABELS, WEIGHTS)  # type: ignore[arg-type]  # float64
        return float(value.sum())

    _, slope = LOSSES[name](scores(), OWN, LABELS, WEIGHTS)  # type: ignore[arg-type]  # float64
    gradients = interest_gradient(u, w, i, slope)  # type: ignore[arg-type]  # float64
    for array, gradient in zip((u, w, i, b), gradients, strict=True):
        np.testing.assert_allclose(gradient, finite_difference(loss, array), atol=2e-4)


@pytest.mark.parametrize("name", LOSSES)
@given(st.lists(st.floats(-1e5, 1e5, width=32), min_size=2, max_size=6))
def test_any_scores_give_finite_losses_and_slopes(
    name: LossName, row: list[float]
) -> None:
    scores = np.array([row, row], np.float32)
    labels, heavy = np.array([1, 0], np.float32), np.full(2, 8, np.float32)
    value, slope = LOSSES[name](scores, np.array([0, 1]), labels, heavy)
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("name", LOSSES)
def test_what_is_left_out_has_no_slope_and_no_share(name: LossName) -> None:
    one, own = np.ones(1, np.float32), np.array([0])
    scores = np.array([[1, 2, -np.inf]], np.float32)
    value, slope = LOSSES[name](scores, own, one, one)
    without, narrow = LOSSES[name](scores[:, :2], own, one, one)
    assert value == without
    assert slope.tolist() == [[*narrow[0].tolist(), 0.0]]


def test_a_refused_item_is_pushed_down_as_far_as_it_was_believed_in() -> None:
    scores = np.array([[5, 0, 0], [-5, 0, 0]], np.float32)
    zero, one = np.zeros(2, np.float32), np.ones(2, np.float32)
    _, slope = LOSSES["cross_entropy"](scores, np.array([0, 0]), zero, one)
    assert slope[0, 0] > 0.9
    assert 0 < slope[1, 0] < 0.01
