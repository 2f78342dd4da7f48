import numpy as np
import pytest

from pipeline.logic.kernels.ranking import best, descend, distinct, lifts, standard
from pipeline.logic.kernels.shares import loudest_first


@pytest.mark.parametrize("n", [0, 1, 7, 60, 90])
def test_the_best_are_those_of_a_full_sort_equal_ones_by_their_ties(n: int) -> None:
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 9, 60).astype(np.float32)
    ties = rng.integers(0, 5, 60).astype(np.uint32)
    assert best(scores, ties, n).tolist() == np.lexsort((ties, -scores))[:n].tolist()


def test_features_are_standardised_and_bounded_as_numpy_does_it() -> None:
    rng = np.random.default_rng(4)
    features = (9 * rng.normal(size=(5, 30))).astype(np.float32)
    mean, scale = (rng.random(7).astype(np.float32) for _ in range(2))
    expected = np.clip((features - mean[:5, None]) * scale[:5, None], -2, 2)
    assert (standard(features, mean, scale, 2.0) == expected).all()
    assert {-2.0, 2.0} <= set(expected.ravel().tolist())


def test_a_step_of_adagrad_is_that_of_numpy_to_the_last_bit_and_bounded() -> None:
    rng = np.random.default_rng(7)
    weights, gradient = (rng.normal(size=(2, 500))).astype(np.float32)
    sums = rng.random(500).astype(np.float32) + np.float32(0.1)
    more = sums + np.square(gradient)
    step = np.float32(0.4) * gradient / np.sqrt(more)
    expected = np.clip(weights - step, -1, 1)
    descend(weights, sums, gradient, 0.4, 1.0)
    assert (sums == more).all()
    assert (weights == expected).all()
    assert {-1.0, 1.0} <= set(weights.tolist())


@pytest.mark.parametrize("n", [0, 1, 50])
def test_each_slot_of_an_ordered_list_is_kept_once(n: int) -> None:
    slots = np.sort(np.random.default_rng(8).integers(0, 20, n))
    assert distinct(slots).tolist() == np.unique(slots).tolist()


def test_what_groups_of_features_add_is_the_sum_of_what_each_does() -> None:
    rng = np.random.default_rng(5)
    features, z = rng.normal(size=(2, 6, 30)).astype(np.float32)
    prior, weights = rng.normal(size=(2, 6)).astype(np.float32)
    each = prior[:, None] * features + weights[:, None] * z
    found = lifts(features, z, prior, weights, np.array([1, 4, 6]))
    expected = [each[:1].sum(0), each[1:4].sum(0), each[4:].sum(0)]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_shares_are_rounded_so_that_they_add_up_and_the_largest_comes_first() -> None:
    shares = np.random.default_rng(6).dirichlet(np.ones(5), 40).astype(np.float32)
    shares[7], shares[8] = 0, (0.25, 0.25, 0, 0.25, 0.25)
    order, rounded = loudest_first(shares)
    plain = shares.astype(np.float64).round(3)
    plain[np.arange(40), plain.argmax(1)] += (1 - plain.sum(1)) * (plain.sum(1) > 0)
    assert (np.take_along_axis(plain.round(3), order, 1) == rounded).all()
    assert order.tolist() == np.argsort(-plain.round(3), 1, kind="stable").tolist()
    assert order[8].tolist() == [0, 1, 3, 4, 2]
    np.testing.assert_allclose(np.delete(rounded.sum(1), 7), 1)
