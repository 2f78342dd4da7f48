from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.expert import Lesson, Moment
from pipeline.logic.experts.covisitation import CovisitationConfig, CovisitationWriter
from pipeline.logic.experts.covisitation_reader import CovisitationReader
from pipeline.logic.slots import SlotTable

NOW_MS = 1_700_000_000_000
DAY_MS = 86_400_000
CONFIG = CovisitationConfig()


def lesson(
    item: str,
    recent: Sequence[str],
    *,
    at_ms: int = NOW_MS,
    label: int = 1,
    shown: bool = False,
) -> Lesson:
    return Lesson(item, label, 1.0, shown, at_ms, list(recent), [at_ms] * len(recent))


class Model:
    """A writer, the reader of what it wrote, and ids on either side."""

    def __init__(self, config: CovisitationConfig = CONFIG) -> None:
        self.table = SlotTable()
        self.writer = CovisitationWriter(config)
        self.reader = CovisitationReader(self.table, config)

    def learn(self, *lessons: Lesson) -> "Model":
        for each in lessons:
            slot = self.table.add(each.item)
            self.writer.learn(slot, each)
            self.reader.assign(slot, self.writer.section(slot))
        return self

    def sequence(self, *items: str, times: int = 1) -> "Model":
        for _ in range(times):
            for place, item in enumerate(items):
                self.learn(lesson(item, items[:place]))
        return self

    def counts(self, item: str, channel: str) -> dict[str, float]:
        section = self.writer.section(self.table.get(item))
        values = np.frombuffer(section[channel], np.float32).tolist()
        return dict(zip(section["ids"], values, strict=True))

    def moment(
        self, *recent: str, now_ms: int = NOW_MS, weights: Sequence[float] = ()
    ) -> Moment:
        slots = np.array([self.table.get(item) for item in recent], np.int64)
        return Moment(
            now_ms=now_ms,
            recent=slots,
            recent_times_ms=np.full(len(slots), now_ms),
            recent_weights=np.array(weights or [1.0] * len(slots), np.float32),
            attributes=[],
            categories={},
            tags={},
            history=len(slots),
        )

    def candidates(self, *recent: str, n: int = 10) -> list[str]:
        slots = self.reader.candidates(self.moment(*recent), n)
        return [self.table.id_of(slot) or "" for slot in slots.tolist()]

    def score(self, item: str, *recent: str) -> float:
        slots = np.array([self.table.get(item)])
        return float(self.reader.score(self.moment(*recent), slots)[0])


def test_the_later_item_counts_those_before_it_less_the_older_they_are() -> None:
    model = Model().sequence("a", "b", "c")
    assert model.counts("a", "cov") == {}
    assert model.counts("c", "cov") == pytest.approx({"b": 1.0, "a": 0.9})
    assert model.counts("c", "next") == pytest.approx({"b": 1.0, "a": 0.4})


def test_an_item_is_not_its_own_partner() -> None:
    assert set(Model().learn(lesson("a", ["a", "b", "a"])).counts("a", "cov")) == {"b"}


def test_an_item_had_twice_counts_twice() -> None:
    model = Model().learn(lesson("c", ["b", "a", "b"]))
    assert model.counts("c", "cov") == pytest.approx({"b": 1.81, "a": 0.9})


def test_only_the_last_twenty_items_are_partners() -> None:
    model = Model().learn(lesson("z", [str(n) for n in range(30)]))
    assert set(model.counts("z", "cov")) == {str(n) for n in range(10, 30)}


def test_nothing_is_learnt_from_impressions_and_dislikes() -> None:
    model = Model().learn(lesson("b", "a", shown=True), lesson("b", "a", label=0))
    assert model.writer.section(model.table.get("b")) == {}


def test_fast_counts_halve_once_per_half_life_and_others_stay() -> None:
    model = Model()
    model.learn(lesson("b", ["a"]), lesson("b", ["x"], at_ms=NOW_MS + 7 * DAY_MS))
    fast = model.counts("b", "fast")
    assert fast["x"] == pytest.approx(2 * fast["a"])
    assert model.counts("b", "cov") == {"a": 1.0, "x": 1.0}


def test_fast_counts_stay_finite_over_many_years() -> None:
    model = Model()
    for year in range(30):
        model.learn(lesson("b", ["a"], at_ms=NOW_MS + 365 * DAY_MS * year))
    assert 1 <= model.counts("b", "fast")["a"] <= 2**16


def test_the_weakest_partners_make_room() -> None:
    model = Model(CovisitationConfig(partners=8))
    model.learn(*[lesson("z", ["strong"])] * 3)
    model.learn(*(lesson("z", [f"p{n}"]) for n in range(20)))
    partners = model.counts("z", "cov")
    assert len(partners) <= 8
    assert {"strong", "p19"} <= set(partners)


def test_partners_take_no_more_bytes_than_they_may() -> None:
    model = Model(CovisitationConfig(partner_bytes=1_000))
    for n in range(40):
        model.learn(lesson("z", [f"{n}" + "é" * 100]))
        section = model.writer.section(model.table.get("z"))
        taken = sum(len(each.encode()) + 15 for each in section["ids"])
        assert 0 < taken <= 1_000


