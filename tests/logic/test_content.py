from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.expert import Lesson, Moment, Section
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


def moment(*recent: int) -> Moment:
    return Moment(
        now_ms=0,
        recent=np.array(recent, np.int64),
        recent_times_ms=np.zeros(len(recent), np.int64),
        attributes=[],
        history=0,
    )


def features(
    known: ContentReader, user: Moment, slots: Sequence[int] = range(4)
) -> dict[str, list[float]]:
    out = np.full((len(known.feature_names), len(slots)), np.nan, np.float32)
    known.features(user, np.array(slots), out)
    return dict(zip(known.feature_names, out.tolist(), strict=True))


def candidates(known: ContentReader, user: Moment, size: int = 9) -> list[int]:
    return sorted(known.candidates(user, np.ones(size, np.bool_)).tolist())


def test_recent_items_lift_those_that_share_their_names() -> None:
    jazz, rock, both, bare = features(reader(), moment(JAZZ))["mid"]
    assert jazz > both > rock
    assert bare == 0


def test_the_lift_is_the_share_of_recent_items_against_that_of_the_catalogue() -> None:
    told = features(reader(), moment(ROCK, JAZZ), [JAZZ, 5_000])
    most, album = (2 + 1) / (3 + 10), (3 + 1) / (3 + 10)
    for name, decay, prior in (("mid", 0.92, 4), ("fast", 0.7, 2), ("slow", 1, 6)):
        total = 1 + decay + prior
        lifts = [
            np.log((1 + prior * most) / total / most),
            np.log((1 + decay + prior * album) / total / album),
        ]
        assert told[name] == pytest.approx([np.mean(lifts), 0], abs=1e-6)
        if name == "mid":
            assert told["most"] == pytest.approx([max(lifts), 0], abs=1e-6)


def test_a_user_who_likes_nothing_lifts_nothing() -> None:
    for user in (moment(), moment(BARE)):
        assert not np.any(list(features(reader(), user).values()))
        assert candidates(reader(), user) == []


def test_one_user_s_profile_leaves_nothing_for_the_next() -> None:
    known = reader()
    features(known, moment(JAZZ, BOTH))
    assert features(known, moment(ROCK)) == features(reader(), moment(ROCK))


def test_candidates_share_a_name_with_recent_items() -> None:
    known = reader()
    known.assign(5, {"categories": [], "tags": ["folk"]})
    assert candidates(known, moment(JAZZ)) == [JAZZ, ROCK, BOTH]
    assert candidates(known, moment(5)) == [5]
    assert candidates(known, moment(JAZZ), size=2) == [JAZZ, ROCK]


def test_of_many_items_of_a_name_the_newest_and_the_most_liked_are_found() -> None:
    known, told = ContentReader(), ContentWriter(ContentConfig())
    for slot in range(300):
        told.describe(slot, "", [], ["jazz"])
        if slot in (50, 100, 101):
            told.learn([slot], [Lesson("i", 1, 1.0, False, slot, [], [])])
        known.assign(slot, told.section(slot))
    assert candidates(known, moment(0), 300) == [50, 100, 101, *range(290, 300)]
    known.drop(100)
    known.assign(101, {"categories": [], "tags": ["rock"]})
    assert candidates(known, moment(0), 300) == [50, *range(290, 300)]


def test_the_reason_is_the_newest_recent_item_that_shares_most() -> None:
    known = reader()
    slots = np.array([BOTH, ROCK, BARE])
    newest = known.because(moment(ROCK, JAZZ, BARE), slots).tolist()
    assert newest == [JAZZ, ROCK, -1]
    assert known.because(moment(BARE), slots).tolist() == [-1, -1, -1]


def test_new_content_replaces_the_old() -> None:
    known = reader()
    known.assign(ROCK, {"categories": [], "tags": ["jazz"]})
    known.drop(JAZZ)
    assert candidates(known, moment(ROCK)) == [ROCK, BOTH]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 9),
            st.sampled_from([["a"], ["a", "b"], ["b", "c"], []]),
            st.floats(0, 9),
        ),
        max_size=60,
    )
)
def test_a_reader_that_saw_every_value_is_as_one_that_saw_the_last(
    assigned: list[tuple[int, list[str], float]],
) -> None:
    early, late, last = ContentReader(), ContentReader(), dict[int, Section]()
    for slot, tags, worth in assigned:
        last[slot] = {"tags": tags, "worth": worth}
        early.assign(slot, last[slot])
    for slot, section in last.items():
        late.assign(slot, section)
    user = moment(1, 2, 3)
    assert features(early, user) == features(late, user)
    assert candidates(early, user, 10) == candidates(late, user, 10)


def test_what_is_liked_is_worth_more_and_less_as_time_goes() -> None:
    config = ContentConfig(half_life_ms=10.0)
    told = ContentWriter(config)
    told.describe(JAZZ, "", [], ["jazz"])
    for at_ms in (0, 10, 10):
        told.learn([JAZZ], [Lesson("i", 1, 1.0, False, at_ms, [], [])])
    told.learn([JAZZ], [Lesson("i", 0, 1.0, False, 10, [], [])])
    told.learn([JAZZ], [Lesson("i", 1, 1.0, True, 10, [], [])])
    assert told.section(JAZZ)["worth"] == pytest.approx(np.log2(5))
    told.describe(JAZZ, "", [], ["rock"])
    assert told.section(JAZZ)["worth"] == pytest.approx(np.log2(5))


def test_an_item_that_the_catalogue_lacks_has_the_content_of_its_examples() -> None:
    told = ContentWriter(ContentConfig())
    lesson = Lesson("i", 1, 1.0, False, 1, [], [], categories=["album"], tags=["jazz"])
    told.learn([JAZZ], [lesson])
    told.describe(ROCK, "Paranoid", [], [])
    told.learn([ROCK], [lesson])
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


def test_a_basis_of_another_release_is_passed_over() -> None:
    known = reader()
    known.assign_shared("~basis", {"mean": bytes(8), "components": bytes(16)})
    out = np.full((len(known.feature_names), 4), np.nan, np.float32)
    known.features(moment(JAZZ), np.arange(4), out)
    assert not out[-1].any()
