from dataclasses import replace

import numpy as np
import pytest

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.expert import Lesson, Moment
from pipeline.logic.experts.embedding import EmbeddingLearner
from pipeline.logic.experts.embedding_items import ItemRows
from pipeline.logic.experts.embedding_reader import EmbeddingReader
from pipeline.logic.experts.embedding_tables import (
    TAGS,
    EmbeddingSettings,
    arrays,
    make_tables,
)
from pipeline.logic.kernels.embedding_desk import Sample, desk_for
from pipeline.logic.kernels.embedding_rows import Rows
from pipeline.logic.kernels.embedding_score import score
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
    return Moment(0, recent, np.zeros(len(recent), np.int64), [], 3)


def proposed(reader: EmbeddingReader, now: Moment, besides: Slots) -> set[int]:
    listable = np.ones(64, np.bool_)
    listable[besides] = False
    return set(reader.candidates(now, listable).tolist())


def features(reader: EmbeddingReader, now: Moment, slots: Slots) -> Matrix:
    out = np.full((len(reader.feature_names), len(slots)), np.nan, np.float32)
    reader.features(now, slots, out)
    return out


def interest_in(reader: EmbeddingReader, now: Moment, slots: Slots) -> Vector:
    found: Vector = features(reader, now, slots)[0]
    return found


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
        scores = interest_in(reader, now, np.arange(20))
        assert scores[own + 3 : own + 10].min() > scores[other : other + 10].max()
        because = reader.because(now, np.array([own + 5, own + 6]))
        assert set(because.tolist()) <= {own, own + 1, own + 2}


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
    now, some = moment(np.array([1, 2, 3])), np.array([0, 4])
    first = read(learnt(lessons, SMALL), slots_of(*TASTES))
    second = read(learnt(lessons + refused, SMALL), slots_of(*TASTES))
    before = np.diff(interest_in(first, now, some))
    assert np.diff(interest_in(second, now, some)) > before + 0.3


def test_w_stays_the_identity_unless_it_is_learnt() -> None:
    frozen = learnt(checkerboard(100), replace(SMALL, w_rate=0.0))
    assert (frozen.w == np.eye(8)).all()
    assert (learnt(checkerboard(100), replace(SMALL, w_rate=0.01)).w != np.eye(8)).all()


def test_how_lessons_are_cut_into_batches_changes_nothing() -> None:
    lessons = checkerboard(90)
    learners = [EmbeddingLearner(replace(SMALL, batch=batch)) for batch in (1, 7, 90)]
    for learner in learners:
        learner.learn(lessons, seed=5)
    for learner in learners[1:]:
        for name, table in learner.tables.items():
            for column in set(table.columns) - {"used"}:
                assert (table[column] == learners[0].tables[name][column]).all()


def test_an_item_may_get_its_slot_before_or_after_its_vector() -> None:
    learner = learnt(checkerboard(200), SMALL)
    early, late = slots_of(*TASTES), slots_of()
    first, second = read(learner, early), read(learner, late)
    now, none = moment(np.arange(3)), np.arange(0)
    assert not proposed(second, moment(none), none)
    for item in sum(TASTES, ()):
        late.add(item)
        proposed(second, moment(none), none)
    every = np.arange(20)
    assert proposed(first, now, none) == proposed(second, now, none) == set(range(20))
    assert (features(first, now, every) == features(second, now, every)).all()


def test_a_tag_that_is_read_after_its_items_is_heard_in_what_is_scanned() -> None:
    learner = learnt(checkerboard(200), SMALL)
    items = ItemRows(slots_of(*TASTES), make_tables(SMALL))
    blocks = {table: section for table, _, section in learner.blocks()}
    items.load("items", blocks["items"])
    own = items.scan().vectors
    assert (own == learner.tables["items"]["values"][:20]).all()
    items.load("tags", blocks["tags"])
    tags = learner.tables["tags"]["values"][learner.tables["items"]["tags"][:20, 0]]
    np.testing.assert_allclose(items.scan().vectors, own + tags, atol=1e-5)
    assert tags.any(axis=1).all()


