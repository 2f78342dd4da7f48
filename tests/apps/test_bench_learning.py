from pipeline.apps.bench.learning import Sizes, copies, measure
from pipeline.apps.datasets import Dataset
from topics.events import Event
from topics.items import Item
from topics.users import User

SIZES = Sizes(events=600, lists=5, copied=300, items=90)


def a_dataset() -> Dataset:
    """Two tastes: even users act on even items, odd ones on odd items."""
    items = [Item(f"i{n}", categories=[f"c{n % 2}"]) for n in range(30)]
    users = [User(f"u{n}", {"plan": "free"}) for n in range(20)]
    events = []
    for n in range(600):
        user, item = n % 20, 2 * ((n * 7 + n // 20) % 15) + n % 2
        events.append(Event(f"u{user}", f"i{item}", "purchase", 60_000 * n))
    return Dataset("two tastes", items, users, events)


def test_each_part_is_timed_beside_its_bar() -> None:
    told: list[str] = []
    found = {figure.name: figure for figure in measure(a_dataset(), SIZES, told.append)}
    assert all(figure.value > 0 for figure in found.values())
    assert found["lists, 30 items"].bar == 1_000
    assert found["lists, 90 items"].bar == 500
    one_by_one, batched = found["HR@10, one by one"], found["HR@10, 256 at a time"]
    assert found["HR@10, ratio"].value == batched.value / one_by_one.value
    assert len(told) == 4


def test_copies_make_a_large_catalogue_of_which_as_much_is_known() -> None:
    small = a_dataset()
    large = copies(small, SIZES)
    assert len({item.item_id for item in large.items}) == 90
    assert len(large.events) == 900
    pairs = {(event.user_id, event.item_id) for event in small.events[:300]}
    copied = {(event.user_id, event.item_id) for event in large.events}
    assert len(copied) == 3 * len(pairs)
    times = [event.event_time_ms for event in large.events]
    assert times == sorted(times)
