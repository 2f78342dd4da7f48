import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.expert import Lesson, Moment
from pipeline.logic.experts.popularity import (
    HOUR_MS,
    TOTALS,
    PopularityConfig,
    PopularityWriter,
)
from pipeline.logic.experts.popularity_reader import PopularityReader

NOW_MS = 1_700_000_000_000
CONFIG = PopularityConfig()


def lesson(
    at_ms: int = NOW_MS, label: int = 1, shown: bool = False, weight: float = 1.0
) -> Lesson:
    return Lesson("i", label, weight, shown, at_ms, [], [])


def moment(now_ms: int = NOW_MS) -> Moment:
    none = np.zeros(0, np.int64)
    return Moment(now_ms, none, none, [], 0)


def reader_of(writer: PopularityWriter, slots: int) -> PopularityReader:
    reader = PopularityReader(CONFIG)
    for slot in range(slots):
        reader.assign(slot, writer.section(slot))
    return reader


def popular(reader: PopularityReader) -> list[int]:
    """Items by their counts at all half-lives, the most popular first."""
    slots = reader.candidates(moment(), np.ones(9, np.bool_))
    told = features(reader, *np.unique(slots).tolist())
    counts = np.mean([told[f"count {n}"] for n in range(5)], axis=0)
    order: list[int] = np.unique(slots)[np.argsort(-counts)].tolist()
    return order


def features(reader: PopularityReader, *slots: int) -> dict[str, list[float]]:
    out = np.full((len(reader.feature_names), len(slots)), np.nan, np.float32)
    reader.features(moment(), np.array(slots, np.int64), out)
    return dict(zip(reader.feature_names, out.tolist(), strict=True))


def learnt(*lessons: tuple[int, Lesson]) -> PopularityWriter:
    writer = PopularityWriter(CONFIG)
    for slot, each in lessons:
        writer.learn([slot], [each])
    return writer


def test_a_count_halves_once_per_half_life() -> None:
    reader = reader_of(learnt((0, lesson(weight=8.0))), 1)
    counts = reader.counts(NOW_MS + HOUR_MS, np.array([0]))[0]
    expected = [4.0, *(8 * 2 ** (-1 / hours) for hours in (24, 168, 720)), 8.0]
    assert counts == pytest.approx(expected)


def test_counts_add_up_whatever_the_order_of_their_times() -> None:
    early, late = lesson(NOW_MS - HOUR_MS), lesson(NOW_MS)
    for lessons in ([early, late], [late, early]):
        reader = reader_of(learnt(*((0, each) for each in lessons)), 1)
        assert reader.counts(NOW_MS, np.array([0]))[0, 0] == pytest.approx(1.5)


def test_what_is_shown_or_disliked_is_not_popular() -> None:
    writer = learnt(
        (0, lesson(label=0, shown=True)),
        (0, lesson(label=1, shown=True)),
        (0, lesson(label=0)),
    )
    section = writer.section(0)
    counted = [section[name] for name in ("events", "against", "impressions", "clicks")]
    assert counted == [0, 1, 2, 1]
    assert popular(reader_of(writer, 1)) == []


def test_dislikes_take_their_share_of_what_likes_gave() -> None:
    writer = learnt(*[(0, lesson())] * 3, *[(1, lesson())] * 4)
    reader = reader_of(writer, 2)
    assert popular(reader) == [1, 0]
    for _ in range(4):
        writer.learn([1], [lesson(label=0)])
    reader.assign(1, writer.section(1))
    assert features(reader, 0, 1)["favour"] == pytest.approx([0, np.log(5 / 9)])


def test_features_say_how_well_an_item_does_where_it_is_shown() -> None:
    writer = learnt((0, lesson()), (1, lesson()))
    for slot, label in ((0, 1), (1, 0), (0, 1), (1, 0)):
        writer.learn([slot], [lesson(label=label, shown=True)])
        writer.totals.learn([lesson(label=label, shown=True)])
    reader = reader_of(writer, 2)
    reader.assign_shared("totals/0", writer.section(TOTALS))
    clicks = features(reader, 0, 1, 5_000)["clicks"]
    usual = (2 + 1) / (4 + 20)
    assert clicks == pytest.approx([np.log((2 / usual + 20) / 22), np.log(20 / 22), 0])


