import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.losses import LOSSES, LossName


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_slopes_are_finite_differences(name: LossName, label: float) -> None:
    scores = np.random.default_rng(7).normal(size=5)
    slopes, unused = np.zeros(5), np.zeros(5)
    loss = LOSSES[name]
    loss(scores, label, 2.0, slopes)  # type: ignore[arg-type]  # in double precision
    for each in range(5):
        step = 1e-6 * np.eye(5)[each]
        above = loss(scores + step, label, 2.0, unused)  # type: ignore[arg-type]  # same
        below = loss(scores - step, label, 2.0, unused)  # type: ignore[arg-type]  # same
        assert (above - below) / 2e-6 == pytest.approx(slopes[each], abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
@given(
    st.lists(st.floats(-1e5, 1e5, width=32), min_size=1, max_size=6),
    st.sampled_from([0.0, 1.0]),
)
def test_any_scores_give_finite_losses_and_slopes(
    name: LossName, row: list[float], label: float
) -> None:
    slopes = np.zeros(len(row), np.float32)
    value = LOSSES[name](np.array(row, np.float32), label, 8.0, slopes)
    assert np.isfinite(value)
    assert np.isfinite(slopes).all()


def test_a_refused_item_is_pushed_down_as_far_as_it_was_believed_in() -> None:
    slopes = np.zeros(3, np.float32)
    LOSSES["cross_entropy"](np.array([5, 0, 0], np.float32), 0.0, 1.0, slopes)
    assert slopes[0] > 0.9
    LOSSES["cross_entropy"](np.array([-5, 0, 0], np.float32), 0.0, 1.0, slopes)
    assert 0 < slopes[0] < 0.01
