"""How events change a portrait."""

from pipeline.logic.amounts import Amounts
from pipeline.logic.fit import HAD_KEPT, RECENTS_KEPT, fit, size_of
from pipeline.logic.portrait import Limits, Portrait

LIMITS = Limits(half_life_ms=1000, recents=60, had=9, event_ids=2, names=9, bytes=9999)


def blank() -> Portrait:
    return Portrait(("events", 0, 0))


def test_interest_is_decayed_to_the_newest_event_and_older_ones_into_it() -> None:
    portrait = blank()
    portrait.move(5_000, 1.0, ["film"], ["old"], LIMITS)
    portrait.move(7_000, 1.0, ["film"], [], LIMITS)
    portrait.move(6_000, 1.0, ["game"], ["new"], LIMITS)
    assert portrait.event_time_ms == 7_000
    assert portrait.categories.by_name == {"film": 1.25, "game": 0.5}
    assert portrait.tags.by_name == {"old": 0.25, "new": 0.5}


def test_an_item_acted_on_late_stands_before_the_later_ones() -> None:
    portrait = blank()
    for item in b"aaaa", b"bbbb", b"cccc":
        portrait.have(item, False, set(), LIMITS)
    portrait.have(b"dddd", False, {b"cccc"}, LIMITS)
    assert portrait.had == b"aaaabbbbddddcccc"
    portrait.have(b"aaaa", True, {b"cccc"}, LIMITS)
    assert portrait.had == b"bbbbddddaaaacccc"
    portrait.have(b"cccc", True, {b"cccc", b"aaaa"}, LIMITS)
    assert portrait.had == b"bbbbddddaaaacccc"


def test_no_event_id_is_never_a_duplicate() -> None:
    portrait = blank()
    portrait.see("click", 1, b"", LIMITS)
    assert not portrait.has_seen(b"")
    portrait.see("click", 1, b"12345678", LIMITS)
    assert portrait.has_seen(b"12345678")
    assert portrait.event_id_numbers() == [int.from_bytes(b"12345678", "little")]


def test_a_copy_changes_apart() -> None:
    portrait = blank()
    portrait.interact("film", "click", 1, 1.0, LIMITS)
    portrait.see("click", 1, b"12345678", LIMITS)
    twin = portrait.copy()
    assert twin.recents.items == ["film"]
    twin.interact("game", "click", 2, 1.0, LIMITS)
    twin.see("click", 2, b"87654321", LIMITS)
    twin.have(b"aaaa", False, set(), LIMITS)
    assert (portrait.recents.items, portrait.history) == (["film"], 1)
    assert (portrait.counts, portrait.had) == ({"click": 1}, b"")
    assert not portrait.has_seen(b"87654321")


def full() -> Portrait:
    portrait = blank()
    for n in range(60):
        portrait.interact(f"item{n}", "click", n, 1.0, LIMITS)
    portrait.had = bytes(range(200)) * 20
    portrait.tags = Amounts({f"tag{n}": float(n) for n in range(30)})
    return portrait


def test_what_fits_is_left_alone() -> None:
    portrait = full()
    fit(portrait, size_of(portrait))
    assert (len(portrait.recents), len(portrait.had)) == (60, 4_000)


def test_recent_items_go_first_then_what_was_had_longest_ago() -> None:
    portrait = full()
    fit(portrait, size_of(portrait) - 100)
    assert 50 < len(portrait.recents) < 60
    assert portrait.recents.items[-1] == "item59"
    portrait = full()
    had = portrait.had
    fit(portrait, size_of(portrait) - 2_000)
    assert len(portrait.recents) == 40
    assert portrait.had == had[-len(portrait.had) :]
    assert size_of(portrait) <= size_of(full()) - 2_000


def test_some_of_each_is_kept_in_any_case() -> None:
    portrait = full()
    fit(portrait, 0)
    assert len(portrait.recents) == RECENTS_KEPT
    assert len(portrait.had) == HAD_KEPT * 4
    assert sorted(portrait.tags.by_name) == sorted(f"tag{n}" for n in range(22, 30))
