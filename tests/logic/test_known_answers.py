"""Small worlds of which it is known what can be learnt of them, and how well."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from tests.logic.world import LONGEST, Choose, World


def ring(items: Sequence[str]) -> Choose:
    """Nine times in ten the item after the last one, else any that is new."""
    after = dict(zip(items, [*items[1:], items[0]], strict=True))

    def choose(rng: np.random.Generator, user: int, had: Sequence[str]) -> str:
        if had and rng.random() < 0.9 and after[had[-1]] not in had:
            return after[had[-1]]
        left = [item for item in items if item not in had]
        return left[rng.integers(len(left))]

    return choose


def board(rng: np.random.Generator, user: int, had: Sequence[str]) -> str:
    """Even users like the white fields alone, odd ones the black, all alike."""
    color = ("white", "black")[user % 2]
    left = [item for n in range(30) if (item := f"{color} {n}") not in had]
    return left[rng.integers(len(left))]


def fashion(rng: np.random.Generator, user: int, had: Sequence[str]) -> str:
    """Users of two tastes; some items are liked far more than others."""
    while True:
        item = f"{user % 2} {min(rng.zipf(1.4), 150)}"
        if item not in had:
            return item


RING = [f"r{n}" for n in range(60)]
NEW_RING = np.random.default_rng(5).permutation(RING).tolist()


def top_hits(ranks: Sequence[int], below: int = 1) -> float:
    return float(np.mean([0 <= each < below for each in ranks]))


def test_in_a_sequence_each_item_counts_what_came_right_before_it() -> None:
    world = World()
    for _ in range(10):
        world.walk("a", "b", "c")
    assert world.came_before("b") == {"a": 10}
    assert world.came_before("c") == pytest.approx({"b": 10, "a": 4})


def test_from_a_ring_with_jumps_the_order_of_its_items_is_learnt() -> None:
    world = World()
    ranks = world.live(2_000, ring(RING))
    for before, item in pairwise(RING):
        counts = world.came_before(item)
        assert max(counts, key=counts.__getitem__) == before
    # The first item of a user and every tenth after it cannot be foreseen.
    assert top_hits(ranks[1_000:]) > 0.75


def test_a_checkerboard_is_learnt_as_well_as_it_can_be() -> None:
    world = World()
    ranks = world.live(1_500, board)
    colors = [
        [item.split()[0] == history[0][0].split()[0] for item in world.top(history)]
        for history in world.histories.values()
        if history
    ]
    assert np.mean(colors) > 0.98
    # Of the 30 fields of a color any that is left is as likely: popularity has half.
    possible = np.mean([10 / 60, *(10 / (30 - had) for had in range(1, LONGEST))])
    assert top_hits(ranks[500:], 10) == pytest.approx(possible, abs=0.05)


def test_when_the_world_drifts_it_is_heard_and_the_new_one_is_learnt() -> None:
    world = World()
    before = top_hits(world.live(2_000, ring(RING))[1_000:])
    world.alarms.clear()
    after = world.live(2_000, ring(NEW_RING))
    assert world.alarms[0] < 200
    assert top_hits(after[:200]) < before / 3
    assert top_hits(after[1_000:]) > 0.9 * before


def test_a_boost_after_the_alarm_shortens_the_way_back() -> None:
    hits = []
    for peak in (1.0, 4.0):
        world = World(peak=peak)
        world.live(1_500, ring(RING))
        hits.append(top_hits(world.live(1_000, ring(NEW_RING))))
    assert hits[1] > 1.2 * hits[0]


def test_one_fake_user_in_a_hundred_brings_no_item_into_the_lists_of_others() -> None:
    target, popular = "0 99", [f"{taste} {n}" for taste in (0, 1) for n in range(1, 7)]

    def pushed(rng: np.random.Generator, user: int, had: Sequence[str]) -> str:
        if user > 1:
            return fashion(rng, user, had)
        return popular[rng.integers(12)] if had[-1:] == [target] else target

    world = World(users=200)
    world.live(3_000, pushed)
    lists = [world.top(h) for user, h in world.histories.items() if user > 1]
    assert len(lists) > 150
    assert np.mean([target in each for each in lists]) < 0.02