def test_a_slot_given_to_another_item_changes_its_meaning() -> None:
    slots = slots_of(TASTES[0])
    reader, now = read(learnt(checkerboard(200), SMALL), slots), moment(np.arange(3))
    before = interest_in(reader, now, np.array([3, 4]))
    reader.drop(3)
    slots.drop("r3")
    after = interest_in(reader, now, np.array([3, 4]))
    assert (after != before).tolist() == [True, False]
    assert 3 not in proposed(reader, now, np.arange(0))
    assert slots.add("b0") == 3
    assert interest_in(reader, now, np.array([3]))[0] not in (before[0], after[0])
    assert 3 in proposed(reader, now, np.arange(0))


def test_only_open_items_are_proposed_the_best_of_them() -> None:
    reader = read(learnt(checkerboard(600), SMALL), slots_of(*TASTES))
    shut = np.array([0, 1, 2, 5, 17])
    assert proposed(reader, moment(np.arange(3)), shut) == set(range(20)) - {*shut}


def test_the_reader_scores_as_the_learner_does_and_its_parts_add_up() -> None:
    learner = learnt(checkerboard(200), replace(SMALL, w_rate=0.01))
    reader, now = read(learner, slots_of(*TASTES)), moment(np.arange(3))
    said = features(reader, now, np.arange(20))
    tables = arrays(learner.tables, Rows(learner.w, np.ones(1, np.float32)))
    settings = learner.settings
    recent = np.full(settings.look_back, -1)
    recent[:3] = learner.tables["contexts"].find(["r2", "r1", "r0"])
    rows = learner.tables["items"].find(sum(TASTES, ())).astype(np.int32)
    none, one = np.full(TAGS, -1), np.float32(1)
    desk = desk_for(tables, settings.look_weights(), len(rows))
    tied = np.ones(settings.look_back, np.bool_)  # all of the moment's times are 0
    sample = Sample(0, recent, tied, none, one, one)
    score(tables, settings.course(), sample, rows, desk)
    np.testing.assert_allclose(said[0], desk.scores[1:], atol=1e-5)
    bias = learner.tables["items"]["bias"][rows, 0]
    np.testing.assert_allclose(said[0], said[1:-1].sum(0) + bias, atol=1e-5)


def test_in_what_order_items_of_one_time_came_changes_no_interest() -> None:
    reader, every = read(learnt(checkerboard(200), SMALL), slots_of(*TASTES)), range(20)
    one, other = moment(np.array([0, 11, 2])), moment(np.array([2, 0, 11]))
    said, heard = (features(reader, each, np.array(every)) for each in (one, other))
    np.testing.assert_allclose(said, heard, atol=1e-5)
    later = replace(one, recent_times_ms=np.array([0, 0, 1]))
    assert np.abs(features(reader, later, np.array(every)) - said).max() > 0.01


def test_an_item_without_a_vector_is_known_by_its_tags() -> None:
    slots = slots_of(*TASTES)
    reader, now = read(learnt(checkerboard(600), SMALL), slots), moment(np.arange(3))
    new = np.array([slots.add("new"), slots.add("other")])
    reader.assign(int(new[0]), {"tags": ["r"], "categories": ["unheard of"]})
    reader.assign(int(new[1]), {"tags": ["b"]})
    first, second = interest_in(reader, now, new)
    assert first > second
    assert not set(new) & proposed(reader, now, np.arange(0))
    reader.drop(int(new[0]))
    assert interest_in(reader, now, new)[0] < first


def test_a_reader_without_vectors_knows_nothing() -> None:
    reader, now = EmbeddingReader(slots_of(*TASTES)), moment(np.arange(3))
    assert not features(reader, now, np.arange(20)).any()
    assert not proposed(reader, now, np.arange(0))
    assert reader.because(now, np.array([5, 6])).tolist() == [-1, -1]
    assert reader.context(now).shape == (len(reader.context_names),)
