"""Each peer on streams so small that what it must say is plain."""

import sys
from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from pipeline.apps.datasets import Dataset
from pipeline.apps.errors import AppError
from pipeline.apps.evaluate.peers import PEERS, Peer, Size, size_of
from pipeline.apps.evaluate.peers.ease import DECAY, Ease
from pipeline.apps.evaluate.peers.ease_dual import EaseDual
from pipeline.apps.evaluate.peers.item_knn import count_pairs, sum_pairs
from pipeline.apps.evaluate.peers.popularity import Popularity
from pipeline.apps.evaluate.stream import stream_of
from topics.events import Event

DAY_MS = 86_400_000
NEEDS = {"als": "implicit.als", "ease": "scipy.linalg"}
PERSONAL = ("item-knn", "vsknn", "isgd", "bpr-mf", "als", "ease")


@pytest.fixture(params=PEERS)
def name(request: pytest.FixtureRequest) -> str:
    """Each peer whose libraries are installed."""
    if request.param in NEEDS:
        pytest.importorskip(NEEDS[request.param])
    return str(request.param)


def entered(name: str, size: Size) -> Peer:
    peer = PEERS[name](size)
    assert not isinstance(peer, str)
    return peer


def learn(peer: Peer, events: Sequence[tuple[int, int]]) -> None:
    for at, (user, item) in enumerate(events):
        peer.learn(user, item, 1_000 * at)


def two_tastes() -> list[tuple[int, int]]:
    """19 users who take items 0 to 4, and 21 who take items 5 to 9; then three more.

    The first of those took 0 and 1, the second 5 and 6, the last nothing.
    """
    rng = np.random.default_rng(7)
    events = [
        (user, int(item))
        for user in range(40)
        for item in rng.permutation(5)[:4] + (0 if user < 19 else 5)
    ]
    order = rng.permutation(len(events))
    late = [(40, 0), (41, 5), (40, 1), (41, 6)]
    return [*(events[n] for n in order), *late]


def test_only_items_that_were_seen_and_that_the_user_did_not_have_are_listed(
    name: str,
) -> None:
    peer = entered(name, Size(users=3, items=6, events=5))
    assert list(peer.top(0, 0, 20)) == []
    learn(peer, [(0, 0), (0, 1), (1, 1), (1, 2), (0, 1)])
    peer.pass_over(2, 3)
    assert sorted(peer.top(0, 9_000, 20)) == [2, 3]
    assert sorted(peer.top(2, 9_000, 20)) == [0, 1, 2]
    assert len(peer.top(2, 9_000, 2)) == 2


@pytest.mark.parametrize(
    "name", ["popularity", "item-knn", "vsknn", "als", "ease"], indirect=True
)
def test_what_is_equal_otherwise_comes_by_popularity(name: str) -> None:
    peer = entered(name, Size(users=9, items=3, events=8))
    learn(peer, [(0, 0), (1, 1), (2, 1), (3, 2), (4, 2), (5, 2)])
    assert list(peer.top(8, 9_000, 20)) == [2, 1, 0]


@pytest.mark.parametrize("name", PERSONAL, indirect=True)
def test_a_user_gets_what_others_of_the_same_taste_took(name: str) -> None:
    events = two_tastes()
    peer = entered(name, Size(users=43, items=10, events=10 * len(events)))
    learn(peer, events * 10)  # all of it was fitted nine times when the last event came
    assert set(peer.top(40, 10**9, 3)) == {2, 3, 4}
    assert set(peer.top(41, 10**9, 3)) == {7, 8, 9}


def test_a_peer_says_the_same_each_time(name: str) -> None:
    events = two_tastes()
    size = Size(users=43, items=10, events=len(events))
    one, two = entered(name, size), entered(name, size)
    learn(one, events)
    learn(two, events)
    assert list(one.top(42, 10**9, 10)) == list(two.top(42, 10**9, 10))


def test_lately_popular_items_stand_above_formerly_popular_ones() -> None:
    events = [(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 1, 5), (4, 1, 5)]
    ever = Popularity(Size(6, 2, 5), "ever")
    lately = Popularity(Size(6, 2, 5), "lately", DAY_MS)
    for user, item, day in events:
        ever.learn(user, item, day * DAY_MS)
        lately.learn(user, item, day * DAY_MS)
    assert list(ever.top(5, 0, 2)) == [0, 1]
    assert list(lately.top(5, 0, 2)) == [1, 0]


