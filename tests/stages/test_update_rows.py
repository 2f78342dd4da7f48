from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.experts.audience import AudienceConfig
from pipeline.logic.experts.covisitation import CovisitationConfig
from pipeline.stage import Fate, In, Row
from pipeline.stages.contents import WORDS
from pipeline.stages.update.retention import RetentionConfig
from pipeline.stages.update.rows import RowsConfig, UpdateRows
from tests.build import NOW_MS, example
from topics.codec import read_row, read_section, write_row
from topics.examples import Example
from topics.items import Item
from topics.model import ModelRow
from topics.spec import DAY_MS, Position

SMALL = RowsConfig(
    room=0,
    retention=RetentionConfig(rows=3, counters=2, expiry_ms=1_000, lateness_ms=100),
    covisitation=CovisitationConfig(partners=3),
    audience=AudienceConfig(attributes=2),
)
EMPTY = RowsConfig()
Rows = dict[str, bytes]


def learn(item_id: str, *recent: str, at_ms: int = 0, **fields: object) -> In:
    unit = replace(example(item_id, recent, at_ms=NOW_MS + at_ms), **fields)  # type: ignore[arg-type]  # fields of an example
    return In("examples", "", unit, Position("examples", 0, 0), NOW_MS)


def item(item_id: str, **fields: object) -> In:
    unit = replace(Item(item_id), **fields)  # type: ignore[arg-type]  # fields of an item
    return In("items", item_id, unit, Position("items", 0, 0), NOW_MS)


def gone(item_id: str) -> In:
    return In("items", item_id, None, Position("items", 0, 0), NOW_MS)


def after(units: Sequence[In], config: RowsConfig = EMPTY) -> UpdateRows:
    task = UpdateRows(3, config)
    task.on_batch(units, NOW_MS)
    return task


def apply(rows: Rows, touched: Iterable[Row]) -> Rows:
    """What the changelog holds after a commit."""
    for row in touched:
        assert row.partition == 3
        if row.value is None:
            del rows[row.key]
        else:
            rows[row.key] = write_row(row.value)
    return rows


def commit(task: UpdateRows, rows: Rows) -> Rows:
    apply(rows, task.touched())
    task.commit()
    return rows


def restored(rows: Rows, config: RowsConfig = EMPTY) -> UpdateRows:
    task = UpdateRows(3, config)
    for key, value in rows.items():
        task.restore(Row(key, read_row(key, value)))
    return task


def section(rows: Rows, key: str, name: str) -> dict[str, object]:
    return read_section(read_row(key, rows[key]).sections[name])


def test_an_item_of_the_catalogue_has_a_row_at_once() -> None:
    shown = item("a", title="Alien", tags=["space"], available=False)
    rows = commit(after([shown]), {})
    assert list(rows) == ["item/a"]
    about = section(rows, "item/a", "item")
    assert (about["known"], about["available"]) == (True, False)
    assert section(rows, "item/a", "content")["title"] == "Alien"


def test_attributes_and_words_of_a_text_are_content_as_tags_are() -> None:
    text = "A lamp, a lamp by Ito: " + " ".join(f"word{n}" for n in range(40))
    units = [item("a", tags=["new"], attributes={"brand": "Acme"}, text=text)]
    tags = section(commit(after(units), {}), "item/a", "content")["tags"]
    words = [f"word{n}" for n in range(WORDS - 2)]
    assert tags == ["new", "brand=Acme", "lamp", "ito", *words]


def test_another_id_is_a_counter_until_it_is_admitted() -> None:
    task = UpdateRows(3, SMALL)
    task.on_batch([learn("a")], NOW_MS)
    rows = commit(task, {})
    assert list(read_row("item/a", rows["item/a"]).sections) == ["item"]
    assert section(rows, "item/a", "item")["available"] is False
    task.on_batch([learn("a")], NOW_MS)
    rows = commit(task, rows)
    assert section(rows, "item/a", "item")["available"] is True
    assert section(rows, "item/a", "popularity")["events"] == 1


def test_where_there_is_room_another_id_is_learnt_from_the_first_on() -> None:
    config = replace(EMPTY, room=2)
    task = after([learn(name) for name in "aabbcc"], config)
    rows = commit(task, {})
    seen = [section(rows, f"item/{n}", "popularity")["events"] for n in "abc"]
    assert seen == [2, 2, 1]
    task.on_batch([learn("d")], NOW_MS)
    assert task.gauges()["counters"] == 1


