"""Laws of extract, over any records of few users and items."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stage import In, Result, Row
from pipeline.stages.extract import Extract, ExtractConfig, Items
from pipeline.stages.extract.records import to_record
from tests.build import NOW_MS, as_in, event, feedback, user
from topics import PROFILES, codec
from topics.items import Item

LATENESS_MS = 60_000
CONFIG = ExtractConfig(
    half_life_ms=100_000,
    recent_items=5,
    feature_items=3,
    had_items=6,
    event_ids=4,
    names=3,
    lateness_ms=LATENESS_MS,
)
TYPES = ("click", "purchase", "skip", "dislike", "view", "unheard_of")


def extract() -> Extract:
    items = Items()
    for n in range(8):
        tags = [f"tag{n % 3}", f"tag{n % 5}"]
        items.apply(Row(f"i{n}", Item(f"i{n}", categories=[f"c{n % 4}"], tags=tags)))
    return Extract(0, items, CONFIG)


@st.composite
def records(draw: st.DrawFn) -> In:
    """A record whose time is about `NOW_MS`; its append time may be much later."""
    user_id = draw(st.sampled_from("uvw"))
    at_ms = NOW_MS + draw(st.integers(-50_000, 50_000))
    append_ms = at_ms + draw(st.integers(0, 3 * LATENESS_MS))
    item_id = f"i{draw(st.integers(0, 7))}"
    event_id = draw(st.sampled_from([None, "e1", "e2", "e3", "e4", "e5", "e6"]))
    unit: Any = None
    kind = draw(st.sampled_from(["event", "event", "event", "feedback", "user", None]))
    if kind == "event":
        act = draw(st.sampled_from(TYPES))
        unit = event(item_id, act, user_id=user_id, at_ms=at_ms, event_id=event_id)
    elif kind == "feedback":
        act = draw(st.sampled_from(["impression", *TYPES]))
        unit = feedback(item_id, act, user_id=user_id, at_ms=at_ms, event_id=event_id)
    elif kind == "user":
        unit = user(user_id, plan=draw(st.sampled_from(["free", "paid"])))
    return as_in(unit, append_ms=append_ms, user_id=user_id)


@st.composite
def polls(draw: st.DrawFn) -> list[list[In]]:
    """Records, each at its offset, split into polls."""
    found = draw(st.lists(st.lists(records(), max_size=6), max_size=8))
    offset = iter(range(1000))
    return [
        [replace(r, source=replace(r.source, offset=next(offset))) for r in poll]
        for poll in found
    ]


def state(task: Extract) -> dict[str, bytes]:
    """Bytes of every portrait."""
    found = {name: task.portraits.get(name) for name in task.portraits}
    return {
        name: codec.write(to_record(name, portrait, "impression"))
        for name, portrait in found.items()
        if portrait
    }


def told(result: Result) -> tuple[bytes, object, object]:
    """What a batch gave, to be compared."""
    dead = [(unit.source, error.reason) for unit, error in result.dead]
    return codec.write([out.unit for out in result.outputs]), dead, result.fates


def read_back(row: Row) -> Row:
    """A row as it comes out of Kafka."""
    if row.value is None:
        return row
    written = codec.write(row.value)
    return Row(row.key, codec.read(PROFILES, written)[0], written=written)


def restored(log: list[Row]) -> Extract:
    """A task that has read a changelog."""
    task = extract()
    for row in log:
        task.restore(read_back(row))
    return task


def run(task: Extract, poll: list[In]) -> tuple[Result, list[Row]]:
    """One poll and its commit."""
    result = task.on_batch(poll, NOW_MS)
    rows = list(task.touched())
    task.commit()
    return result, rows


@given(polls())
@settings(deadline=None)
def test_any_split_into_polls_gives_the_same_outputs_and_state(
    split: list[list[In]],
) -> None:
    whole = extract()
    at_once, _ = run(whole, [unit for poll in split for unit in poll])
    parted = extract()
    results = [run(parted, poll)[0] for poll in split]
    assert state(parted) == state(whole)
    outputs = [out for result in results for out in result.outputs]
    assert outputs == at_once.outputs
    assert sum((result.fates for result in results), Result().fates) == at_once.fates


@given(polls(), st.integers(0, 8))
@settings(deadline=None)
def test_a_task_restored_from_its_rows_goes_on_like_the_first(
    split: list[list[In]], crash: int
) -> None:
    task = extract()
    log: list[Row] = []
    for poll in split[:crash]:
        log += run(task, poll)[1]
    successor = restored(log)
    assert state(successor) == state(task)
    for poll in split[crash:]:
        ours, rows = run(task, poll)
        theirs, their_rows = run(successor, poll)
        assert told(theirs) == told(ours)
        assert their_rows == rows
    assert state(successor) == state(task)


@given(polls(), st.lists(records(), max_size=10))
@settings(deadline=None)
def test_undo_gives_back_the_state_and_the_same_batch_gives_the_same_again(
    before: list[list[In]], batch: list[In]
) -> None:
    task = extract()
    for poll in before:
        run(task, poll)
    committed = state(task)
    first = task.on_batch(batch, NOW_MS)
    rows = list(task.touched())
    task.on_time(NOW_MS, idle_ms=10 * LATENESS_MS)
    task.undo()
    assert state(task) == committed
    assert task.touched() == []
    again, rows_again = run(task, batch)
    assert told(again) == told(first)
    assert rows_again == rows


@given(polls())
@settings(deadline=None)
def test_rows_hold_the_whole_state_and_each_user_once(split: list[list[In]]) -> None:
    task = extract()
    newest: dict[str, Row] = {}
    for poll in split:
        _, rows = run(task, poll)
        assert len({row.key for row in rows}) == len(rows)
        newest |= {row.key: row for row in rows}
    alive = [row for row in newest.values() if row.value is not None]
    assert state(restored(alive)) == state(task)


@given(polls())
@settings(deadline=None)
def test_inputs_and_what_was_given_away_stay_as_they_were(
    split: list[list[In]],
) -> None:
    task = extract()
    batch = [unit for poll in split for unit in poll]
    before = codec.write([unit.unit for unit in batch])
    kept: list[tuple[bytes, object]] = []
    for poll in split:
        result = task.on_batch(poll, NOW_MS)
        # No commit in between: what was given away must not change for that.
        for given_away in [result.outputs, *map(tuple, task.touched())]:
            kept.append((codec.write(given_away), given_away))
    assert codec.write([unit.unit for unit in batch]) == before
    assert all(codec.write(given_away) == then for then, given_away in kept)


@given(polls())
@settings(deadline=None)
def test_each_record_has_one_fate_and_each_used_one_of_events_a_feature(
    split: list[list[In]],
) -> None:
    task = extract()
    for poll in split:
        result, _ = run(task, poll)
        assert result.fates.total() == len(poll)


@given(polls())
@settings(deadline=None)
def test_event_time_of_a_portrait_never_goes_back(split: list[list[In]]) -> None:
    task = extract()
    times: dict[str, int] = {}
    for poll in split:
        for row in run(task, poll)[1]:
            if row.value is None or row.value.cause == "forgotten":
                times.pop(row.key, None)  # what follows is about a new user
                continue
            assert row.value.event_time_ms >= times.get(row.key, 0)
            times[row.key] = row.value.event_time_ms
