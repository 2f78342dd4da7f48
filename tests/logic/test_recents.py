"""The last interactions stand in the order of event time, however they came."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.recents import Recents

ACTS = st.lists(st.tuples(st.integers(0, 20), st.sampled_from([-1.0, 0.0, 0.5, 2.0])))


def recents(acts: list[tuple[int, float]], limit: int) -> Recents:
    """Interactions with items named by the order in which they came."""
    found = Recents()
    for n, (time_ms, weight) in enumerate(acts):
        found.insert(f"i{n}", "click", time_ms, weight, limit)
    return found


@given(ACTS, st.integers(1, 8))
def test_those_with_the_latest_times_are_kept_in_order(
    acts: list[tuple[int, float]], limit: int
) -> None:
    # Sorting is stable: of equal times the one that came last is the newest.
    order = sorted(range(len(acts)), key=lambda n: acts[n][0])[-limit:]
    found = recents(acts, limit)
    assert found.items == [f"i{n}" for n in order]
    assert list(found.times_ms) == [acts[n][0] for n in order]
    assert found.weights == [acts[n][1] for n in order]


@given(ACTS, st.integers(1, 8), st.integers(0, 21))
def test_liked_ones_are_those_in_favour_up_to_a_time(
    acts: list[tuple[int, float]], limit: int, until_ms: int
) -> None:
    found = recents(acts, limit=12)
    liked = [
        (item, time_ms)
        for item, time_ms, weight in zip(
            found.items, found.times_ms, found.weights, strict=True
        )
        if weight > 0 and time_ms <= until_ms
    ][-limit:]
    items, times_ms = found.liked_before(until_ms, limit)
    assert list(zip(items, times_ms, strict=True)) == liked


@given(ACTS, st.integers(1, 8))
def test_those_built_anew_are_the_same_in_all_they_say(
    acts: list[tuple[int, float]], limit: int
) -> None:
    old = recents(acts, limit)
    new = Recents.of(old.items, old.types, old.times_ms, old.weights)
    assert new.size == old.size
    assert new.liked_before(21, 8) == old.liked_before(21, 8)


def test_a_copy_changes_apart() -> None:
    old = recents([(1, 1.0), (2, -1.0)], limit=3)
    twin = old.copy()
    twin.insert("late", "view", 0, 1.0, limit=3)
    twin.drop_oldest()
    twin.insert("new", "view", 3, 1.0, limit=3)
    assert (old.items, old.liked_before(9, 9)) == (["i0", "i1"], (["i0"], [1]))
    assert (twin.items, twin.liked_before(9, 9)) == (
        ["i0", "i1", "new"],
        (["i0", "new"], [1, 3]),
    )