def test_impressions_admit_nothing() -> None:
    task = after([learn("a", origin="impression", label=0)] * 9)
    assert [row.key for row in task.touched()] == ["totals/3"]


def test_totals_count_every_interaction_that_was_learnt_exactly_once() -> None:
    task = UpdateRows(3, EMPTY)
    units = [item("a"), item("b"), gone("b"), learn("a"), learn("a", label=0)]
    units += [learn("b"), learn("new"), learn("a", origin="impression", label=1)]
    fates = task.on_batch(units, NOW_MS).fates
    assert fates == {(Fate.USED, ""): 7, (Fate.DROPPED, "deleted_item"): 1}
    rows = commit(task, {})
    totals = section(rows, "totals/3", "popularity")
    assert totals == {"accepted": 3, "impressions": 1, "clicks": 1}
    assert task.gauges()["accepted"] == 3


def test_a_row_that_was_touched_often_is_sent_once_and_not_again() -> None:
    task = after([item("a"), *[learn("a")] * 5])
    assert [row.key for row in task.touched()] == ["item/a", "totals/3"]
    assert [row.key for row in task.touched()] == ["item/a", "totals/3"]
    task.commit()
    assert task.touched() == []


def test_a_deleted_item_keeps_only_that_until_lateness_is_past() -> None:
    task = after([item("a", title="Alien"), learn("a"), gone("a")], SMALL)
    rows = commit(task, {})
    assert list(read_row("item/a", rows["item/a"]).sections) == ["item"]
    about = section(rows, "item/a", "item")
    assert (about["available"], about["deleted_at_ms"]) == (False, NOW_MS)
    task.on_batch([learn("a"), learn("a"), learn("b", at_ms=100)], NOW_MS)
    assert "item/a" in commit(task, rows)
    task.on_batch([learn("b", at_ms=101)], NOW_MS)
    assert "item/a" not in commit(task, rows)


def test_an_item_that_comes_back_starts_afresh() -> None:
    task = after([item("a"), learn("a"), gone("a"), item("a")])
    rows = commit(task, {})
    assert section(rows, "item/a", "item")["available"] is True
    assert section(rows, "item/a", "popularity") == {}


def test_deleting_an_item_that_was_never_seen_is_remembered() -> None:
    task = after([gone("a"), learn("a"), learn("a")])
    assert task.gauges()["deleted"] == 1


def test_an_item_under_another_key_is_a_dead_letter_and_so_is_a_key_of_ours() -> None:
    wrong = replace(item("a"), key="b")
    result = UpdateRows(3, EMPTY).on_batch([wrong, gone("~a"), item("c")], NOW_MS)
    reasons = [error.reason for _, error in result.dead]
    assert reasons == ["key_mismatch", "reserved_id"]
    assert sum(result.fates.values()) == 3


def test_what_was_not_touched_for_long_expires_but_not_what_the_catalogue_has() -> None:
    units = [item("known"), learn("row"), learn("row"), learn("counter")]
    task = after([*units, learn("late", at_ms=1_001)], SMALL)
    assert set(commit(task, {})) == {"item/known", "item/late", "totals/3"}


def test_too_many_rows_push_out_the_longest_untouched_the_catalogue_s_last() -> None:
    units = [item("known")]
    for at_ms, name in enumerate("abcd"):
        units += [learn(name, at_ms=at_ms)] * 2
    task = after(units, SMALL)
    assert set(commit(task, {})) == {"item/known", "item/c", "item/d", "totals/3"}


def test_too_many_counters_push_out_the_longest_untouched() -> None:
    task = after([learn(name, at_ms=n) for n, name in enumerate("abcd")], SMALL)
    assert set(commit(task, {})) == {"item/c", "item/d", "totals/3"}


def test_ids_without_end_do_not_grow_a_task() -> None:
    task = UpdateRows(3, SMALL)
    for n in range(3_000):
        task.on_batch([learn(f"i{n}", f"i{n - 1}")] * 2, NOW_MS)
        task.commit()
    assert (task.gauges()["rows"], task.gauges()["counters"]) == (3, 0)


def test_event_time_of_a_row_never_goes_back() -> None:
    task = after([item("a"), learn("a"), learn("a", at_ms=-DAY_MS)])
    rows = commit(task, {})
    assert read_row("item/a", rows["item/a"]).event_time_ms == NOW_MS
    assert read_row("totals/3", rows["totals/3"]).event_time_ms == NOW_MS


