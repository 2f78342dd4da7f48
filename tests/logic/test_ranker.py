import numpy as np
import pytest

from pipeline.logic.ranker import Asked, Ranker
from pipeline.logic.ranker_settings import RankerSettings

FEATURES, CONTEXTS = ("a.one", "a.two", "b.three"), ("gap",)


def ranker(**changes: float) -> Ranker:
    settings = RankerSettings(prior={"a.one": 0.5}, **changes)  # type: ignore[arg-type]  # floats by name
    return Ranker(FEATURES, CONTEXTS, settings)


def asked(rng: np.random.Generator, n: int = 12) -> Asked:
    return Asked(
        rng.standard_normal((len(FEATURES), n)).astype(np.float32),
        rng.standard_normal(len(CONTEXTS)).astype(np.float32),
        situation=int(rng.integers(4)),
    )


def taught(lists: int = 50) -> Ranker:
    rng, learner = np.random.default_rng(3), ranker()
    for _ in range(lists):
        each = asked(rng)
        learner.learn(each, int(each.features[2].argmax()))
    return learner


def loss(learner: Ranker, each: Asked, chosen: int, model: int) -> float:
    scores = learner._forward(each)[model].astype(np.float64)
    return float(np.log(np.exp(scores - scores[chosen]).sum()))


def test_at_first_the_prior_alone_decides() -> None:
    each = asked(np.random.default_rng(0))
    scores = ranker().score(each)
    np.testing.assert_allclose(scores, 0.5 * each.features[0], rtol=1e-6)


def test_what_is_chosen_again_and_again_comes_to_the_top() -> None:
    rng, learner = np.random.default_rng(4), taught(600)
    tops = [asked(rng) for _ in range(200)]
    hits = [learner.score(e).argmax() == e.features[2].argmax() for e in tops]
    assert np.mean(hits) > 0.85


@pytest.mark.parametrize("name", ["linear", "hidden", "start", "out", "plain"])
def test_gradients_match_finite_differences(name: str) -> None:
    learner, each, chosen = taught(), asked(np.random.default_rng(9)), 4
    model = int(name == "plain")
    weights = learner._weights[name]
    before, scale = weights.copy(), learner._scaler.arrays["mean"].copy()
    sums = learner._sums[name].copy()
    numeric = np.zeros_like(weights, np.float64)
    for at in np.ndindex(weights.shape):
        for sign in (1, -1):
            weights[at] = before[at] + sign * 1e-2
            numeric[at] += sign * loss(learner, each, chosen, model) / 2e-2
        weights[at] = before[at]
    learner.learn(each, chosen)
    grown = learner._sums[name] - sums
    np.testing.assert_allclose(np.sqrt(grown), np.abs(numeric), atol=2e-2, rtol=0.02)
    step = before - learner._weights[name]
    assert (np.sign(step) * np.sign(numeric) >= 0)[np.abs(numeric) > 1e-2].all()
    assert not np.array_equal(scale, learner._scaler.arrays["mean"])


def test_learning_tells_the_scores_from_before() -> None:
    learner, each = taught(), asked(np.random.default_rng(1))
    before = learner.score(each)
    np.testing.assert_array_equal(learner.learn(each, 0), before)
    assert not np.array_equal(learner.score(each), before)


def test_a_section_gives_back_the_very_same_ranker() -> None:
    rng, learner, copy = np.random.default_rng(5), taught(), ranker()
    copy.load(learner.section())
    for _ in range(10):
        each = asked(rng)
        np.testing.assert_array_equal(learner.learn(each, 3), copy.learn(each, 3))
    assert learner.section() == copy.section()


def test_a_section_of_other_features_is_left_alone() -> None:
    other = Ranker(("x.y",), CONTEXTS, RankerSettings())
    fresh = other.section()
    other.load(taught().section())
    assert other.section() == fresh


def test_a_section_that_lacks_a_model_is_left_alone() -> None:
    learner, section = ranker(), taught().section()
    fresh = learner.section()
    learner.load({name: each for name, each in section.items() if name != "plain"})
    assert learner.section() == fresh


def test_however_extreme_the_features_all_stays_finite_and_bounded() -> None:
    learner = taught()
    wild = np.full((3, 4), 1e4, np.float32)
    wild[:, 1] = -1e4
    for _ in range(5):
        learner.learn(Asked(wild, np.array([-1e4], np.float32), 0), 1, factor=100)
    scores = learner.score(asked(np.random.default_rng(2)))
    assert np.isfinite(scores).all()
    assert all(np.abs(each).max() <= 10 for each in learner._weights.values())


def test_a_list_of_one_candidate_teaches_nothing_wrong() -> None:
    learner = taught()
    each = Asked(np.ones((3, 1), np.float32), np.ones(1, np.float32), 0)
    before = {name: w.copy() for name, w in learner._weights.items()}
    learner.learn(each, 0)
    for name, weights in learner._weights.items():
        np.testing.assert_allclose(weights, before[name], atol=1e-6)


def test_each_situation_has_weights_of_its_own() -> None:
    learner, rng = ranker(), np.random.default_rng(6)
    each = asked(rng)
    learner.learn(Asked(each.features, each.context, 2), 1)
    assert learner._weights["linear"][2].any()
    assert not learner._weights["linear"][[0, 1, 3]].any()


def test_where_events_tell_little_the_plain_model_is_heard() -> None:
    rng, learner = np.random.default_rng(7), ranker()
    for _ in range(4_000):
        each = asked(rng)
        worth = 0.5 * each.features[2] + rng.gumbel(size=each.features.shape[1])
        learner.learn(each, int(worth.argmax()))
    assert learner._hedge.share < 0.1


def test_where_situations_differ_the_full_model_is_heard() -> None:
    rng, learner = np.random.default_rng(8), ranker()
    for _ in range(400):
        each = asked(rng)
        sign = 1 if each.situation % 2 else -1
        learner.learn(each, int((sign * each.features[2]).argmax()))
    assert learner._hedge.share > 0.9


def test_where_only_popularity_is_chosen_by_its_order_is_heard() -> None:
    names = ("popularity.count 3", "noise.one")
    learner = Ranker(names, CONTEXTS, RankerSettings(rate=0, prior={"noise.one": 1.0}))
    rng = np.random.default_rng(6)
    for _ in range(30):
        features = rng.standard_normal((2, 40)).astype(np.float32)
        each = Asked(features, np.zeros(1, np.float32), situation=0)
        learner.learn(each, int(features[0].argmax()))
    scores, added = learner.explain(each, np.array([1, 2]))
    assert scores.argmax() == each.features[0].argmax()
    np.testing.assert_array_equal(scores, learner.score(each))
    np.testing.assert_allclose(added.sum(axis=0), scores, atol=1e-5)
    copy = Ranker(names, CONTEXTS, learner.settings)
    copy.load(learner.section())
    np.testing.assert_array_equal(copy.score(each), scores)
