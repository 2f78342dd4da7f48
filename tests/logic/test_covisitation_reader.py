import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.expert import Lesson, Moment
from pipeline.logic.experts.covisitation import CovisitationConfig
from pipeline.logic.experts.covisitation_reader import CovisitationReader
from pipeline.logic.kernels.covisitation_weights import FEATURES
from tests.logic.covisited import (
    CONFIG,
    DAY_MS,
    NAMES,
    NOW_MS,
    Model,
    lesson,
    lessons,
)


def test_what_came_after_and_what_came_before_a_recent_item_are_offered() -> None:
    model = Model().sequence("a", "b", "c")
    assert model.candidates("a") == {"b", "c"}
    assert model.candidates("b") == {"a", "c"}


def test_what_may_not_be_listed_is_not_offered() -> None:
    model = Model().sequence("a", "b", "c")
    listable = np.arange(model.table.size) == model.table.get("c")
    slots = model.reader.candidates(model.moment("a"), listable)
    assert slots.tolist() == [model.table.get("c")]
    assert not len(model.reader.candidates(model.moment("a"), listable[:1]))


def test_each_feature_is_the_logarithm_of_a_sum_next_to_the_largest() -> None:
    model = Model().sequence("a", "b", "c").learn(lesson("a", []), lesson("a", []))
    # a was had three times, b once; b leads back to a, and neither to itself.
    c = 1.0 + 0.8 * 0.9 / 3**0.5
    a, b = 1.0, 0.8 * 1.0 / 3**0.5
    features = model.features(model.moment("a", "b"), "c", "a", "b")
    expected = np.log(np.array([c, a, b]) / c + 1e-4)
    assert features["cov8"] == pytest.approx(expected, abs=1e-5)
    c, b = 1 / 4 + 0.4 * 0.4 / 6, 0.4 / 6
    expected = np.log(np.array([c, 0, b]) / c + 1e-3)
    assert features["next"] == pytest.approx(expected, abs=1e-5)
    expected = np.log(np.array([1.0, 1.0, 0.0]) + 1e-4)
    assert features["last"] == pytest.approx(expected, abs=1e-5)


def test_a_lift_is_what_was_heard_next_to_what_chance_would_give() -> None:
    model = Model().sequence("a", "b", "c").learn(lesson("a", []), lesson("a", []))
    features = model.features(model.moment("a", "b"), "c", "a", "d")
    c = 1.0 + 0.8 * 0.9 / 3**0.5
    a = 1.0  # only b speaks for it
    shares = 80 * np.array([1 + 10, 3 + 10]) / 5
    assert features["lift"][:2] == pytest.approx(np.log1p(np.array([c, a]) / shares))
    assert features["lift"][2] == 0


def test_little_that_is_heard_of_a_rare_item_lifts_it_less_than_much_of_any() -> None:
    model = Model().sequence("a", "b", times=30).learn(lesson("rare", ["a"]))
    features = model.features(model.moment("a"), "b", "rare")
    assert features["lift"][0] > 3 * features["lift"][1] > 0


def test_a_feature_is_0_where_nothing_is_known_of_any_candidate() -> None:
    model = Model().sequence("a", "b", "c")
    assert not any(map(sum, model.features(model.moment(), "a", "c").values()))
    assert model.features(model.moment("a"), "c")["page"] == [0]
    assert model.features(model.moment("a"), *())["page"] == []


def test_the_context_is_how_much_the_best_candidate_has_to_do_with_the_last() -> None:
    model = Model().sequence("a", "b", times=4)
    assert model.reader.context(model.moment("a")) == pytest.approx(np.log(1e-3))
    moment = model.moment("a")
    model.reader.candidates(moment, np.ones(9, np.bool_))
    assert model.reader.context(moment) == pytest.approx(np.log(4 / 4**0.5 + 1e-3))


def test_the_reason_is_the_recent_item_that_contributes_most() -> None:
    model = Model().sequence("a", "c").sequence("b", "c", times=9)
    moment = model.moment("b", "a")
    slots = np.array([model.table.get("c"), model.table.add("unknown")])
    because = model.reader.because(moment, slots).tolist()
    assert because == [model.table.get("b"), -1]


def test_a_row_s_new_value_replaces_the_old_one() -> None:
    model = Model(CovisitationConfig(partners=2)).sequence("a", "z")
    assert model.candidates("a") == {"z"}
    model.learn(*(lesson("z", [f"p{n}"]) for n in range(4)))
    model.learn(lesson("a", []))
    assert model.candidates("a") == set()


def test_an_item_that_is_gone_is_offered_no_more_though_its_slot_be_reused() -> None:
    model = Model().sequence("a", "b")
    slot = model.table.get("b")
    model.reader.drop(slot)
    model.writer.put(slot, None)
    model.table.drop("b")
    assert model.candidates("a") == set()
    assert model.table.add("new") == slot
    model.learn(lesson("new", []))
    assert model.candidates("a") == set()


def test_an_item_without_a_row_is_a_partner_and_no_candidate() -> None:
    model = Model().learn(lesson("b", ["elsewhere"]))
    assert model.candidates("b") == set()
    model.learn(lesson("elsewhere", []))
    assert model.candidates("b") == {"elsewhere"}


