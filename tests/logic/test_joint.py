"""The joint regression: its solution, what it spans, and what a reader makes of it."""

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
import pytest

from pipeline.logic.arrays import Matrix
from pipeline.logic.catalogue import Hashes
from pipeline.logic.expert import Moment, Section
from pipeline.logic.experts.joint import JointLearner
from pipeline.logic.experts.joint_core import JointSettings
from pipeline.logic.experts.joint_reader import JointReader
from pipeline.logic.experts.joint_rows import weight_rows
from pipeline.logic.joint import SMALL, inverse_of, weights_of
from pipeline.logic.kernels.joint import add_rows, best_of
from pipeline.logic.slots import SlotTable
from tests.build import NOW_MS, hash_of

AT_ONCE = JointSettings(
    items=40, ridge=2.0, half_life_ms=1 << 60, least_events=1, share=0.0
)
BASKETS = [[f"{basket}{n}" for n in range(5)] for basket in "abcd"]
GOODS = [*chain.from_iterable(BASKETS), "bag"]
Log = dict[str, Section]


def hashes(items: Sequence[str]) -> Hashes:
    return np.array([hash_of(item) for item in items], np.uint32)


def take(learner: JointLearner, items: Sequence[str], at_ms: int = NOW_MS) -> None:
    """One user takes these, one after another."""
    for place, item in enumerate(items):
        learner.learn(item, hashes(items[:place]), at_ms)


def commit(learner: JointLearner, log: Log) -> Log:
    log.update({key: section for key, _, section in learner.rows()})
    learner.commit()
    return log


def learnt(
    histories: Iterable[Sequence[str]], settings: JointSettings = AT_ONCE
) -> Log:
    learner = JointLearner(settings, hash_of)
    log: Log = {}
    for items in histories:
        take(learner, items)
        commit(learner, log)
    return log


def shopping(users: int) -> list[list[str]]:
    """Each user takes most items of one basket, and a bag, in any order."""
    rng = np.random.default_rng(3)
    histories = []
    for user in range(users):
        taken = [item for item in BASKETS[user % 4] if rng.random() < 0.8]
        histories.append(rng.permutation([*taken, "bag"]).tolist())
    return histories


def reader(log: Log, items: Sequence[str]) -> tuple[JointReader, SlotTable]:
    table = SlotTable()
    known = JointReader(table)
    for item in items:
        known.assign(table.add(item), {})
    for key, section in log.items():
        known.assign_shared(f"joint/{key}", section)
    return known, table


def spanned(log: Log) -> list[str]:
    """Ids of the items that have a place."""
    counts = log["counts/0"]
    ids: list[str] = counts["ids"][: counts["items"]]
    return ids


def moment(
    table: SlotTable, had: Sequence[str], disliked: Sequence[str] = ()
) -> Moment:
    slots = table.get_all(had)
    times = np.full(len(had), NOW_MS)
    none = table.get_all(disliked)
    return Moment(NOW_MS, slots, times, [], len(had), none, slots)


def said(known: JointReader, now: Moment, slots: Sequence[int]) -> list[float]:
    out = np.full((1, len(slots)), np.nan, np.float32)
    known.features(now, np.array(slots, np.int64), out)
    found: list[float] = out[0].tolist()
    return found


def test_learnt_event_by_event_it_is_the_plain_solution_over_all_histories() -> None:
    histories = shopping(60)
    log = learnt(histories)
    ids = spanned(log)
    had = np.array([[item in items for item in ids] for items in histories], float)
    inverse = np.linalg.inv(had.T @ had + AT_ONCE.ridge * np.eye(len(ids)))
    plain = -inverse / np.diag(inverse)
    np.fill_diagonal(plain, 0)
    block = log["weights/0"]
    found = np.frombuffer(block["weights"], np.float16).reshape(len(ids), -1)
    assert block["ids"] == ids
    assert len(ids) == 21
    np.testing.assert_allclose(found, plain, atol=2e-3)


@pytest.mark.parametrize("n", [1, SMALL, SMALL + 1, 5 * SMALL + 3])
def test_the_inverse_half_by_half_is_that_of_numpy(n: int) -> None:
    rows = np.random.default_rng(4).normal(size=(2 * n, n))
    gram = rows.T @ rows + np.eye(n)
    np.testing.assert_allclose(inverse_of(gram), np.linalg.inv(gram), atol=1e-12)


