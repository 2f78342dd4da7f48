from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.logic.adagrad import Pace, adagrad
from pipeline.logic.kernels.embedding_desk import Course, Sample, Tables, desk_for
from pipeline.logic.kernels.embedding_draws import draw, seeds_of
from pipeline.logic.kernels.embedding_reading import (
    Vectors,
    explain,
    pulls,
    speakers,
)
from pipeline.logic.kernels.embedding_rows import Rows
from pipeline.logic.kernels.embedding_scan import best, scan_of
from pipeline.logic.kernels.embedding_score import score
from pipeline.logic.kernels.embedding_step import step

Array = NDArray[Any]

LOOKS = np.array([[1, 0.5, 0], [1, 0.9, 0.81]])
TIED = np.array([False, True, False])
SHARED_LOOKS = np.array([[0.75, 0.75, 0], [0.95, 0.95, 0.81]])
"""`LOOKS`, where the first two have the same time."""
DRAWN = np.array([2, 0, 4, -1], np.int32)
STEEP = 1e12
"""A sum so large that a step does not change its root: 1e6, so that steps are small."""


def tables() -> Tables:
    """Random ones, in double precision."""
    rng = np.random.default_rng(7)
    sizes = ((5, 3), (5, 1), (8, 3), (3, 3), (2, 3), (3, 3))
    values: list[Array] = [rng.normal(size=size) for size in sizes]
    sums: list[Array] = [np.full(len(each), STEEP) for each in values]
    rows = [Rows(*each) for each in zip(values, sums, strict=True)]
    tags_of = [[0, 1], [2, -1], [1, -1], [-1, -1], [1, 2]]
    return Tables(
        *(rows[0], rows[1], rows[2], rows[3], rows[4], rows[5]),
        np.array(tags_of, np.int32),
        np.zeros(5, np.float32),
    )


def sample(label: float) -> Sample:
    recent, attributes = np.array([3, 1, 3]), np.array([1, -1])
    return Sample(1, recent, TIED, attributes, np.float64(label), np.float64(2))


def course(squared: bool) -> Course:
    pace = Pace(1.0, 0.0, 100.0)
    return Course(pace, pace, pace, LOOKS, squared)


def item(learnt: Tables, row: int) -> Array:
    tags = learnt.tags_of[row][learnt.tags_of[row] >= 0]
    mean = learnt.tags.values[tags].mean(0) if len(tags) else np.zeros(3)
    vector: Array = learnt.items.values[row] + mean
    return vector


def user(learnt: Tables, given: Sample) -> Array:
    contexts = learnt.contexts.values.reshape(-1, len(LOOKS), 3)[given.recent]
    means = [w @ contexts[:, k] / w.sum() for k, w in enumerate(SHARED_LOOKS)]
    total: Array = learnt.attributes.values[1] + sum(means)
    return total


def plain_loss(learnt: Tables, given: Sample, squared: bool) -> float:
    rows = [given.item, *DRAWN[:3].tolist()]
    pull = user(learnt, given) @ learnt.w.values
    scores = np.array([pull @ item(learnt, row) for row in rows])
    scores += learnt.biases.values[rows, 0]
    if squared:
        own = (scores[0] - given.label) ** 2
        loss = (own + np.mean(scores[1:] ** 2)) / 2
    else:
        share = np.exp(scores) / np.exp(scores).sum()
        loss = -np.log(share[0] if given.label else 1 - share[0])
    return float(loss * given.weight)


def differences(learnt: Tables, given: Sample, squared: bool) -> Iterator[Array]:
    for values in (rows.values for rows in learnt[:6]):
        slopes = np.zeros_like(values)
        for index in np.ndindex(values.shape):
            kept = values[index]
            values[index] = kept + 1e-5
            above = plain_loss(learnt, given, squared)
            values[index] = kept - 1e-5
            slopes[index] = (above - plain_loss(learnt, given, squared)) / 2e-5
            values[index] = kept
        yield slopes


@pytest.mark.timeout(300)  # the first one compiles a step in double precision
@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("label", [0, 1])
def test_a_small_step_goes_along_finite_differences(label: int, squared: bool) -> None:
    before, after, given = tables(), tables(), sample(label)
    desk = desk_for(after, LOOKS, len(DRAWN))
    loss = step(after, course(squared), given, DRAWN, desk)
    assert loss == pytest.approx(plain_loss(before, given, squared))
    slopes = differences(before, given, squared)
    for old, new, slope in zip(before[:6], after[:6], slopes, strict=True):
        moved = (old.values - new.values) * np.sqrt(STEEP)
        np.testing.assert_allclose(moved, slope, atol=2e-4)
    assert not desk.marked.any()
    assert not desk.tag_slopes.any()


def test_scores_are_those_of_plain_products() -> None:
    learnt, given = tables(), sample(1)
    desk = desk_for(learnt, LOOKS, len(DRAWN))
    _, count = score(learnt, course(False), given, DRAWN, desk)
    rows = [1, 2, 0, 4]
    pull = user(learnt, given) @ learnt.w.values
    expected = [pull @ item(learnt, r) + learnt.biases.values[r, 0] for r in rows]
    assert count == 4
    np.testing.assert_allclose(desk.scores[:4], expected)


def test_a_step_of_adagrad_is_pulled_to_zero_and_bounded() -> None:
    values, sums = np.ones((2, 2), np.float32), np.full(2, 0.01, np.float32)
    by = np.array([[1, -1]], np.float32)
    adagrad(values, sums, 1, by, 0, np.float32(2), Pace(0.1, 0.5, 1.05))
    gradient = 2 * by[0] + 0.5
    expected = 1 - 0.1 * gradient / np.sqrt(0.01 + np.mean(gradient**2))
    np.testing.assert_allclose(values[1], np.minimum(expected, 1.05), rtol=1e-5)
    assert values[0].tolist() == [1, 1]


