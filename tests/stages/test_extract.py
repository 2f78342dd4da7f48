"""What extract makes of events and feedback."""

from base64 import b64decode
from typing import Any

import pytest

from pipeline.stage import Fate, In, Result, Row
from pipeline.stages.extract import Extract, ExtractConfig, Items
from tests.build import NOW_MS, as_in, event, feedback, hash_of, user
from topics.features import Feature
from topics.items import Item
from topics.profiles import Portrait

FILM = Item("film", categories=["drama"], tags=["old", "slow"])
GAME = Item("game", categories=["puzzle"], tags=["new"])


def extract(**parameters: Any) -> Extract:
    items = Items()
    for item in FILM, GAME:
        items.apply(Row(item.item_id, item))
    return Extract(3, items, ExtractConfig(**parameters))


def run(task: Extract, *units: In) -> Result:
    return task.on_batch(units, NOW_MS)


def features(result: Result) -> list[Feature]:
    return [out.unit for out in result.outputs]


def portrait(task: Extract) -> Portrait:
    (row,) = task.touched()
    assert isinstance(row.value, Portrait)
    return row.value


def test_a_feature_carries_its_item_and_what_was_known_before_the_event() -> None:
    result = run(
        extract(),
        as_in(user(plan="free", likes=["tea", "chess"], age=30.0)),
        as_in(event("game", at_ms=NOW_MS), 1),
        as_in(event("film", "purchase", at_ms=NOW_MS + 1), 2),
    )
    first, second = features(result)
    assert (first.recent_items, first.history, first.repeat) == ([], 0, False)
    assert second.categories == ["drama"]
    assert second.tags == ["old", "slow"]
    assert second.attributes == ["plan=free", "likes=tea", "likes=chess", "age=30"]
    assert second.recent_items == ["game"]
    assert second.recent_times_ms == [NOW_MS]
    assert (second.history, second.weight, second.kind) == (1, 3.0, "interaction")
    assert result.outputs[1].key == "u"


def test_feedback_keeps_its_slate_and_position_and_counts_like_an_event() -> None:
    task = extract()
    (feature,) = features(run(task, as_in(feedback("film", "click"))))
    assert (feature.kind, feature.slate_id, feature.position) == ("interaction", "s", 1)
    assert portrait(task).recent_items == ["film"]


def test_an_impression_changes_counts_and_last_seen_alone() -> None:
    task = extract()
    result = run(
        task,
        as_in(event("film", at_ms=NOW_MS)),
        as_in(feedback("game", at_ms=NOW_MS + 5)),
    )
    known = portrait(task)
    assert features(result)[1].kind == "impression"
    assert known.counts == {"click": 1, "impression": 1}
    assert known.event_time_ms == NOW_MS + 5
    assert (known.history, known.recent_items) == (1, ["film"])
    assert set(known.categories) == {"drama"}


def test_had_names_each_item_once_and_the_newest_last() -> None:
    task = extract()
    items = ["a", "b", "a", "c", "b"]
    units = [as_in(event(item, at_ms=NOW_MS + n), n) for n, item in enumerate(items)]
    repeats = [feature.repeat for feature in features(run(task, *units))]
    had = b"".join(hash_of(item).to_bytes(4, "little") for item in "acb")
    assert b64decode(portrait(task).had) == had
    assert repeats == [False, False, True, False, True]


def test_features_carry_only_items_that_the_user_liked() -> None:
    task = extract(feature_items=2)
    acts = [
        ("a", "like"),
        ("b", "skip"),
        ("c", "like"),
        ("d", "dislike"),
        ("e", "like"),
    ]
    units = [as_in(event(i, t, at_ms=NOW_MS + n), n) for n, (i, t) in enumerate(acts)]
    run(task, *units)
    (feature,) = features(run(task, as_in(event("f", at_ms=NOW_MS + 9), 9)))
    assert feature.recent_items == ["c", "e"]
    assert portrait(task).recent_items == ["a", "b", "c", "d", "e", "f"]
    assert portrait(task).recent_weights == [2.0, -0.5, 2.0, -2.0, 2.0, 1.0]


def test_a_late_event_carries_only_what_came_before_it() -> None:
    task = extract()
    run(task, as_in(event("a", at_ms=NOW_MS)), as_in(event("c", at_ms=NOW_MS + 9), 1))
    (feature,) = features(run(task, as_in(event("b", at_ms=NOW_MS + 5), 2)))
    assert feature.recent_items == ["a"]
    assert portrait(task).recent_items == ["a", "b", "c"]
    assert portrait(task).event_time_ms == NOW_MS + 9


def test_interest_halves_in_a_half_life_and_a_dislike_lowers_it() -> None:
    task = extract(half_life_ms=1000)
    run(
        task,
        as_in(event("film", "like", at_ms=NOW_MS)),
        as_in(event("film", "dislike", at_ms=NOW_MS + 1000), 1),
        as_in(event("game", at_ms=NOW_MS + 2000), 2),
    )
    known = portrait(task)
    assert known.categories == pytest.approx({"drama": -0.5, "puzzle": 1.0})
    assert known.tags == pytest.approx({"old": -0.5, "slow": -0.5, "new": 1.0})


@pytest.mark.parametrize(
    ("value", "weight"), [(5, 2.0), (4, 1.0), (3, 0.0), (2, -1.0), (0, -2.0)]
)
def test_a_rating_speaks_for_or_against_an_item(value: float, weight: float) -> None:
    task = extract()
    (feature,) = features(run(task, as_in(event("film", "rating", value=value))))
    assert feature.weight == weight
    assert portrait(task).history == 1
    assert ("drama" in portrait(task).categories) == (weight != 0)


def test_a_second_event_with_the_same_id_is_flagged_and_changes_nothing() -> None:
    task = extract()
    run(task, as_in(event("film", event_id="e1")))
    before = portrait(task)
    task.commit()
    again = event("film", event_id="e1", at_ms=NOW_MS + 3_600_000)
    result = run(task, as_in(again, 1))
    assert [feature.duplicate for feature in features(result)] == [True]
    assert result.fates == {(Fate.USED, ""): 1}
    assert task.touched() == []
    run(task, as_in(event("film", event_id="e2"), 2))
    assert portrait(task).history == before.history + 1


def test_an_event_id_is_remembered_until_so_many_others_have_come() -> None:
    task = extract(event_ids=2)
    ids = ["e1", "e2", "e1", "e3", "e1"]
    units = [as_in(event(event_id=name), n) for n, name in enumerate(ids)]
    flags = [feature.duplicate for feature in features(run(task, *units))]
    assert flags == [False, False, True, False, False]
    assert len(portrait(task).event_ids) == 2


def test_a_record_names_the_strongest_cause_in_its_transaction() -> None:
    def cause(*units: In) -> str:
        task = extract()
        run(task, *units)
        return portrait(task).cause

    shown, acted = as_in(feedback()), as_in(event())
    disliked, described = as_in(event("film", "dislike")), as_in(user(plan="free"))
    assert cause(shown) == "impression"
    assert cause(shown, described) == "attributes"
    assert cause(described, disliked, shown) == "dismissal"
    assert cause(acted, disliked) == "interaction"
    assert cause(acted, as_in(None), shown) == "forgotten"


def test_an_item_that_is_gone_has_no_content() -> None:
    items = Items()
    items.apply(Row("film", FILM))
    task = Extract(0, items, ExtractConfig())
    items.apply(Row("film", None))
    (feature,) = features(run(task, as_in(event("film"))))
    assert (feature.categories, feature.tags) == ([], [])
