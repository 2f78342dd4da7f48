import numpy as np
import pytest

from pipeline.logic.arrays import Slots
from pipeline.logic.catalogue import Catalogue, Hashes
from pipeline.logic.expert import Lesson, Moment, Reader, RowWriter
from pipeline.logic.experts.covisitation import CovisitationConfig, CovisitationWriter
from pipeline.logic.experts.covisitation_reader import CovisitationReader
from pipeline.logic.experts.popularity import PopularityConfig, PopularityWriter
from pipeline.logic.experts.popularity_reader import PopularityReader
from pipeline.logic.ranker import Ranker
from pipeline.logic.ranker_settings import RankerSettings
from pipeline.logic.ranking import (
    NO_HASHES,
    Proposed,
    Ranked,
    context_names,
    feature_names,
    most_popular,
    propose,
    rank,
)
from pipeline.logic.slots import SlotTable
from tests.build import NOW_MS, hash_of

PRIOR = {"covisitation.cov8": 1.0, "popularity.count 4": 0.25}
VISITS = [
    ("hit", ()),
    ("hit", ()),
    ("hit", ()),
    ("tea", ()),
    ("pot", ("tea",)),
    ("pot", ("tea",)),
    ("cup", ("tea", "pot")),
]
ITEMS = ("hit", "tea", "pot", "cup")


def catalogue(
    items: tuple[str, ...] = ITEMS,
    gone: tuple[str, ...] = (),
    heard: set[str] | None = None,
) -> Catalogue:
    """Rows of items, learnt from `VISITS`; those in `gone` may not be listed."""
    table = SlotTable()
    readers: list[Reader] = [
        PopularityReader(PopularityConfig()),
        CovisitationReader(table, CovisitationConfig()),
    ]
    known = Catalogue(table, readers, hash_of, heard)
    writers: list[RowWriter] = [
        PopularityWriter(PopularityConfig()),
        CovisitationWriter(CovisitationConfig()),
    ]
    for item, recent in VISITS:
        times = [NOW_MS] * len(recent)
        lesson = Lesson(item, 1, 1.0, False, NOW_MS, list(recent), times)
        for writer in writers:
            writer.learn([ITEMS.index(item)], [lesson])
    for item in items:
        slot = ITEMS.index(item) if item in ITEMS else 99
        sections = {writer.name: writer.section(slot) for writer in writers}
        known.assign(item, {"item": {"available": item not in gone}, **sections})
    return known


def moment(known: Catalogue, *recent: str, disliked: tuple[str, ...] = ()) -> Moment:
    items = [*recent]
    return Moment(
        now_ms=NOW_MS,
        recent=np.array([known.table.get(item) for item in items], np.int64),
        recent_times_ms=np.full(len(items), NOW_MS),
        attributes=[],
        history=len(items),
        disliked=np.array([known.table.get(item) for item in disliked], np.int64),
    )


def hashes(*items: str) -> Hashes:
    return np.sort(np.array([hash_of(item) for item in items], np.uint32))


def ranked(
    known: Catalogue, now: Moment, had: Hashes = NO_HASHES, n: int = 9
) -> Ranked:
    ranker = a_ranker(known)
    return rank(known, propose(known, now, had, ranker, n), ranker, n)


def a_ranker(known: Catalogue) -> Ranker:
    settings = RankerSettings(prior=PRIOR)
    return Ranker(feature_names(known), context_names(known), settings)


def proposed(known: Catalogue, now: Moment, had: Hashes = NO_HASHES) -> Proposed:
    return propose(known, now, had, a_ranker(known), 9)


def popular(known: Catalogue, now: Moment, had: Hashes = NO_HASHES) -> list[str]:
    return ids(known, most_popular(known, proposed(known, now, had), 9))


def ids(known: Catalogue, slots: Slots) -> list[str]:
    return [known.id_of(slot) for slot in slots.tolist()]


def test_a_user_without_history_gets_what_is_popular() -> None:
    known = catalogue()
    result = ranked(known, moment(known))
    assert ids(known, result.slots)[:2] == ["hit", "pot"]
    assert popular(known, moment(known))[:2] == ["hit", "pot"]


def test_what_goes_with_the_last_item_comes_before_what_is_popular() -> None:
    known = catalogue()
    result = ranked(known, moment(known, "tea"), hashes("tea"))
    assert ids(known, result.slots) == ["pot", "cup", "hit"]