def test_of_very_many_links_the_strongest_are_looked_at() -> None:
    model = Model()
    for n in range(400):
        model.learn(*[lesson(f"i{n}", ["hub"])] * (1 + (n >= 300)))
    model.learn(lesson("hub", []))
    features = model.features(model.moment("hub"), *(f"i{n}" for n in range(400)))
    heard = np.array(features["cov8"]) > np.log(2e-4)
    assert heard.sum() == 150
    assert heard[300:].all()


WRITTEN = ("cov", "next", "fast", "time", "wide")


def events(model: Model, item: str) -> float:
    section = model.writer.section(model.table.get(item))
    return float(section.get("events", 0.0))


def pair(model: Model, earlier: str, later: str, now_ms: int) -> dict[str, float]:
    """Counts of an item that was had before another, the fast ones as of now."""
    section = model.writer.section(model.table.get(later))
    counts = {name: model.counts(later, name).get(earlier, 0.0) for name in WRITTEN}
    age = (now_ms - section.get("at_ms", 0)) / CONFIG.fast_half_life_ms
    return {**counts, "fast": counts["fast"] * 2.0**-age}


def plain(model: Model, moment: Moment, item: str) -> dict[str, float]:
    """Sums of the features of one item, from what the writer holds."""
    sums = dict.fromkeys(FEATURES, 0.0)
    recent = zip(moment.recent.tolist(), moment.recent_times_ms.tolist(), strict=True)
    for gap, (slot, time_ms) in enumerate(reversed(list(recent))):
        other = model.table.id_of(slot) or ""
        onward = pair(model, other, item, moment.now_ms)
        back = pair(model, item, other, moment.now_ms)
        both = {name: onward[name] + back[name] for name in WRITTEN}
        n, ago_ms = events(model, other), moment.now_ms - time_ms
        common, near = max(n, 1) ** -0.5, float(gap < 20)
        sums["cov8"] += near * 0.8**gap * both["cov"] * common
        sums["fast"] += near * 0.8**gap * both["fast"] * common
        sums["fwd"] += near * 0.8**gap * onward["cov"] * common
        sums["cov95"] += 0.95**gap * both["cov"] * common
        sums["last"] += (gap == 0) * both["cov"] * common
        sums["max"] = max(sums["max"], 0.9**gap * both["cov"] * common)
        sums["next"] += (gap < 3) * 0.4**gap * onward["next"] / (n + 3)
        sums["time"] += near * np.exp(-ago_ms / 600_000) * both["time"] * common
        sums["page"] += (ago_ms <= 2_000) * both["time"] / (n + 2)
        sums["wide"] += 0.97**gap * both["wide"] * common
        sums["sess"] += (ago_ms < 1_800_000) * both["cov"] * common
    return sums


def test_features_are_what_a_plain_sum_over_pairs_with_the_last_sixty_gives() -> None:
    rng, model = np.random.default_rng(3), Model()
    items = [f"i{n}" for n in range(30)]
    for k in range(150):
        recent = rng.choice(items, 1 + k % 65).tolist()
        at_ms, apart_ms = NOW_MS + k * DAY_MS, 700 * (1 + k % 30)
        model.learn(lesson(items[k % 29], recent, at_ms=at_ms, apart_ms=apart_ms))
    model.learn(lesson(items[29], []))
    now_ms, recent = NOW_MS + 150 * DAY_MS, rng.choice(items[:25], 70).tolist()
    ago_ms = [100 * gap**2 for gap in range(70, 0, -1)]
    seen = model.moment(*recent, now_ms=now_ms, ago_ms=ago_ms)
    heard = model.moment(*recent[10:], now_ms=now_ms, ago_ms=ago_ms[10:])
    features = model.features(seen, *items)
    sums = [plain(model, heard, item) for item in items]
    for name in FEATURES:
        values = np.array([each[name] for each in sums])
        expected = np.log(
            values / values.max() + (1e-3 if name in {"next", "page"} else 1e-4)
        )
        assert features[name] == pytest.approx(expected, abs=1e-3), name


@given(lessons, st.permutations("abcdef"))
def test_a_reader_that_saw_every_value_is_as_one_that_saw_the_last_in_any_order(
    learnt: list[Lesson], order: list[str]
) -> None:
    config = CovisitationConfig(partners=3)
    model = Model(config).learn(*learnt)
    late = CovisitationReader(model.table, config)
    for item in order:
        if item in model.table:
            slot = model.table.get(item)
            late.assign(slot, model.writer.section(slot))
    moment = model.moment(*(item for item, _ in model.table.items()))
    slots, listable = np.arange(len(model.table)), np.ones(9, np.bool_)
    answers = []
    for reader in (model.reader, late):
        out = np.empty((len(NAMES), len(slots)), np.float32)
        chosen = reader.candidates(moment, listable).tolist()
        reader.features(moment, slots, out)
        answers.append((chosen, out.tolist(), reader.context(moment).tolist()))
    assert answers[0] == answers[1]
    for slot in slots.tolist():
        late.drop(slot)
    assert not len(late.candidates(moment, listable))