def test_an_id_too_long_for_a_row_is_no_partner() -> None:
    model = Model(CovisitationConfig(partner_bytes=100))
    assert model.learn(lesson("z", ["é" * 100])).counts("z", "cov") == {}


def test_after_a_then_b_then_c_a_user_with_a_is_offered_b_then_c() -> None:
    model = Model().sequence("a", "b", "c", times=3)
    assert model.candidates("a") == ["b", "c"]


def test_what_came_before_is_offered_too() -> None:
    assert Model().sequence("a", "b").candidates("b") == ["a"]


def test_the_score_is_the_decayed_sum_over_recent_items_by_how_common_they_are() -> (
    None
):
    model = Model().sequence("a", "b", "c").learn(lesson("a", []), lesson("a", []))
    expected = 0.8 * 0.9 / 3**0.5 + 2 * 1.0  # a was had three times, b once
    assert model.score("c", "a", "b") == pytest.approx(expected)
    assert model.score("nobody", "a") == 0


def test_what_was_disliked_offers_nothing() -> None:
    model = Model().sequence("a", "b")
    moment = model.moment("a", weights=[-1.0])
    assert model.reader.candidates(moment, 9).tolist() == []


def test_the_reason_is_the_recent_item_that_contributes_most() -> None:
    model = Model().sequence("a", "c").sequence("b", "c", times=9)
    moment = model.moment("b", "a")
    because = model.reader.because(moment, model.table.get("c"))
    assert model.table.id_of(because) == "b"
    assert model.reader.because(moment, model.table.add("unknown")) == -1


def test_features_hold_the_score_and_the_counts_of_what_comes_next() -> None:
    model = Model().sequence("a", "b", "c")
    moment = model.moment("a", "b")
    slots = np.array([model.table.get("c"), model.table.get("b")])
    features = model.reader.features(moment, slots)
    named = dict(zip(model.reader.feature_names, features[0].tolist(), strict=True))
    assert named["cov"] == pytest.approx(model.score("c", "a", "b"))
    assert named["last"] == pytest.approx(2.0)
    assert named["next"] == pytest.approx((1.0 * 1.0 + 0.4 * 0.4) / 4)
    assert named["fast"] == pytest.approx(named["cov"])
    assert features[1, 1] == pytest.approx(0.8)  # onward from a only


def test_a_row_s_new_value_replaces_the_old_one() -> None:
    model = Model(CovisitationConfig(partners=2)).sequence("a", "z")
    assert model.candidates("a") == ["z"]
    model.learn(*(lesson("z", [f"p{n}"]) for n in range(4)))
    model.learn(lesson("a", []))
    assert model.candidates("a") == []


def test_an_item_that_is_gone_is_offered_no_more_though_its_slot_be_reused() -> None:
    model = Model().sequence("a", "b")
    slot = model.table.get("b")
    model.reader.drop(slot)
    model.writer.put(slot, None)
    model.table.drop("b")
    assert model.candidates("a") == []
    assert model.table.add("new") == slot
    model.learn(lesson("new", []))
    assert model.candidates("a") == []


def test_an_item_without_a_row_is_a_partner_and_no_candidate() -> None:
    model = Model().learn(lesson("b", ["elsewhere"]))
    assert model.candidates("b") == []
    model.learn(lesson("elsewhere", []))
    assert model.candidates("b") == ["elsewhere"]


def test_of_very_many_links_the_strongest_are_looked_at() -> None:
    model = Model()
    for n in range(400):
        model.learn(*[lesson(f"i{n}", ["hub"])] * (1 + (n >= 395)))
    model.learn(lesson("hub", []))
    assert set(model.candidates("hub", n=5)) == {f"i{n}" for n in range(395, 400)}
    assert len(model.candidates("hub", n=500)) == 300


lessons = st.lists(
    st.builds(
        lesson,
        st.sampled_from("abcdef"),
        st.lists(st.sampled_from("abcdef"), max_size=4),
        at_ms=st.integers(1, 2 * NOW_MS),
    ),
    max_size=30,
)


@given(lessons)
def test_a_row_and_its_copy_are_what_they_were_to_the_last_bit(
    learnt: list[Lesson],
) -> None:
    config = CovisitationConfig(partners=3)
    one, other = Model(config), Model(config)
    for each in learnt:
        one.learn(each)
        slot = other.table.add(each.item)
        copied = other.writer.copy(slot)
        other.writer.learn(slot, lesson("z", ["y", "x"]))
        other.writer.put(slot, copied)
        other.writer.learn(slot, each)
        section = other.writer.section(slot)
        assert section == one.writer.section(slot)
        other.writer.load(slot, section)
        assert other.writer.section(slot) == section


@given(lessons)
def test_a_reader_that_saw_every_value_is_as_one_that_saw_the_last(
    learnt: list[Lesson],
) -> None:
    config = CovisitationConfig(partners=3)
    model = Model(config).learn(*learnt)
    late = CovisitationReader(model.table, config)
    for _, slot in model.table.items():
        late.assign(slot, model.writer.section(slot))
    moment = model.moment(*(item for item, _ in model.table.items()))
    slots = np.arange(len(model.table))
    scores = model.reader.score(moment, slots)
    assert late.score(moment, slots) == pytest.approx(scores)
    for slot in slots.tolist():
        model.reader.drop(slot)
    assert not model.reader.score(moment, slots).any()