def test_popularity_holds_over_years_of_short_half_lives() -> None:
    peer = Popularity(Size(9, 3, 9), "lately", DAY_MS)
    with np.errstate(over="raise", invalid="raise"):
        for year in range(20):
            peer.learn(0, year % 3, year * 365 * DAY_MS)
    assert list(peer.top(1, 0, 3)) == [1, 0, 2]


def test_pairs_count_by_their_distance_both_ways() -> None:
    partners = np.zeros((3, 3), np.int32)
    weights = np.zeros((3, 3), np.float32)
    used = np.zeros(3, np.int64)
    count_pairs(partners, weights, used, np.array([1, 0]), 2, 0.5)
    count_pairs(partners, weights, used, np.array([2, 1, 0]), 2, 0.5)  # a repeat
    scores = np.zeros(3)
    sum_pairs(partners, weights, used, np.array([2]), np.array([2.0]), scores)
    assert scores.tolist() == [2 * (0.5 + 0.25), 2 * (1 + 0.5), 0]
    scores = np.zeros(3)
    sum_pairs(partners, weights, used, np.array([0]), np.array([1.0]), scores)
    assert scores.tolist() == [0, 0, 0.75]


def test_the_weakest_partner_of_a_full_row_makes_room() -> None:
    partners = np.zeros((4, 2), np.int32)
    weights = np.zeros((4, 2), np.float32)
    used = np.zeros(4, np.int64)
    take = partial(count_pairs, partners, weights, used)
    for earlier, item in ((1, 0), (1, 0), (2, 0), (3, 0)):
        take(np.array([earlier]), item, 1.0)
    assert sorted(partners[0].tolist()) == [1, 3]
    assert sorted(weights[0].tolist()) == [1, 2]


def test_ease_solves_what_its_paper_says() -> None:
    pytest.importorskip("scipy.linalg")
    ease = Ease(Size(users=3, items=3, events=10))
    learn(ease, [(0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 1), *[(2, 1)] * 4])
    taken = np.array([[1, 1, 0], [0, 1, 1], [1, 1, 0]])
    inverse = np.linalg.inv(taken.T @ taken + DECAY * np.eye(3))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    np.testing.assert_allclose(ease._weights, weights, rtol=1e-4)


def test_ease_is_left_out_where_items_and_users_are_many_and_says_so() -> None:
    why = PEERS["ease"](Size(users=12_001, items=20_000, events=9))
    assert isinstance(why, str)
    assert why.startswith("it takes up to 12,000 items or users, and here are 20,000")


def test_ease_says_the_same_over_users_as_over_items() -> None:
    pytest.importorskip("scipy.linalg")
    events = two_tastes()
    size = Size(users=43, items=10, events=len(events))
    over_items, over_users = Ease(size), EaseDual(size, DECAY)
    for at, (user, item) in enumerate(events):
        over_items.learn(user, item, at)
        over_users.learn(user, item, at)
    for user, others in ((0, slice(5, 10)), (40, slice(2, 10)), (42, slice(10))):
        np.testing.assert_allclose(
            over_users.scores(user)[others], over_items.scores(user)[others], atol=1e-6
        )
    assert over_items.scores(40)[2:5].min() > 0.01


@pytest.mark.parametrize("name", ["als", "ease"])
def test_a_peer_whose_library_is_missing_names_the_extra(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "implicit.als", None)
    monkeypatch.setitem(sys.modules, "scipy.linalg.lapack", None)
    with pytest.raises(AppError, match=r"pip install 'kairec\[bench\]'"):
        PEERS[name](Size(9, 9, 9))


def test_the_size_of_a_stream_counts_what_will_be_learnt() -> None:
    events = [Event("a", "x", "click", 1), Event("b", "y", "skip", 2)]
    dataset = Dataset("made up", [], [], events)
    stream = stream_of(dataset, lambda kind, _: float(kind == "click"), all_events=True)
    assert size_of(stream) == Size(users=2, items=2, events=1)
