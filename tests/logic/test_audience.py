from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.expert import Lesson, Moment
from pipeline.logic.experts.audience import AudienceConfig, AudienceWriter
from pipeline.logic.experts.audience_reader import AudienceReader

CONFIG = AudienceConfig()
Reading = tuple[int, int, Sequence[str]]


def lesson(
    history: int,
    attributes: Sequence[str] = (),
    label: int = 1,
    shown: bool = False,
    times_ms: Sequence[int] = (),
) -> Lesson:
    return Lesson(
        "i", label, 1.0, shown, 1, [], list(times_ms), list(attributes), history=history
    )


def reader(*readings: Reading, config: AudienceConfig = CONFIG) -> AudienceReader:
    """A reader of slots 0 to 3 after `(slot, history, attributes)` were learnt."""
    writer, known = AudienceWriter(config), AudienceReader(config)
    for slot, history, attributes in readings:
        writer.learn([slot], [lesson(history, attributes)])
        known.assign(slot, writer.section(slot))
    for slot in range(4):
        known.assign(slot, writer.section(slot))
    return known


def moment(
    history: int = 0, attributes: Sequence[str] = (), times_ms: Sequence[int] = ()
) -> Moment:
    none = np.zeros(0, np.int64)
    return Moment(
        now_ms=1,
        recent=none,
        recent_times_ms=np.array(times_ms, np.int64),
        attributes=list(attributes),
        history=history,
    )


def features(
    known: AudienceReader, user: Moment, *slots: int
) -> dict[str, list[float]]:
    out = np.full((len(known.feature_names), len(slots)), np.nan, np.float32)
    known.features(user, np.array(slots), out)
    return dict(zip(known.feature_names, out.tolist(), strict=True))


def plain_lift(count: float, total: float, share: float, prior: float) -> float:
    return float(np.log((count + prior * share) / (total + prior) / share))


BEGINNERS, EXPERTS = [(0, 0, ())] * 20, [(1, 200, ())] * 20


def test_beginners_are_lifted_towards_what_beginners_act_on() -> None:
    known = reader(*BEGINNERS, *EXPERTS)
    told = features(known, moment(history=0), 0, 1, 3)
    for name in ("stage", "session"):
        first, last, unknown = told[name]
        assert first > 0 > last
        assert unknown == 0


def test_the_lift_is_the_share_in_the_stage_against_the_share_in_all() -> None:
    known = reader(*BEGINNERS, *EXPERTS)
    share = (20 + 0.1) / (40 + 100)
    told = features(known, moment(0), 0)
    assert told["stage"] == pytest.approx([plain_lift(20, 20, share, 10)])
    assert told["session"] == pytest.approx([plain_lift(20, 20, share, 5)])


def test_a_session_is_told_from_the_history_by_the_times_of_the_recent_items() -> None:
    writer, known = AudienceWriter(CONFIG), AudienceReader(CONFIG)
    for slot, times_ms in ((0, [0, 0]), (1, [-9_000_000, -8_000_000])):
        for _ in range(9):
            writer.learn([slot], [lesson(2, times_ms=times_ms)])
        known.assign(slot, writer.section(slot))
    told = features(known, moment(2, times_ms=[0, 0]), 0, 1)
    assert told["stage"][0] == told["stage"][1]
    assert told["session"][0] > 0 > told["session"][1]


def test_users_are_lifted_towards_what_others_with_their_attributes_act_on() -> None:
    known = reader(*[(0, 9, ["plan=free", "age=9"])] * 9, *[(1, 9, ["plan=paid"])] * 9)
    told = features(known, moment(9, ["plan=free", "age=9", "new=yes"]), 0, 1, 2)
    share = (9 + 0.1) / (18 + 100)
    lifts = [plain_lift(9, 9, share, 20), plain_lift(0, 9, share, 20)]
    assert told["attributes"] == pytest.approx([*lifts, 0])
    mixed = features(known, moment(9, ["plan=paid", "age=9"]), 0)
    assert mixed["attributes"] == pytest.approx([np.mean(lifts)])
    assert mixed["attribute"] == pytest.approx([lifts[0]])
    assert not any(features(known, moment(9), 0, 1)["attributes"])


def test_experience_is_how_far_an_item_s_users_are_from_this_one() -> None:
    known = reader((0, 7, ()), (0, 7, ()), (1, 0, ()))
    told = features(known, moment(7), 0, 1, 2)
    assert told["experience"] == pytest.approx([0, -np.log(8), 0])
    assert told["apart"] == pytest.approx([0, np.log(8), 0])


def test_candidates_are_what_users_of_this_stage_act_on_most() -> None:
    known, listable = reader(*BEGINNERS, *EXPERTS, (2, 0, ())), np.ones(4, np.bool_)
    assert set(known.candidates(moment(history=0), listable).tolist()) == {0, 2}
    listable[2] = False
    assert set(known.candidates(moment(history=0), listable).tolist()) == {0}
    known.drop(0)
    assert not len(known.candidates(moment(history=0), listable))


def test_nothing_is_learnt_from_impressions_and_dislikes() -> None:
    writer = AudienceWriter(CONFIG)
    writer.learn([0], [lesson(0, shown=True)])
    writer.learn([0], [lesson(0, label=0)])
    assert writer.section(0) == {}


def test_the_rarest_attributes_make_room() -> None:
    writer = AudienceWriter(AudienceConfig(attributes=4))
    writer.learn([0], [lesson(0, ["plan=free"])])
    for n in range(20):
        writer.learn([0], [lesson(0, ["plan=free", f"zip={n}"])])
    ids = writer.section(0)["ids"]
    assert len(ids) <= 4
    assert "plan=free" in ids


def test_counts_of_other_stages_start_afresh() -> None:
    writer = AudienceWriter(CONFIG)
    writer.learn([0], [lesson(0, ["plan=free"])])
    other = AudienceWriter(AudienceConfig(stages=(0, 10)))
    other.load(0, writer.section(0))
    assert other.section(0)["stages"] == bytes(8)
    assert other.section(0)["sessions"] == writer.section(0)["sessions"]
    assert other.section(0)["ids"] == ["plan=free"]


attributes = st.lists(st.sampled_from(["a=1", "a=2", "b=1", "b=2"]), max_size=3)
readings = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 200), attributes))


@given(readings)
def test_a_row_and_its_copy_are_what_they_were_to_the_last_bit(
    given_readings: list[Reading],
) -> None:
    config = AudienceConfig(attributes=2)
    writer, other = AudienceWriter(config), AudienceWriter(config)
    for slot, history, texts in given_readings:
        writer.learn([slot], [lesson(history, texts)])
    for slot in range(4):
        section, copied = writer.section(slot), writer.copy(slot)
        other.load(slot, section)
        assert other.section(slot) == section
        writer.learn([slot], [lesson(1, ["else"])])
        writer.put(slot, copied)
        assert writer.section(slot) == section


@given(readings)
def test_a_reader_that_saw_every_value_is_as_one_that_saw_the_last(
    given_readings: list[Reading],
) -> None:
    config = AudienceConfig(attributes=2)
    writer = AudienceWriter(config)
    for slot, history, texts in given_readings:
        writer.learn([slot], [lesson(history, texts)])
    late = AudienceReader(config)
    for slot in range(4):
        late.assign(slot, writer.section(slot))
    early = reader(*given_readings, config=config)
    user = moment(3, ["a=1", "b=2"])
    assert features(early, user, 0, 1, 2, 3) == features(late, user, 0, 1, 2, 3)
