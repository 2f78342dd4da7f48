import numpy as np
import pytest
from hypothesis import given

from pipeline.logic.expert import Lesson
from pipeline.logic.experts.covisitation import CovisitationConfig
from tests.logic.covisited import CONFIG, DAY_MS, NOW_MS, Model, lesson, lessons


def test_the_later_item_counts_those_before_it_less_the_older_they_are() -> None:
    model = Model().sequence("a", "b", "c")
    assert model.counts("a", "cov") == {}
    assert model.counts("c", "cov") == pytest.approx({"b": 1.0, "a": 0.9})
    assert model.counts("c", "next") == pytest.approx({"b": 1.0, "a": 0.4})


def test_what_was_had_shortly_before_counts_by_its_time() -> None:
    model = Model().sequence("a", "b", "c", apart_ms=60_000)
    assert model.counts("c", "time") == pytest.approx(
        {"b": np.exp(-0.5), "a": np.exp(-1)}
    )


def test_far_back_items_count_for_what_goes_together_in_the_long_run() -> None:
    recent = [f"i{n}" for n in range(70)]
    model = Model()
    for _ in range(2):  # a partner by closeness first, then from far back
        model.learn(lesson("z", recent), lesson("z", [*recent[1:], recent[0]]))
    wide = model.counts("z", "wide")
    assert wide["i69"] == pytest.approx(2 * (1 + 0.97))
    assert wide["i0"] == pytest.approx(2.0)


def test_an_item_is_not_its_own_partner() -> None:
    assert set(Model().learn(lesson("a", ["a", "b", "a"])).counts("a", "cov")) == {"b"}


def test_an_item_had_twice_counts_twice() -> None:
    model = Model().learn(lesson("c", ["b", "a", "b"]))
    assert model.counts("c", "cov") == pytest.approx({"b": 1.81, "a": 0.9})


def test_what_was_had_later_by_its_time_counts_as_had_at_once() -> None:
    late = Lesson("z", 1, 1.0, False, NOW_MS, ["a"], [NOW_MS + 60_000])
    assert Model().learn(late).counts("z", "time") == {"a": 1.0}


def test_a_new_partner_counts_from_where_partners_are_taken() -> None:
    recent = [f"i{n}" for n in range(30)]
    recent[-4] = recent[-26] = "twice"
    wide = Model().learn(lesson("z", recent)).counts("z", "wide")
    assert wide["twice"] == pytest.approx(0.97**3)


def test_only_the_last_twenty_items_are_partners() -> None:
    model = Model().learn(lesson("z", [str(n) for n in range(30)]))
    assert set(model.counts("z", "cov")) == {str(n) for n in range(10, 30)}


def test_forty_are_if_they_were_had_shortly_before() -> None:
    model = Model().learn(lesson("z", [str(n) for n in range(60)], apart_ms=1_000))
    assert set(model.counts("z", "cov")) == {str(n) for n in range(20, 60)}
    assert model.counts("z", "cov")["20"] == 0
    assert model.counts("z", "time")["20"] == pytest.approx(np.exp(-40 / 120))


def test_a_recent_item_without_a_time_is_refused() -> None:
    untimed = Lesson("z", 1, 1.0, False, NOW_MS, ["a", "b"], [NOW_MS])
    with pytest.raises(ValueError, match="2 recent items have 1 times"):
        Model().learn(untimed)


def test_nothing_is_learnt_from_impressions_and_dislikes() -> None:
    model = Model().learn(lesson("b", "a", shown=True), lesson("b", "a", label=0))
    assert model.writer.section(model.table.get("b")) == {}


def test_fast_counts_halve_once_per_half_life_and_others_stay() -> None:
    model = Model()
    model.learn(
        lesson("b", ["a"]), lesson("b", ["x"], at_ms=NOW_MS + CONFIG.fast_half_life_ms)
    )
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


def test_counts_of_partners_that_stay_are_untouched_as_others_go() -> None:
    model = Model(CovisitationConfig(partners=8))
    for n in range(30):
        model.learn(lesson("z", ["one"], at_ms=NOW_MS + n))
        model.learn(lesson("z", [f"p{n}", "two"], at_ms=NOW_MS + n))
    assert model.counts("z", "cov")["one"] == pytest.approx(30)
    assert model.counts("z", "next")["two"] == pytest.approx(30)
    assert model.counts("z", "fast")["two"] == pytest.approx(30)


def test_partners_take_no_more_bytes_than_they_may() -> None:
    model = Model(CovisitationConfig(partner_bytes=1_000))
    for n in range(40):
        model.learn(lesson("z", [f"{n}" + "é" * 100]))
        section = model.writer.section(model.table.get("z"))
        taken = sum(len(each.encode()) + 23 for each in section["ids"])
        assert 0 < taken <= 1_000


def test_an_id_too_long_for_a_row_is_no_partner() -> None:
    model = Model(CovisitationConfig(partner_bytes=100))
    assert model.learn(lesson("z", ["é" * 100])).counts("z", "cov") == {}


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
        other.writer.learn([slot], [lesson("z", ["y", "x"])])
        other.writer.put(slot, copied)
        other.writer.learn([slot], [each])
        section = other.writer.section(slot)
        assert section == one.writer.section(slot)
        other.writer.load(slot, section)
        assert other.writer.section(slot) == section