def drawn(seed: int, n: int, items: int) -> tuple[Array, Array]:
    kept = np.arange(n + 10) % items
    ends, used = np.full(n, items), np.ones(items, np.int64)
    used[3] = 0
    steps, rows = np.empty((n, 3), np.int64), np.empty((n, 3, 20), np.int32)
    draw(seeds_of(seed, n), kept, 7, ends, used, steps, rows)
    return steps, rows


def test_draws_are_distinct_occupied_uniform_and_not_the_own_item() -> None:
    steps, rows = drawn(1 << 100, 300, 40)
    for place, each in zip(steps.ravel(), rows.reshape(-1, 20), strict=True):
        found = each[each >= 0].tolist()
        assert len(set(found)) == len(found) > 5
        assert not {3, int(place) % 40} & set(found)
        assert (each[len(found) :] == -1).all()
    often = np.bincount(rows[rows >= 0], minlength=40)
    assert np.delete(often, 3).min() > 0.8 * np.delete(often, 3).max()


def test_replays_are_of_the_window_before() -> None:
    steps, _ = drawn(5, 300, 40)
    assert (steps[:, 0] == np.arange(10, 310)).all()
    back = steps[:, :1] - steps[:, 1:]
    assert set(back.ravel().tolist()) == set(range(1, 8))


def test_what_is_drawn_for_a_sample_depends_on_its_seed_alone() -> None:
    _, rows = drawn(5, 300, 40)
    _, fewer = drawn(5, 20, 40)
    assert (rows[:20, 0] == fewer[:, 0]).mean() > 0.9  # but for their own items
    assert (drawn(5, 20, 40)[1] == fewer).all()
    assert (drawn(6, 20, 40)[1] != fewer).mean() > 0.7


def test_the_reader_sees_what_plain_products_say() -> None:
    rng = np.random.default_rng(7)
    numbers = (rng.normal(size=size) for size in ((40, 3), (40, 1), (5, 3), (4, 3)))
    items, biases, tags, pull = (each.astype(np.float32) for each in numbers)
    tags_of = np.sort(rng.integers(-1, 5, (40, 2)).astype(np.int32))[:, ::-1].copy()
    vectors = Vectors(items, biases, tags, tags_of)
    means = [tags[t[t >= 0]].sum(0) / max(1, (t >= 0).sum()) for t in tags_of]
    expected = (items + np.array(means)) @ pull.T
    expected[:, 0] += biases[:, 0]
    out = np.zeros((5, 40), np.float32)
    rows, mean = np.arange(40), np.zeros((1, 4), np.float32)
    explain(pull, vectors, rows, rows, tags_of, mean, out)
    np.testing.assert_allclose(out[:4], expected.T, atol=1e-5)
    np.testing.assert_allclose(out[4], np.array(means) @ pull[0], atol=1e-5)
    listable = rows % 3 > 0
    scan = scan_of(vectors, rows[::2])
    scores = scan.vectors @ pull[0] + scan.biases
    np.testing.assert_allclose(scores, expected[::2, 0], atol=1e-5)
    found = best(expected[:, 0], rows, rows, listable, 7)
    order = np.argsort(-np.where(listable, expected[:, 0], -np.inf))
    assert sorted(found.tolist()) == sorted(order[:7].tolist())


def test_pulls_are_the_parts_of_a_user_through_w() -> None:
    learnt, given = tables(), sample(1)
    single = [np.asarray(each.values, np.float32) for each in learnt[:6]]
    contexts = single[2].reshape(-1, len(LOOKS), 3)
    looks = LOOKS.astype(np.float32)
    own = np.array([1])
    found = pulls(given.recent, TIED, own, looks, contexts, single[4], single[5])
    expected = user(learnt, given) @ learnt.w.values
    np.testing.assert_allclose(found[0], expected, rtol=1e-5)
    np.testing.assert_allclose(found[1:].sum(0), expected, rtol=1e-4)


def test_the_recent_item_that_speaks_is_that_of_the_largest_plain_product() -> None:
    rng = np.random.default_rng(8)
    sizes = ((40, 3), (40, 1), (5, 3), (9, 2, 3), (3, 3))
    numbers = (rng.normal(size=size).astype(np.float32) for size in sizes)
    items, biases, tags, contexts, w = numbers
    tags_of = np.sort(rng.integers(-1, 5, (40, 2)).astype(np.int32))[:, ::-1].copy()
    looks = np.array([[1, 0, 0, 0], [1, 0.5, 0.2, 0.1]], np.float32)
    recent, rows = np.array([8, 3, 5, 3, 1]), np.array([*range(40), -1])
    means = [tags[t[t >= 0]].sum(0) / max(1, (t >= 0).sum()) for t in tags_of]
    tied = np.array([False, False, True, False, False])
    shared = looks.copy()
    shared[:, 1:3] = looks[:, 1:3].mean(1, keepdims=True)
    shares = shared / shared.sum(1, keepdims=True)
    spoken = np.einsum("lp,pld->pd", shares, contexts[recent[:4]])
    said = spoken @ w @ (items + np.array(means)).T
    expected = np.where(said.max(0) > 0, said.argmax(0), -1).tolist()
    vectors = Vectors(items, biases, tags, tags_of)
    found = speakers(recent, tied, looks, contexts, w, vectors, rows).tolist()
    assert found == [*expected, -1]
    assert len(set(expected)) >= 3
    nobody = speakers(recent[:0], tied[:0], looks, contexts, w, vectors, rows)
    assert set(nobody.tolist()) == {-1}
