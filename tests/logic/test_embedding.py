from dataclasses import replace

import numpy as np
import pytest

from pipeline.logic.arrays import Slots
from pipeline.logic.expert import Lesson, Moment
from pipeline.logic.experts.embedding import EmbeddingLearner
from pipeline.logic.experts.embedding_reader import EmbeddingReader
from pipeline.logic.experts.embedding_tables import EmbeddingSettings
from pipeline.logic.losses import LOSSES, LossName
from pipeline.logic.slots import SlotTable

SMALL = EmbeddingSettings(dims=8, batch=16, negatives=10, replay_window=200)
TASTES = (tuple(f"r{n}" for n in range(10)), tuple(f"b{n}" for n in range(10)))


def lesson(item: str, recent: list[str], label: int = 1, weight: float = 1.0) -> Lesson:
    times = [0] * len(recent)
    return Lesson(item, label, weight, False, 0, recent, times, tags=[item[0]])


def checkerboard(n: int, seed: int = 1) -> list[Lesson]:
    """Users of two tastes: whoever had items of one goes on with that one."""
    rng = np.random.default_rng(seed)
    draws = [rng.choice(TASTES[rng.integers(2)], 4, replace=False) for _ in range(n)]
    return [lesson(str(each[0]), [str(item) for item in each[1:]]) for each in draws]


def learnt(lessons: list[Lesson], settings: EmbeddingSettings) -> EmbeddingLearner:
    learner = EmbeddingLearner(settings)
    for first in range(0, len(lessons), 50):
        learner.learn(lessons[first : first + 50], seed=first)
    return learner


def read(learner: EmbeddingLearner, slots: SlotTable) -> EmbeddingReader:
    reader = EmbeddingReader(slots, learner.settings)
    for table, block, section in learner.blocks():
        reader.assign_shared(f"vectors/{table}/{block}", section)
    reader.assign_shared("~dense", learner.section())
    return reader


def moment(recent: Slots) -> Moment:
    ones = np.ones(len(recent), np.float32)
    return Moment(0, recent, np.zeros(len(recent), np.int64), ones, [], {}, {}, 3)


def slots_of(*tastes: tuple[str, ...]) -> SlotTable:
    slots = SlotTable()
    for item in sum(tastes, ()):
        slots.add(item)
    return slots


@pytest.mark.parametrize("loss", LOSSES)
def test_two_tastes_are_told_apart_after_600_events(loss: LossName) -> None:
    learner = learnt(checkerboard(600), replace(SMALL, loss=loss))
    reader = read(learner, slots_of(*TASTES))
    for own, other in ((0, 10), (10, 0)):
        now = moment(np.arange(own, own + 3))
        assert set(reader.candidates(now, 7).tolist()) == set(range(own + 3, own + 10))
        scores = reader.score(now, np.arange(20))
        assert scores[own + 3 : own + 10].min() > scores[other : other + 10].max()
        assert own <= reader.because(now, own + 5) < own + 3


def test_ranks_before_learning_rise_above_popularity() -> None:
    figures = learnt(checkerboard(600), SMALL).figures.all()
    assert figures["auc"] > 0.7
    assert figures["popularity_auc"] < 0.6


@pytest.mark.parametrize("loss", LOSSES)
def test_numbers_stay_finite_and_bounded_whatever_the_weights(loss: LossName) -> None:
    settings = replace(SMALL, loss=loss, rate=50.0, top_weight=1e6, bound=4.0)
    lessons = [replace(each, weight=1e300) for each in checkerboard(300)]
    lessons += [replace(each, weight=float("nan"), label=0) for each in lessons[:50]]
    learner = learnt(lessons, settings)
    for table in learner.tables.values():
        for column in set(table.columns) - {"tags", "count", "used"}:
            assert np.isfinite(table[column]).all()
            assert "sums" in column or (np.abs(table[column]) <= 4).all()
    assert np.abs(learner.w).max() <= 4


def test_a_refused_item_falls() -> None:
    lessons = checkerboard(300)
    refused = [lesson("r0", ["r1", "r2", "r3"], label=0, weight=8.0)] * 50
    now, slot = moment(np.array([1, 2, 3])), np.array([0])
    before = read(learnt(lessons, SMALL), slots_of(*TASTES)).score(now, slot)
    after = read(learnt(lessons + refused, SMALL), slots_of(*TASTES)).score(now, slot)
    assert after < before - 0.3


def test_w_stays_the_identity_unless_it_is_learnt() -> None:
    frozen = learnt(checkerboard(100), replace(SMALL, w_rate=0.0))
    assert (frozen.w == np.eye(8)).all()
    assert (learnt(checkerboard(100), replace(SMALL, w_rate=0.01)).w != np.eye(8)).all()


def test_an_item_may_get_its_slot_before_or_after_its_vector() -> None:
    learner = learnt(checkerboard(200), SMALL)
    early, late = slots_of(*TASTES), slots_of()
    first, second = read(learner, early), read(learner, late)
    now = moment(np.arange(3))
    assert not second.candidates(moment(np.arange(0)), 5).size
    for item in sum(TASTES, ()):
        late.add(item)
        second.candidates(moment(np.arange(0)), 5)
    assert first.candidates(now, 9).tolist() == second.candidates(now, 9).tolist()


def test_a_slot_given_to_another_item_changes_its_meaning() -> None:
    slots = slots_of(TASTES[0])
    reader, now = read(learnt(checkerboard(200), SMALL), slots), moment(np.arange(3))
    before = reader.score(now, np.array([3, 4]))
    reader.drop(3)
    slots.drop("r3")
    assert reader.score(now, np.array([3, 4])).tolist() == [0, before[1]]
    assert 3 not in reader.candidates(now, 20)
    assert slots.add("b0") == 3
    assert reader.score(now, np.array([3]))[0] not in (0, before[0])
    assert 3 in reader.candidates(now, 20)


def test_the_reader_scores_as_the_learner_does_and_its_features_add_up() -> None:
    learner = learnt(checkerboard(200), SMALL)
    reader, now = read(learner, slots_of(*TASTES)), moment(np.arange(3))
    scores = reader.score(now, np.arange(20))
    features = reader.features(now, np.arange(20))
    tags = reader.feature_names.index("tags")  # is in what the others say already
    total = np.delete(features, tags, axis=1).sum(1)
    np.testing.assert_allclose(np.diff(scores), np.diff(total), atol=1e-5)


def test_a_reader_without_vectors_knows_nothing() -> None:
    reader, now = EmbeddingReader(slots_of(*TASTES)), moment(np.arange(3))
    assert reader.score(now, np.arange(20)).tolist() == [0] * 20
    assert not reader.candidates(now, 5).size
    assert reader.because(now, 5) == -1