def test_a_row_stays_below_eight_kibibytes_whatever_the_ids_and_the_content() -> None:
    tags = [f"tag {n} " + "x" * 200 for n in range(64)]
    units = [item("z", title="t" * 10_000, categories=tags, tags=tags)]
    for n in range(100):
        recent = [f"{n}-{gap}-" + "y" * (n // 4) for gap in range(20)]
        units.append(learn("z", *recent, attributes=[f"plan={n}", "a" * n]))
    rows = commit(after(units), {})
    assert 5_000 < len(rows["item/z"]) <= 8_192


def test_sections_of_unknown_experts_are_carried_through() -> None:
    rows = commit(after([item("a"), learn("a")]), {})
    for key in ("item/a", "totals/3"):
        row = read_row(key, rows[key])
        newer = {**row.sections, "newer": b"?"}
        rows[key] = write_row(ModelRow(key, row.event_time_ms, newer))
    task = restored(rows)
    task.on_batch([learn("a")], NOW_MS)
    rows = commit(task, rows)
    for key in ("item/a", "totals/3"):
        assert read_row(key, rows[key]).sections["newer"] == b"?"


def test_rows_of_the_dense_task_are_skipped() -> None:
    task = UpdateRows(3, EMPTY)
    for key in ("~dense", "~basis", "vectors/items/0"):
        task.restore(Row(key, ModelRow(key, 1, {"x": b"y"})))
    task.restore(Row("totals/2", ModelRow("totals/2", 1, {})))
    assert task.touched() == []
    assert task.gauges()["rows"] == 0


def test_the_weight_of_an_example_is_bounded() -> None:
    heavy, none = learn("a", weight=1e30), learn("a", weight=0.0)
    rows = commit(after([item("a"), heavy, none]), {})
    assert section(rows, "item/a", "covisitation")["events"] == pytest.approx(100.001)


def test_inputs_are_not_changed() -> None:
    unit = learn("a", "b", "c")
    task = after([item("a"), unit, unit])
    task.touched()
    assert unit == learn("a", "b", "c")


names = st.sampled_from("abcdefg")
examples = st.builds(
    lambda name, recent, at_ms, label, origin, attributes: learn(
        name, *recent, at_ms=at_ms, label=label, origin=origin, attributes=attributes
    ),
    names,
    st.lists(names, max_size=4),
    st.integers(-500, 2_000),
    st.sampled_from([0, 1, 1, 1]),
    st.sampled_from(["interaction", "interaction", "impression"]),
    st.lists(st.sampled_from(["plan=free", "plan=paid", "age=30"]), max_size=2),
)
items = st.builds(lambda name, tag: item(name, tags=[tag]), names, names)
units = st.lists(st.one_of(examples, examples, items, names.map(gone)), max_size=40)


@given(units, st.data())
def test_any_split_into_polls_gives_the_same_rows(
    given_units: list[In], data: st.DataObject
) -> None:
    whole = commit(after(given_units, SMALL), {})
    task, rows = UpdateRows(3, SMALL), Rows()
    left = given_units
    while left:
        size = data.draw(st.integers(1, len(left)))
        task.on_batch(left[:size], NOW_MS)
        left = left[size:]
        if data.draw(st.booleans()):
            commit(task, rows)
    assert commit(task, rows) == whole


@given(units, units, units)
def test_undone_or_rebuilt_a_task_goes_on_as_if_nothing_had_happened(
    first: list[In], undone: list[In], last: list[In]
) -> None:
    task = after(first, SMALL)
    rows = commit(task, {})
    rebuilt = restored(rows, SMALL)
    before = dict(rows)
    task.on_batch(undone, NOW_MS)
    task.touched()
    task.undo()
    assert task.touched() == []
    assert task.gauges() == rebuilt.gauges()
    task.on_batch(last, NOW_MS)
    rebuilt.on_batch(last, NOW_MS)
    assert commit(rebuilt, before) == commit(task, rows)


@given(units)
def test_each_unit_has_one_fate_and_each_is_accepted_or_not(
    given_units: list[In],
) -> None:
    task = UpdateRows(3, SMALL)
    fates = task.on_batch(given_units, NOW_MS).fates
    assert sum(fates.values()) == len(given_units)
    learnt = [unit.unit for unit in given_units if isinstance(unit.unit, Example)]
    used = fates[Fate.USED, ""] - (len(given_units) - len(learnt))
    gauges = task.gauges()
    assert gauges["accepted"] + gauges["impressions"] == used