def test_rows_are_added_but_those_that_are_none() -> None:
    weights = np.random.default_rng(5).normal(size=(9, 9)).astype(np.float32)
    out = np.zeros(10, np.float32)
    add_rows(weights, np.array([7, -1, 2, -1, 4]), out)
    np.testing.assert_allclose(out[:-1], weights[[7, 2, 4]].sum(0), atol=1e-6)
    assert out[-1] == 0


def test_the_best_of_a_list_are_the_highest_above_0_that_may_be_listed() -> None:
    rng = np.random.default_rng(6)
    scores = rng.permutation(np.arange(-50, 150)).astype(np.float32)
    slot_of, listable = rng.permutation(220)[:200], rng.random(210) < 0.7
    slot_of[rng.random(200) < 0.1] = -1
    there = (slot_of >= 0) & (slot_of < 210) & (scores > 0)
    there &= listable[np.clip(slot_of, 0, 209)]
    for n in (1, 40, 500):
        plain = [s for s in np.argsort(-scores).tolist() if there[s]][:n]
        assert best_of(scores, slot_of, listable, n).tolist() == sorted(slot_of[plain])


def test_of_shuffled_baskets_what_is_left_of_the_same_one_is_proposed_first() -> None:
    known, table = reader(learnt(shopping(200)), GOODS)
    for basket in BASKETS:
        now = moment(table, ["bag", *basket[:3]])
        scores = said(known, now, range(21))
        best = np.argsort(scores)[::-1]
        left = [table.id_of(slot) for slot in best if slot not in now.had][:2]
        assert set(left) == set(basket[3:])


def test_what_is_together_by_a_third_alone_has_little_weight() -> None:
    """Whoever has a pan may have a lid and may have a spoon, each for itself."""
    rng = np.random.default_rng(8)
    owned = [("pan", *(i for i in ("lid", "spoon") if rng.random() < 0.6))
             for _ in range(200)]  # fmt: skip
    log = learnt([*owned, *[["cup"]] * 200])
    known, table = reader(log, ["pan", "lid", "spoon"])
    spoon = [table.get("spoon")]
    [by_pan], [by_lid] = (
        said(known, moment(table, [item]), spoon) for item in ("pan", "lid")
    )
    together = sum({"lid", "spoon"} <= {*items} for items in owned)
    assert together > 50
    assert by_pan > 5 * abs(by_lid)


def test_counts_that_do_not_belong_together_give_bounded_weights() -> None:
    together = np.array([[0, 9, 9], [9, 0, -9], [9, -9, 0]], np.float32)
    weights = weights_of(together, np.ones(3, np.float32), ridge=0.5)
    assert np.isfinite(weights).all()
    assert 0 < np.abs(weights).max() <= 1


def test_it_spans_no_more_items_than_set_and_those_taken_most_often() -> None:
    settings = JointSettings(items=5, watched=12, least_events=3, share=0.0)
    learner = JointLearner(settings, hash_of)
    for n in range(200):
        take(learner, [f"i{n}", f"often{n % 5}"])
    log = commit(learner, {})
    assert learner.items == 5
    assert set(spanned(log)) == {f"often{n}" for n in range(5)}
    assert log["counts/0"]["watched"] == len(log["counts/0"]["ids"]) == 12


def test_an_item_that_comes_into_fashion_takes_the_place_of_one_that_faded() -> None:
    settings = JointSettings(items=2, half_life_ms=1_000, least_events=1, share=0.0)
    learner = JointLearner(settings, hash_of)
    for _ in range(9):
        take(learner, ["old", "steady"])
    for _ in range(3):
        take(learner, ["new", "steady"], NOW_MS + 9_000)
    log = commit(learner, {})
    assert set(spanned(log)) == {"steady", "new"}
    [before, pair, after] = np.frombuffer(log["together/0"]["together"], np.float32)
    # Counted since the new one has its place, and the old one's count is gone.
    assert (before, after) == (0, 0)
    assert 0 < pair <= 3