def test_what_the_user_had_is_left_out_of_the_list_and_of_the_popular_ones() -> None:
    known = catalogue()
    now, had = moment(known, "tea", "hit"), hashes("tea", "hit")
    assert {"tea", "hit"}.isdisjoint(ids(known, ranked(known, now, had).slots))
    assert {"tea", "hit"}.isdisjoint(popular(known, now, had))


def test_what_was_disliked_is_left_out_even_where_repeats_are_welcome() -> None:
    known = catalogue()
    result = ranked(known, moment(known, "tea", disliked=("pot",)))
    assert "tea" in ids(known, result.slots)
    assert "pot" not in ids(known, result.slots)


def test_what_is_not_available_is_left_out() -> None:
    known = catalogue(gone=("hit", "pot"))
    result = ranked(known, moment(known, "tea"))
    assert ids(known, result.slots) == ["cup", "tea"]
    assert known.items == 2


def test_an_item_whose_row_is_dropped_is_gone_and_its_slot_serves_another() -> None:
    known = catalogue()
    slot = known.table.get("pot")
    known.drop("pot")
    known.drop("never there")
    assert "pot" not in ids(known, ranked(known, moment(known, "tea")).slots)
    known.assign("new", {"item": {"available": True}})
    assert known.table.get("new") == slot
    result = ranked(known, moment(known, "tea"), hashes("tea", "pot"))
    assert ids(known, result.slots) == ["cup", "hit", "new"]


def test_a_catalogue_without_events_still_fills_a_list() -> None:
    known = catalogue(items=("x", "y", "z"))
    result = ranked(known, moment(known), n=2)
    assert len(result.slots) == 2
    assert not result.shares.any()


def test_an_empty_catalogue_gives_an_empty_list() -> None:
    known = catalogue(items=())
    assert len(ranked(known, moment(known)).slots) == 0


def test_shares_of_each_item_add_up_to_one() -> None:
    known = catalogue()
    result = ranked(known, moment(known, "tea"), hashes("tea"), n=2)
    assert result.shares.sum(axis=1) == pytest.approx([1, 1])
    popularity, covisitation = result.shares[0]
    assert covisitation > popularity


def test_equal_items_come_in_the_same_order_whatever_the_order_of_their_rows() -> None:
    orders = []
    for items in (("x", "y", "z"), ("z", "y", "x"), ("y", "z", "x")):
        known = catalogue(items=items)
        orders.append(ids(known, ranked(known, moment(known)).slots))
    assert orders[0] == orders[1] == orders[2]


def test_only_as_many_as_asked_for_come_and_they_are_the_best() -> None:
    known = catalogue()
    whole = ranked(known, moment(known, "tea"))
    short = ranked(known, moment(known, "tea"), n=2)
    assert short.slots.tolist() == whole.slots[:2].tolist()
    assert (np.diff(whole.scores) <= 0).all()


def test_candidates_come_once_with_a_row_of_every_feature() -> None:
    known = catalogue()
    found = proposed(known, moment(known, "tea"), hashes("tea"))
    assert (np.diff(found.slots) > 0).all()
    ranker = a_ranker(known)
    assert found.asked.features.shape == (len(ranker.features), len(found.slots))
    assert found.asked.context.shape == (len(ranker.contexts),)
    assert np.isfinite(found.asked.features).all()


def test_an_expert_that_is_not_heard_proposes_and_says_nothing() -> None:
    known = catalogue(heard={"popularity"})
    assert all(name.startswith("popularity.") for name in feature_names(known))
    assert ids(known, ranked(known, moment(known, "tea")).slots)[0] == "hit"


def test_two_items_with_the_same_hash_are_left_out_together_and_dropped_apart() -> None:
    known = Catalogue(SlotTable(), [PopularityReader(PopularityConfig())], len)
    for item in ("aa", "bb", "c"):
        known.assign(item, {"item": {"available": True}})
    had = np.array([2], np.uint32)
    none = np.zeros(0, np.int64)
    assert np.flatnonzero(known.listable(known.slots_of(had), none)).tolist() == [2]
    known.drop("aa")
    assert np.flatnonzero(known.listable(known.slots_of(had), none)).tolist() == [2]
    known.drop("bb")
    assert np.flatnonzero(known.listable(known.slots_of(had), none)).tolist() == [2]
