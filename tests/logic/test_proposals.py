import numpy as np

from pipeline.logic.catalogue import Catalogue
from pipeline.logic.expert import Moment
from pipeline.logic.experts.popularity import PopularityConfig
from pipeline.logic.experts.popularity_reader import PopularityReader
from pipeline.logic.proposals import Proposals
from pipeline.logic.ranker import Ranker
from pipeline.logic.ranker_settings import RankerSettings
from pipeline.logic.ranking import NO_HASHES, feature_names, propose
from pipeline.logic.slots import SlotTable
from tests.build import NOW_MS, hash_of

ITEMS = 40


def catalogue() -> Catalogue:
    known = Catalogue(SlotTable(), [PopularityReader(PopularityConfig())], hash_of)
    for number in range(ITEMS):
        tell(known, f"i{number}", number)
    return known


def tell(known: Catalogue, item: str, popular: float) -> None:
    logs = np.full(len(PopularityConfig().half_lives_ms), popular).tobytes()
    counts = {"logs": logs, "events": 1, "first_ms": 1, "last_ms": 1}
    known.assign(item, {"item": {"available": True}, "popularity": counts})


def moment(*recent: int, now_ms: int = NOW_MS) -> Moment:
    slots = np.array(recent, np.int64)
    return Moment(now_ms, slots, np.zeros(len(recent), np.int64), [], len(recent))


def ranker(known: Catalogue) -> Ranker:
    return Ranker(feature_names(known), [], RankerSettings())


def test_an_equal_moment_is_worked_out_once() -> None:
    known = catalogue()
    proposals, ranks = Proposals(known), ranker(known)
    first = proposals.of(moment(1, 2), NO_HASHES, ranks, 10)
    assert proposals.of(moment(1, 2), NO_HASHES.copy(), ranks, 5) is first


def test_another_moment_or_user_is_worked_out_anew() -> None:
    known = catalogue()
    ranks, had = ranker(known), np.array([hash_of("i3")], np.uint32)
    for other, without in (
        (moment(1, now_ms=NOW_MS + 60_000), NO_HASHES),
        (moment(2), NO_HASHES),
        (moment(1), had),
    ):
        proposals = Proposals(known)
        first = proposals.of(moment(1), NO_HASHES, ranks, 10)
        again = proposals.of(other, without, ranks, 10)
        assert again is not first
        plain = propose(known, other, without, ranks, 10)
        assert again.slots.tolist() == plain.slots.tolist()
        assert np.array_equal(again.asked.features, plain.asked.features)


def test_whatever_the_catalogue_is_told_is_in_the_next_answer() -> None:
    known = catalogue()
    proposals, ranks = Proposals(known), ranker(known)
    first = proposals.of(moment(1), NO_HASHES, ranks, 10)
    tell(known, "new", 99)
    slot = known.table.get("new")
    assert slot not in first.slots
    assert slot in proposals.of(moment(1), NO_HASHES, ranks, 10).slots
    known.drop("new")
    assert slot not in proposals.of(moment(1), NO_HASHES, ranks, 10).slots


def test_a_list_that_was_filled_up_is_not_another_length_s() -> None:
    known = catalogue()
    proposals, ranks = Proposals(known), ranker(known)
    for least in (30, 20, 41, 30):
        told = proposals.of(moment(1), NO_HASHES, ranks, least)
        plain = propose(known, moment(1), NO_HASHES, ranks, least)
        assert told.slots.tolist() == plain.slots.tolist()
