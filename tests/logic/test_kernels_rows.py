"""What row writers learn by kernels, a batch at once, against plain versions."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.expert import Lesson, RowWriter
from pipeline.logic.experts.audience import AudienceConfig, AudienceWriter
from pipeline.logic.experts.content import ContentConfig, ContentWriter
from pipeline.logic.experts.covisitation import CovisitationConfig, CovisitationWriter
from pipeline.logic.experts.numbering import HOT_ROWS, Numbering
from pipeline.logic.experts.popularity import PopularityConfig, PopularityWriter
from pipeline.logic.kernels.changes import Changes, new_changes, note_changes, only
from pipeline.logic.kernels.covisitation_counts import COV
from pipeline.logic.kernels.covisitation_desk import CHANNELS, Desk, weakest
from tests.logic.covisited import DAY_MS, NOW_MS, Model, lesson, lessons

NEAR = CovisitationConfig(look_back=1, wide_look_back=3, next_shares=(1.0, 0.5))
"""So short that what is far back comes up in a few items."""
ITEMS = "abcdef"
taught = st.lists(
    st.builds(
        Lesson,
        st.sampled_from(ITEMS),
        st.integers(0, 1),
        st.sampled_from([0.5, 1.0, 3.0]),
        st.booleans(),
        st.integers(1, 5).map(lambda day: NOW_MS + day * DAY_MS),
        st.just(list(ITEMS[:4])),
        st.just([NOW_MS - DAY_MS, NOW_MS - 2, NOW_MS - 1, NOW_MS - 1]),
        st.lists(st.sampled_from(["a=1", "a=2", "b=1", "b=2"]), max_size=3),
        st.lists(st.sampled_from(["jazz", "rock"]), max_size=1),
        st.just([]),
        st.integers(0, 200),
    ),
    max_size=30,
)


def writers() -> list[RowWriter]:
    return [
        PopularityWriter(PopularityConfig()),
        CovisitationWriter(CovisitationConfig(partners=3)),
        ContentWriter(ContentConfig()),
        AudienceWriter(AudienceConfig(attributes=2)),
    ]


def partners(learnt: Sequence[Lesson]) -> dict[str, dict[str, float]]:
    """What partners of each item count in the long run, in plain words."""
    wide: dict[str, dict[str, float]] = defaultdict(dict)
    for each in learnt:
        counted = wide[each.item]
        times = each.recent_times_ms[::-1][:3]
        recent = each.recent[::-1][:3]
        near = {t for t in times if t == times[0] or each.event_time_ms - t < 552_620}
        known = set(counted)
        for item, time in zip(recent, times, strict=True):
            if time in near and item != each.item:
                counted.setdefault(item, 0.0)
        gap = 0
        for time, tied in groupby(times):
            many = len(list(tied))
            share = sum(0.97**n for n in range(gap, gap + many)) / many
            for item in recent[gap : gap + many]:
                if item in known or (item in counted and time in near):
                    counted[item] += share
            gap += many
    return wide


@given(lessons)
def test_partners_are_counted_as_in_plain_words(learnt: list[Lesson]) -> None:
    model = Model(NEAR).learn(*learnt)
    for item, counted in partners(learnt).items():
        assert model.counts(item, "wide") == pytest.approx(counted, rel=1e-5)


@given(taught, st.data())
def test_lessons_learnt_in_one_call_or_in_many_give_the_same_rows(
    learnt: list[Lesson], data: st.DataObject
) -> None:
    slots = [ITEMS.index(each.item) for each in learnt]
    for whole, parts in zip(writers(), writers(), strict=True):
        if learnt:
            whole.learn(slots, learnt)
        first = 0
        while first < len(learnt):
            end = data.draw(st.integers(first + 1, len(learnt)))
            parts.learn(slots[first:end], learnt[first:end])
            first = end
        for slot in range(len(ITEMS)):
            assert whole.section(slot) == parts.section(slot)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(1, 50))
def test_the_weakest_partners_are_those_of_a_stable_sort(
    strengths: list[int], many: int
) -> None:
    counts = np.zeros((CHANNELS, len(strengths)), np.float32)
    counts[COV] = strengths
    none = np.zeros(0, np.int32)
    found = weakest(Desk(none, none, none, counts), len(strengths), many)
    expected = np.argsort(counts[COV], kind="stable")[:many]
    assert found[:many].tolist() == expected.tolist()


@given(st.integers(0, 200), st.lists(st.integers(0, 4_000_000), max_size=20))
def test_users_are_counted_in_the_stages_that_readers_ask_for(
    history: int, ago_ms: list[int]
) -> None:
    config = AudienceConfig()
    writer = AudienceWriter(config)
    times_ms = [NOW_MS - ago for ago in sorted(ago_ms, reverse=True)]
    read = [Lesson("a", 1, 1.0, False, NOW_MS, [], times_ms, history=history)]
    writer.learn([0], read)
    stages = np.frombuffer(writer.section(0)["stages"], np.uint32)
    sessions = np.frombuffer(writer.section(0)["sessions"], np.uint32)
    assert stages.nonzero()[0].tolist() == [config.stage(history)]
    session = config.session(history, times_ms, NOW_MS)
    assert sessions.nonzero()[0].tolist() == [session]


def test_numbers_that_start_over_change_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    told = [lesson("z", [str(n) for n in rng.integers(90, size=9)]) for _ in range(50)]
    section = Model().learn(*told).writer.section(0)
    monkeypatch.setattr("pipeline.logic.experts.numbering.NUMBERS", 20)
    assert Model().learn(*told).writer.section(0) == section


def unchanged(rows: Sequence[Sequence[str]]) -> Changes:
    changes = new_changes(len(rows), 1)
    for row, texts in enumerate(rows):
        same = np.zeros(len(texts), np.int32)
        note_changes(changes, row, same, same)
    return only(changes)


def test_only_the_numbers_of_rows_learnt_from_last_are_remembered() -> None:
    numbering = Numbering(beside=3)
    slots, rows = range(HOT_ROWS + 1), [[f"t{n}"] for n in range(HOT_ROWS + 1)]
    numbers = numbering.gather(slots, rows)
    assert numbering.scatter(slots, rows, unchanged(rows), numbers) == rows
    # What is remembered needs no texts; what is not, is looked up.
    found = numbering.gather([0, HOT_ROWS], [["t7"], ["t7"]]).tolist()
    assert found == [7, HOT_ROWS]


def test_a_row_that_was_put_back_has_other_numbers() -> None:
    numbering = Numbering(beside=3)
    numbers = numbering.gather([0], [["tea"]])
    numbering.scatter([0], [["tea"]], unchanged([["tea"]]), numbers)
    numbering.forget(0)
    assert numbering.gather([0], [["ale", "tea"]]).tolist() == [1, 0]
