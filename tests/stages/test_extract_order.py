"""Events that come out of order leave the portrait that they leave in order."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stage import In, Row
from pipeline.stages.extract import Extract, ExtractConfig, Items
from tests.build import NOW_MS, as_in, event, feedback
from topics.events import Event
from topics.feedback import Feedback
from topics.items import Item
from topics.profiles import Portrait

MINUTE_MS = 60_000


def portrait(units: Sequence[In]) -> Portrait:
    items = Items()
    for n in range(10):
        categories, tags = [f"c{n % 3}"], [f"t{n % 4}", f"t{n % 5}"]
        items.apply(Row(f"i{n}", Item(f"i{n}", categories=categories, tags=tags)))
    # A half-life of minutes, so that decay shows.
    task = Extract(0, items, ExtractConfig(half_life_ms=5 * MINUTE_MS))
    task.on_batch(units, NOW_MS)
    (row,) = task.touched()
    assert isinstance(row.value, Portrait)
    return row.value


def acts(n: int, gap_ms: int) -> list[In]:
    """As many events and impressions of one user, so far apart."""
    units: list[In] = []
    for k in range(n):
        item, at_ms = f"i{k * k % 10}", NOW_MS + k * gap_ms
        record: Event | Feedback = feedback(item, at_ms=at_ms)
        if k % 4:
            act = ["skip", "click", "purchase"][k % 3]
            record = event(item, act, at_ms=at_ms, event_id=f"e{k}")
        units.append(as_in(record, k, append_ms=NOW_MS + n * gap_ms))
    return units


def assert_same(one: Portrait, other: Portrait) -> None:
    assert set(one.event_ids) == set(other.event_ids)
    assert one.categories == pytest.approx(other.categories, abs=1e-5)
    assert one.tags == pytest.approx(other.tags, abs=1e-5)
    # Ids stand in the order in which they came; the rest is the same to the letter.
    assert one == replace(
        other,
        source=one.source,
        event_ids=one.event_ids,
        categories=one.categories,
        tags=one.tags,
    )


@given(st.randoms(use_true_random=False))
def test_a_shuffle_within_five_minutes_changes_no_portrait(random: Random) -> None:
    units = acts(50, gap_ms=6_000)
    shuffled = sorted(
        units,
        key=lambda unit: unit.unit.event_time_ms + random.randrange(5 * MINUTE_MS),
    )
    assert_same(portrait(shuffled), portrait(units))


def test_events_in_reverse_leave_the_same_portrait() -> None:
    units = acts(50, gap_ms=6_000)
    assert_same(portrait(units[::-1]), portrait(units))


def test_a_full_portrait_keeps_the_latest_by_event_time() -> None:
    units = acts(300, gap_ms=6_000)
    pairs = [unit for k in range(0, 300, 2) for unit in (units[k + 1], units[k])]
    # 300 events meet the bound of 64 ids, which stand as they came.
    one, other = portrait(pairs), portrait(units)
    assert_same(replace(one, event_ids=other.event_ids), other)


def test_an_event_a_day_late_stands_first_and_adds_next_to_nothing() -> None:
    units = acts(20, gap_ms=1_000)
    late = as_in(event("i9", at_ms=NOW_MS - 1440 * MINUTE_MS), 99, append_ms=NOW_MS)
    before, after = portrait(units), portrait([*units, late])
    assert after.recent_items == ["i9", *before.recent_items]
    assert after.event_time_ms == before.event_time_ms
    assert after.first_seen_ms == late.unit.event_time_ms
    assert after.history == before.history + 1
    assert after.tags == pytest.approx(before.tags)


def test_of_equal_times_the_one_that_came_last_is_the_newest() -> None:
    units = [as_in(event(item), n) for n, item in enumerate(["b", "a", "c"])]
    assert portrait(units).recent_items == ["b", "a", "c"]
