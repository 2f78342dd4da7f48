from collections.abc import Mapping

import numpy as np
import pytest

from pipeline.logic.expert import Lesson, Moment
from pipeline.logic.experts.content import ContentConfig, ContentWriter
from pipeline.logic.experts.content_reader import ContentReader

JAZZ, ROCK, BOTH, BARE = range(4)


def writer() -> ContentWriter:
    told = ContentWriter(ContentConfig())
    told.describe(JAZZ, "Kind of Blue", ["album"], ["jazz"])
    told.describe(ROCK, "Paranoid", ["album"], ["rock"])
    told.describe(BOTH, "Bitches Brew", ["album"], ["jazz", "rock"])
    told.describe(BARE, "", [], [])
    return told


def reader() -> ContentReader:
    known = ContentReader()
    for slot in range(4):
        known.assign(slot, writer().section(slot))
    return known


def moment(tags: Mapping[str, float] = {}, recent: tuple[int, ...] = ()) -> Moment:
    return Moment(
        now_ms=0,
        recent=np.array(recent, np.int64),
        recent_times_ms=np.zeros(len(recent), np.int64),
        recent_weights=np.ones(len(recent), np.float32),
        attributes=[],
        categories={},
        tags=tags,
        history=0,
    )


def test_interest_in_a_tag_lifts_the_items_that_have_it() -> None:
    jazz, rock, both, bare = reader().score(moment({"jazz": 6.0}), np.arange(4))
    assert jazz > both > rock
    assert rock < 0
    assert bare == 0


def test_the_lift_is_the_share_of_interest_against_the_share_of_the_catalogue() -> None:
    share = (2 + 1) / (4 + 10)  # 2 of 4 tags given are jazz
    expected = np.log((6 + 4 * share) / (6 + 4) / share)
    lift = reader().score(moment({"jazz": 6.0}), np.array([JAZZ]))[0]
    assert lift == pytest.approx(expected)


def test_a_user_of_no_interests_lifts_nothing() -> None:
    assert not reader().score(moment(), np.arange(4)).any()
    assert not reader().score(moment({"jazz": -2.0}), np.arange(4)).any()


def test_candidates_have_what_the_user_likes_the_best_first() -> None:
    assert reader().candidates(moment({"jazz": 6.0}), 9).tolist() == [JAZZ, BOTH]
    assert reader().candidates(moment({"jazz": 6.0}), 1).tolist() == [JAZZ]
    assert reader().candidates(moment({"folk": 6.0}), 9).tolist() == []


def test_the_reason_is_the_newest_recent_item_that_shares_most() -> None:
    known = reader()
    assert known.because(moment(recent=(ROCK, JAZZ, BARE)), BOTH) == JAZZ
    assert known.because(moment(recent=(BARE,)), BOTH) == -1


def test_new_content_replaces_the_old() -> None:
    known = reader()
    known.assign(ROCK, {"categories": [], "tags": ["jazz"]})
    known.drop(JAZZ)
    slots = known.candidates(moment({"jazz": 6.0, "rock": 1.0}), 9)
    assert slots.tolist() == [ROCK, BOTH]


def test_an_item_that_the_catalogue_lacks_has_the_content_of_its_examples() -> None:
    told = ContentWriter(ContentConfig())
    lesson = Lesson("i", 1, 1.0, False, 1, [], [], categories=["album"], tags=["jazz"])
    told.learn(JAZZ, lesson)
    told.describe(ROCK, "Paranoid", [], [])
    told.learn(ROCK, lesson)
    assert told.section(JAZZ)["tags"] == ["jazz"]
    assert told.section(ROCK)["tags"] == []


def test_long_content_is_cut_where_a_name_ends() -> None:
    told = ContentWriter(ContentConfig(title_bytes=5, name_bytes=19))
    told.describe(JAZZ, "naïve", ["one", "one"], ["two", "three", "four"])
    assert told.section(JAZZ) == {
        "title": "naïv",
        "categories": ["one"],
        "tags": ["two"],
    }


def test_a_row_and_its_copy_are_what_they_were() -> None:
    told, other = writer(), ContentWriter(ContentConfig())
    for slot in range(5):
        section, copied = told.section(slot), told.copy(slot)
        other.load(slot, section)
        assert other.section(slot) == section
        told.describe(slot, "else", [], [])
        told.put(slot, copied)
        assert told.section(slot) == section
