from collections.abc import Sequence
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.kernels.ties import mean_shares, share_out, ties
from tests.logic.covisited import DAY_MS, NOW_MS, Model, lesson

WEIGHTS = np.array([[8, 4, 2, 1, 0, 0], [1, 1, 0, 0, 0, 0]], np.float32)


def shared(times: Sequence[int]) -> list[list[float]]:
    tied, out = np.zeros(len(times), np.bool_), np.zeros((2, len(times)), np.float32)
    ties(np.array(times, np.int64), tied)
    share_out(WEIGHTS, tied, len(times), out)
    found: list[list[float]] = out.tolist()
    return found


@given(st.lists(st.integers(1, 3), max_size=5))
def test_an_item_counts_what_it_would_on_average_over_all_orders_of_its_time(
    times: list[int],
) -> None:
    times = sorted(times, reverse=True)
    orders = [
        order
        for order in permutations(range(len(times)))
        if [times[n] for n in order] == times
    ]
    places = np.argsort(np.array(orders, np.int64), axis=1)
    expected = WEIGHTS[:, places].mean(axis=1)
    np.testing.assert_allclose(shared(times), expected, rtol=1e-6)


def test_where_all_times_differ_an_item_counts_by_its_place() -> None:
    assert shared([9, 8, 6, 3]) == WEIGHTS[:, :4].tolist()


def test_the_shares_of_a_mean_add_up_to_one() -> None:
    tied, out = np.array([False, True, True]), np.zeros((2, 3), np.float32)
    mean_shares(WEIGHTS, tied, 3, out)
    np.testing.assert_allclose(out, 1 / 3)
    mean_shares(WEIGHTS, tied[:1], 1, out)
    assert out[:, 0].tolist() == [1, 1]


def test_in_what_order_items_of_one_time_came_changes_no_count() -> None:
    items = [f"i{n}" for n in range(30)]
    found = [
        Model().learn(lesson("z", order, apart_ms=0)).counts("z", "cov")
        for order in (items, items[::-1])
    ]
    assert found[0] == pytest.approx(found[1])
    assert sum(found[0].values()) == pytest.approx(sum(0.9**n for n in range(20)))
    assert len(set(found[0].values())) == 1


def test_in_what_order_items_of_one_time_came_changes_nothing_that_is_said() -> None:
    model = Model().sequence("a", "b", "c", "d", times=3).sequence("b", "d", "a")
    ago = [3 * DAY_MS, DAY_MS, DAY_MS, DAY_MS]
    one = model.moment("c", "a", "b", "d", now_ms=NOW_MS, ago_ms=ago)
    other = model.moment("c", "d", "b", "a", now_ms=NOW_MS, ago_ms=ago)
    said, heard = (model.features(each, "a", "b", "c", "d") for each in (one, other))
    for name, values in said.items():
        np.testing.assert_allclose(values, heard[name], atol=1e-5)


def test_a_basket_speaks_as_one_and_what_came_before_it_less() -> None:
    model = Model().sequence("a", "x").sequence("b", "y").sequence("c", "z")
    ago = [3 * DAY_MS, DAY_MS, DAY_MS]
    said = model.features(model.moment("a", "b", "c", ago_ms=ago), "x", "y", "z")
    old, first, second = said["last"]
    assert first == second > old
    old, first, second = said["cov8"]
    assert first == second > old
    assert old == pytest.approx(np.log(0.64 / 0.9 + 1e-4))


def test_two_sets_that_users_have_in_one_day_in_any_order_are_told_apart() -> None:
    rng, model = np.random.default_rng(3), Model()
    for day in range(60):
        own, other = rng.permutation(10)[:7], rng.integers(10)
        basket = [f"{day % 2} {n}" for n in own] + [f"{1 - day % 2} {other}"]
        rng.shuffle(basket)
        model.sequence(*basket, apart_ms=0)
    moment = model.moment("1 0", "1 1", ago_ms=[DAY_MS, DAY_MS])
    sets = [[f"{each} {n}" for n in range(2, 10)] for each in (0, 1)]
    said = model.features(moment, *sets[0], *sets[1])
    for name in ("cov8", "cov95", "wide"):
        assert max(said[name][:8]) < min(said[name][8:])
