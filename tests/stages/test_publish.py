from collections.abc import Sequence

import pytest

from pipeline.stage import Fate, In, Out, Row
from pipeline.stages.diversify.label import sample_of
from pipeline.stages.model_replica import Model
from pipeline.stages.publish import Publish, PublishConfig
from pipeline.stages.update.dense import DenseConfig, UpdateDense
from tests.build import NOW_MS, example, learnt, portrait, profile
from topics.items import Item
from topics.partitioning import partition_of
from topics.profiles import Portrait
from topics.recommendations import Slate
from topics.spec import Position

CATALOGUE = [
    Item("hit"),
    Item("tea", categories=["kitchen"]),
    Item("pot", categories=["kitchen"]),
    Item("cup", categories=["kitchen"]),
    Item("film", categories=["cinema"]),
    Item("seat", categories=["cinema"]),
    Item("gone", available=False),
]
VISITS = [
    *[example("hit", user_id=f"u{n}") for n in range(6)],
    example("tea"),
    *[example("pot", ["tea"]) for _ in range(3)],
    example("cup", ["tea", "pot"]),
    example("film"),
    *[example("seat", ["film"]) for _ in range(2)],
    *[example("gone", ["tea"]) for _ in range(9)],
]


def a_model(*, empty: bool = False) -> Model:
    """What a row task has learnt from `VISITS`, read by a replica."""
    model = Model()
    if not empty:
        for row in learnt(CATALOGUE, VISITS).touched():
            model.apply(row)
    return model


def a_task(
    model: Model | None = None, partition: int = 0, partitions: int = 1
) -> Publish:
    return Publish(partition, model or a_model(), PublishConfig(partitions))


def slates(outputs: Sequence[Out]) -> list[Slate]:
    assert all(out.topic == "recommendations" for out in outputs)
    return [out.unit for out in outputs]


def items_for(task: Publish, *units: Portrait) -> list[str]:
    """Ids of the one list that a poll gives."""
    (slate,) = slates(task.on_batch([profile(unit) for unit in units], NOW_MS).outputs)
    return [item.item_id for item in slate.items]


def test_a_list_says_whom_it_is_for_and_what_it_reflects() -> None:
    unit = portrait("anna", ["tea"], offset=7)
    (out,) = a_task().on_batch([profile(unit)], NOW_MS + 500).outputs
    slate: Slate = out.unit
    assert (out.key, slate.user_id) == ("anna", "anna")
    assert slate.slate_id == "events-0-7"
    assert slate.source == Position("events", 0, 7)
    assert slate.event_time_ms == NOW_MS + 7
    assert slate.published_time_ms == NOW_MS + 500
    assert (slate.model_name, slate.model_version) == ("main", NOW_MS)
    assert [item.rank for item in slate.items] == list(range(1, len(slate.items) + 1))


def test_a_new_user_gets_what_is_popular() -> None:
    assert items_for(a_task(), portrait(cause="attributes"))[0] == "hit"


def test_a_click_moves_the_next_list() -> None:
    task = a_task()
    assert items_for(task, portrait(liked=["hit"]))[0] != "seat"
    assert items_for(task, portrait(liked=["hit", "film"]))[0] == "seat"


def test_what_a_user_had_is_in_no_list_of_that_user() -> None:
    items = items_for(a_task(), portrait(liked=["tea", "hit"]))
    assert items[0] == "pot"
    assert {"tea", "hit"}.isdisjoint(items)


def test_a_dismissal_removes_the_item() -> None:
    task = a_task()
    assert "pot" in items_for(task, portrait(liked=["tea"]))
    dismissed = portrait(liked=["tea"], disliked=["pot"], cause="dismissal")
    assert "pot" not in items_for(task, dismissed)


def test_what_is_not_available_or_gone_is_in_no_list() -> None:
    model = a_model()
    task = a_task(model)
    before = items_for(task, portrait(liked=["tea"]))
    assert "gone" not in before
    assert "pot" in before
    model.apply(Row("item/pot", None))
    assert "pot" not in items_for(task, portrait(liked=["tea"]))


def test_an_item_deleted_from_the_catalogue_is_in_no_list_published_afterwards() -> (
    None
):
    model = a_model()
    update = learnt(CATALOGUE, VISITS)
    update.commit()
    update.on_batch([In("items", "pot", None, Position("items", 0, 9), NOW_MS)], NOW_MS)
    for row in update.touched():
        model.apply(row)
    assert "pot" not in items_for(a_task(model), portrait(liked=["tea"]))


def test_reasons_come_strongest_first_and_their_shares_add_up_to_one() -> None:
    result = a_task().on_batch([profile(portrait(liked=["tea"]))], NOW_MS)
    (slate,) = slates(result.outputs)
    for item in slate.items:
        shares = [reason.share for reason in item.reasons]
        assert sum(shares) == pytest.approx(1)
        assert shares == sorted(shares, reverse=True)
        assert item.propensity == 1


def test_a_reason_names_the_recent_item_behind_it() -> None:
    result = a_task().on_batch([profile(portrait(liked=["film", "tea"]))], NOW_MS)
    (slate,) = slates(result.outputs)
    because = {
        item.item_id: reason.because
        for item in slate.items
        for reason in item.reasons
        if reason.expert == "covisitation"
    }
    assert because["pot"] == "tea"
    assert because["seat"] == "film"


def test_a_trade_off_for_diversity_brings_unlike_items_forward() -> None:
    lists = []
    for diversity in (0.0, 0.9):
        config = PublishConfig(list_size=2, diversity=diversity)
        task = Publish(0, a_model(), config)
        lists.append(items_for(task, portrait(liked=["tea", "hit"])))
    assert lists == [["pot", "cup"], ["pot", "seat"]]


