"""What a portrait is kept to, and what numbers come out of the strangest events."""

import random
from math import isfinite

import pytest

from pipeline.stage import In, Row
from pipeline.stages.extract import Extract, ExtractConfig, Items
from tests.build import NOW_MS, as_in, event, user
from topics import PROFILES, codec
from topics.events import EVENT_TYPES
from topics.items import Item
from topics.profiles import Portrait


def portrait(task: Extract) -> Portrait:
    (row,) = task.touched()
    assert isinstance(row.value, Portrait)
    return row.value


def busy(items: int, id_bytes: int, names: int) -> tuple[Items, list[In]]:
    """A catalogue of rich items, and a user who acts on all of them, oddly."""
    rng = random.Random(5)
    catalogue = Items()
    units: list[In] = [as_in(user(**{f"attribute{n}": "x" * 30 for n in range(20)}))]
    for n in range(items):
        item_id = f"{n}".rjust(id_bytes, "i")
        tags = [f"some tag {rng.randrange(500)}" for _ in range(names)]
        categories = [f"category {rng.randrange(100)}" for _ in range(names)]
        catalogue.apply(Row(item_id, Item(item_id, categories=categories, tags=tags)))
        act = EVENT_TYPES[n % len(EVENT_TYPES)]
        value = 1.0 + n % 4 if act in {"rating", "dwell"} else None
        at_ms = NOW_MS + n * 60_000
        record = event(item_id, act, at_ms=at_ms, event_id=f"{n}", value=value)
        units.append(as_in(record, n))
    return catalogue, units


@pytest.mark.parametrize("id_bytes", [8, 40])
def test_the_portrait_of_a_busy_user_is_at_most_12_kib(id_bytes: int) -> None:
    items, units = busy(1_500, id_bytes, names=6)
    task = Extract(0, items, ExtractConfig())
    for start in range(0, len(units), 100):
        task.on_batch(units[start : start + 100], NOW_MS)
        assert len(codec.write(portrait(task))) <= 12 * 1024
        task.commit()
    task.on_batch([as_in(event(at_ms=NOW_MS + 10**9))], NOW_MS)
    full = portrait(task)
    assert len(codec.write(full)) > 10 * 1024
    assert len(full.recent_items) >= 40
    assert len(full.had) > 4_000
    assert 24 <= len(full.tags) <= 32


def test_ids_as_long_as_allowed_leave_a_portrait_bounded() -> None:
    items, units = busy(300, 512, names=40)
    task = Extract(0, items, ExtractConfig())
    task.on_batch(units, NOW_MS)
    full = portrait(task)
    assert len(codec.write(full)) <= 12 * 1024
    assert len(full.recent_items) >= 10
    assert len(full.had) >= 250 * 4


@pytest.mark.parametrize("at_ms", [1, NOW_MS - 10**11, NOW_MS + 299_999])
@pytest.mark.parametrize(
    ("act", "value"),
    [("rating", -0.0), ("rating", 5e-324), ("dwell", 86_400.0), ("dwell", 2.3e-308)],
)
def test_strange_times_and_values_leave_finite_numbers(
    at_ms: int, act: str, value: float
) -> None:
    items = Items()
    items.apply(Row("film", Item("film", categories=["drama"], tags=["old"])))
    task = Extract(0, items, ExtractConfig())
    odd = event("film", act, at_ms=at_ms, value=value)
    plain = as_in(event("film"))
    result = task.on_batch([plain, as_in(odd, append_ms=NOW_MS), plain], NOW_MS)
    known = portrait(task)
    numbers = [*known.categories.values(), *known.tags.values(), *known.recent_weights]
    numbers += [out.unit.weight for out in result.outputs]
    assert all(map(isfinite, numbers))
    assert codec.read(PROFILES, codec.write(known)) == [known]