def test_without_items_it_keeps_nothing() -> None:
    assert learnt(shopping(9), JointSettings(items=0)) == {}


@pytest.mark.parametrize("commits", [1, 7])
def test_rebuilt_from_its_rows_it_goes_on_the_same(commits: int) -> None:
    settings = JointSettings(items=15, watched=18, least_events=20)
    histories = shopping(60)
    learner, log = JointLearner(settings, hash_of), Log()
    for n, items in enumerate(histories[:30]):
        take(learner, items)
        if n % commits == commits - 1:
            commit(learner, log)
    commit(learner, log)
    again = JointLearner(settings, hash_of)
    for key in sorted(log, reverse=True):
        again.load(key, log[key])
    assert not list(again.rows())
    for each in (learner, again):
        for items in histories[30:]:
            take(each, items)
    assert list(learner.rows()) == list(again.rows())
    assert learner.items == 15


def test_what_is_undone_leaves_no_trace() -> None:
    settings = JointSettings(items=15, watched=18, least_events=20)
    straight, other = (JointLearner(settings, hash_of) for _ in range(2))
    log, straight_log = Log(), Log()
    for n, items in enumerate(shopping(50)):
        take(straight, items)
        commit(straight, straight_log)
        if n % 3 == 0:
            for _ in range(n % 7):
                take(other, items[::-1], NOW_MS + n)
            other.undo()
        take(other, items)
        commit(other, log)
    assert log == straight_log


def blocks(ids: Sequence[str], weights: Matrix, fit: int) -> list[tuple[str, Section]]:
    return [(f"joint/{key}", each) for key, each in weight_rows(ids, weights, fit)]


def test_weights_count_once_all_blocks_of_a_fit_are_there() -> None:
    ids = [f"i{n}" for n in range(500)]
    known, table = reader({}, ids)
    now, other = moment(table, ["i0"]), table.get("i1")
    first, second = (np.full((500, 500), n, np.float32) for n in (0.25, 0.5))
    (one, two), (new_one, new_two) = blocks(ids, first, 1), blocks(ids, second, 2)
    for told, expected in (
        (two, 0.0),
        (one, 0.25),
        (new_one, 0.25),
        (two, 0.25),  # again, as a replica that starts may read it
        (new_two, 0.5),
    ):
        known.assign_shared(*told)
        now = moment(table, ["i0"])
        assert said(known, now, [other]) == [expected]


def test_an_item_may_come_go_and_come_again_in_another_slot() -> None:
    log = learnt(shopping(80))
    known, table = reader(log, ["a0"])
    late = table.add("a1")
    known.assign(late, {})
    [before] = said(known, moment(table, ["a0"]), [late])
    assert before > 0
    known.drop(late)
    table.drop("a1")
    assert table.add("unheard of") == late
    known.assign(late, {})
    assert said(known, moment(table, ["a0"]), [late]) == [0]
    moved = table.add("a1")
    known.assign(moved, {})
    assert said(known, moment(table, ["a0"]), [moved]) == [before]


def test_only_what_may_be_listed_and_has_a_sum_above_0_is_proposed() -> None:
    known, table = reader(learnt(shopping(200)), GOODS)
    listable = np.ones(table.size, np.bool_)
    listable[[table.get("a0"), table.get("a4")]] = False
    found = known.candidates(moment(table, ["a0", "a1"]), listable).tolist()
    assert {table.get("a2"), table.get("a3")} <= set(found)
    assert found == sorted(found)
    assert all(score > 0 for score in said(known, moment(table, ["a0", "a1"]), found))
    assert not set(found) & {table.get("a0"), table.get("a4")}


def test_what_is_disliked_does_not_speak_and_the_reason_is_the_largest() -> None:
    known, table = reader(learnt(shopping(200)), GOODS)
    a4, b4 = table.get("a4"), table.get("b4")
    now = moment(table, ["a0", "b0"], disliked=["b0"])
    assert said(known, now, [a4]) == said(known, moment(table, ["a0"]), [a4])
    because = known.because(moment(table, ["a0", "b0"]), np.array([a4, b4, 99]))
    assert because.tolist() == [table.get("a0"), table.get("b0"), -1]