def test_vectors_have_their_share_of_a_list() -> None:
    model = a_model()
    dense = UpdateDense(DenseConfig(), Model())
    samples = [
        In("samples", "", sample_of(e, ""), e.source, NOW_MS) for e in VISITS * 20
    ]
    dense.on_batch(samples, NOW_MS)
    for row in dense.touched():
        model.apply(row)
    result = a_task(model).on_batch([profile(portrait(liked=["tea"]))], NOW_MS)
    (slate,) = slates(result.outputs)
    experts = {reason.expert for reason in slate.items[0].reasons}
    assert slate.items[0].item_id == "pot"
    assert {"covisitation", "embedding"} <= experts


def test_an_impression_alone_causes_no_list() -> None:
    seen = portrait(liked=["tea"], cause="impression")
    result = a_task().on_batch([profile(seen), profile(seen)], NOW_MS)
    assert not result.outputs
    assert result.fates == {
        (Fate.COALESCED, ""): 1,
        (Fate.NO_LIST, "impression"): 1,
    }


def test_of_several_portraits_in_a_poll_the_newest_gets_the_list() -> None:
    older = portrait(liked=["tea"], offset=1)
    newest = portrait(liked=["tea", "film"], offset=2)
    result = a_task().on_batch([profile(older), profile(newest)], NOW_MS)
    (slate,) = slates(result.outputs)
    assert slate.slate_id == "events-0-2"
    assert result.fates == {(Fate.COALESCED, ""): 1, (Fate.USED, ""): 1}


def test_an_impression_after_a_click_in_a_poll_does_not_take_the_list_away() -> None:
    clicked = portrait(liked=["tea"], offset=1)
    seen = portrait(liked=["tea"], cause="impression", offset=2)
    result = a_task().on_batch([profile(clicked), profile(seen)], NOW_MS)
    assert [slate.slate_id for slate in slates(result.outputs)] == ["events-0-2"]


def test_each_input_has_one_fate() -> None:
    units = [
        portrait("a", ["tea"]),
        portrait("b", cause="impression"),
        portrait("a", ["tea"], cause="impression"),
        portrait("c", cause="attributes"),
    ]
    result = a_task().on_batch([profile(unit) for unit in units], NOW_MS)
    assert result.fates.total() == len(units)
    assert {out.key for out in result.outputs} == {"a", "c"}


@pytest.mark.parametrize(
    "unit",
    [
        None,
        Portrait("u", Position("users", 0, 1), "forgotten", NOW_MS, forgotten_at_ms=1),
    ],
)
def test_a_forgotten_user_gets_a_tombstone(unit: Portrait | None) -> None:
    task = a_task()
    items_for(task, portrait(liked=["tea"]))
    result = task.on_batch([profile(portrait(liked=["tea"])), profile(unit)], NOW_MS)
    assert result.outputs == [Out("recommendations", "u", None)]
    assert result.fates == {(Fate.COALESCED, ""): 1, (Fate.USED, ""): 1}


def test_the_same_portrait_and_model_give_the_same_list_after_a_retry() -> None:
    task = a_task()
    batch = [profile(portrait(liked=["tea"])), profile(portrait("v", ["film"]))]
    first = task.on_batch(batch, NOW_MS)
    task.undo()
    assert task.on_batch(batch, NOW_MS) == first
    assert a_task().on_batch(batch, NOW_MS) == first


def test_the_default_list_comes_once_an_interval_from_its_partitions_owner() -> None:
    model = a_model()
    tasks = [a_task(model, partition, partitions=4) for partition in range(4)]
    owner = tasks[partition_of("~default", 4)]
    at_once = [out for task in tasks for out in task.on_time(NOW_MS, 0).outputs]
    assert [out.key for out in at_once] == ["~default"]
    assert at_once[0].unit.items[0].item_id == "hit"
    assert not owner.on_time(NOW_MS + 59_999, 0).outputs
    assert owner.on_time(NOW_MS + 60_000, 0).outputs


def test_a_clock_that_was_set_back_does_not_put_off_the_default_list() -> None:
    task = a_task()
    tomorrow_ms = NOW_MS + 86_400_000
    assert task.on_time(tomorrow_ms, 0).outputs
    assert task.on_time(NOW_MS, 0).outputs
    assert not task.on_time(NOW_MS + 59_999, 0).outputs


def test_a_default_list_that_was_not_committed_is_made_again() -> None:
    task = a_task()
    first = task.on_time(NOW_MS, 0).outputs
    task.undo()
    assert task.on_time(NOW_MS, 0).outputs == first
    task.commit()
    assert not task.on_time(NOW_MS, 0).outputs


def test_an_empty_model_gives_no_default_list_and_empty_lists() -> None:
    task = a_task(a_model(empty=True))
    assert not task.on_time(NOW_MS, 0).outputs
    assert items_for(task, portrait(liked=["tea"])) == []


def test_rows_of_unknown_kinds_and_sections_are_ignored() -> None:
    model = a_model()
    (row,) = [r for r in learnt(CATALOGUE, VISITS).touched() if r.key == "item/tea"]
    row.value.sections["later"] = b"?"
    model.apply(row)
    model.apply(Row("later/tea", row.value))
    model.apply(Row("~later", None))
    assert items_for(a_task(model), portrait(liked=["tea"]))[0] == "pot"


def test_what_users_do_next_is_scored_beside_plain_popularity() -> None:
    task = a_task()
    items_for(task, portrait(liked=["tea"]))
    task.commit()
    items_for(task, portrait(liked=["tea", "pot", "unknown"]))
    task.commit()
    figures = task.gauges()
    assert (figures["live_scored"], figures["live_hits"]) == (2, 1)
    assert figures["lists"] == 2