def test_features_are_logarithms_of_counts_and_ages() -> None:
    lessons = (0, lesson(NOW_MS - HOUR_MS)), (0, lesson()), (1, lesson(1))
    told = features(reader_of(learnt(*lessons), 2), 0, 1, 2)
    year = np.log1p(365 * 24 * 60)
    assert told["count 0"] == pytest.approx(np.log([1.55, 0.05, 0.05]))
    assert told["count 4"] == pytest.approx(np.log([2.05, 1.05, 0.05]))
    assert told["events"] == pytest.approx(np.log([3, 2, 1]))
    assert told["age"] == pytest.approx([np.log(61), year, 0])
    assert told["idle"] == pytest.approx([0, year, year])


def test_every_interaction_is_accepted_and_no_impression() -> None:
    writer = PopularityWriter(CONFIG)
    writer.totals.learn([lesson(), lesson(label=0), lesson(shown=True)])
    assert writer.section(TOTALS) == {"accepted": 2, "impressions": 1, "clicks": 1}


def test_the_most_popular_come_the_most_popular_first() -> None:
    writer = learnt(*((slot, lesson()) for slot in range(5) for _ in range(slot)))
    assert popular(reader_of(writer, 5))[:3] == [4, 3, 2]


def test_what_was_popular_last_week_gives_way_to_what_is_popular_now() -> None:
    week_ago = [(0, lesson(NOW_MS - 168 * HOUR_MS))] * 6
    reader = reader_of(learnt(*week_ago, *[(1, lesson())] * 5), 2)
    assert popular(reader) == [1, 0]


def test_candidates_are_the_best_that_may_be_listed_at_each_half_life() -> None:
    old = [(slot, lesson(NOW_MS - 9 * HOUR_MS, weight=99)) for slot in range(50)]
    new = [(slot, lesson()) for slot in range(50, 100)]
    reader = reader_of(learnt(*old, *new), 100)
    listable = np.ones(90, np.bool_)
    listable[[3, 60]] = False
    found = set(reader.candidates(moment(), listable).tolist())
    assert found == {*range(41)} - {3} | {*range(50, 90)} - {60}


def test_a_dropped_slot_is_no_candidate() -> None:
    reader = reader_of(learnt((0, lesson()), (1, lesson())), 2)
    assert set(popular(reader)) == {0, 1}
    reader.drop(0)
    assert popular(reader) == [1]
    assert set(reader.candidates(moment(), np.ones(2, np.bool_)).tolist()) == {1}
    assert features(reader, 0) == features(reader, 5_000)


def test_a_new_value_of_a_row_changes_what_is_popular() -> None:
    writer = learnt((0, lesson()), (1, lesson()), (1, lesson()))
    reader = reader_of(writer, 2)
    assert popular(reader) == [1, 0]
    for _ in range(2):
        writer.learn([0], [lesson()])
    reader.assign(0, writer.section(0))
    assert popular(reader) == [0, 1]


def test_a_time_before_all_events_gives_finite_features() -> None:
    reader = reader_of(learnt((0, lesson())), 1)
    out = np.zeros((len(reader.feature_names), 1), np.float32)
    reader.features(moment(1), np.array([0]), out)
    assert np.isfinite(out).all()


@given(
    st.lists(
        st.tuples(
            st.integers(1, NOW_MS),
            st.integers(0, 1),
            st.booleans(),
            st.floats(1e-3, 100),
        )
    )
)
def test_a_row_and_its_copy_are_what_they_were_to_the_last_bit(
    lessons: list[tuple[int, int, bool, float]],
) -> None:
    writer = PopularityWriter(CONFIG)
    for at_ms, label, shown, weight in lessons:
        writer.learn([7], [lesson(at_ms, label, shown, weight)])
    section, copied = writer.section(7), writer.copy(7)
    other = PopularityWriter(CONFIG)
    other.load(3, section)
    assert other.section(3) == section
    writer.learn([7], [lesson()])
    writer.put(7, copied)
    assert writer.section(7) == section


def test_logs_of_other_half_lives_start_afresh_and_counts_stay() -> None:
    section = learnt((0, lesson())).section(0)
    other = PopularityWriter(PopularityConfig(half_lives_ms=(HOUR_MS,)))
    other.load(0, section)
    assert other.section(0)["events"] == 1
    assert len(other.section(0)["logs"]) == 8
