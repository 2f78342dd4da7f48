import numpy as np

from pipeline.logic.live import Live, Sent
from topics.partitioning import murmur2


def hash_of(item: str) -> int:
    return murmur2(item.encode())


def sent(history: int = 2, had: tuple[str, ...] = ("old",)) -> Sent:
    hashes = np.sort(np.array([hash_of(item) for item in had], np.uint32))
    return Sent(history, hashes, items=("a", "b"), popular=("b", "c"))


def live(users: int = 10) -> Live:
    return Live(users, hash_of)


def counts(quality: Live) -> tuple[float, ...]:
    figures = quality.gauges()
    names = ("live_scored", "live_hits", "live_popularity_hits")
    return tuple(figures[name] for name in names)


def test_what_a_user_does_next_is_a_hit_of_each_list_that_holds_it() -> None:
    quality = live()
    quality.send("u", sent())
    quality.score("u", 5, ["x", "old", "a", "b", "unknown"], [1.0] * 5)
    quality.commit()
    assert counts(quality) == (3, 2, 1)


def test_what_the_user_did_before_the_list_is_not_scored() -> None:
    quality = live()
    quality.send("u", sent(history=2))
    quality.score("u", 2, ["a", "b"], [1.0, 1.0])
    quality.commit()
    assert counts(quality) == (0, 0, 0)


def test_a_repeat_is_not_scored() -> None:
    quality = live()
    quality.send("u", sent(had=("a",)))
    quality.score("u", 5, ["a", "b", "b"], [1.0, 1.0, 1.0])
    quality.commit()
    assert counts(quality) == (1, 1, 1)


def test_what_speaks_against_an_item_is_not_scored() -> None:
    quality = live()
    quality.send("u", sent())
    quality.score("u", 3, ["a"], [-1.0])
    quality.commit()
    assert counts(quality) == (0, 0, 0)


def test_a_list_within_the_same_commit_is_scored_too() -> None:
    quality = live()
    quality.send("u", sent(history=0))
    quality.commit()
    quality.send("u", sent(history=1))
    quality.score("u", 2, ["b", "a"], [1.0, 1.0])
    quality.commit()
    assert counts(quality) == (1, 1, 0)


def test_what_is_undone_counts_once() -> None:
    quality = live()
    quality.send("u", sent())
    quality.commit()
    for _ in range(2):
        quality.score("u", 3, ["a"], [1.0])
        quality.send("u", sent(history=3))
        quality.undo()
    quality.score("u", 3, ["a"], [1.0])
    quality.commit()
    assert counts(quality) == (1, 1, 0)


def test_only_the_last_lists_are_kept() -> None:
    quality = live(users=2)
    for user in ("u", "v", "w"):
        quality.send(user, sent())
        quality.commit()
    quality.score("u", 3, ["a"], [1.0])
    quality.score("w", 3, ["a"], [1.0])
    quality.commit()
    assert counts(quality) == (1, 1, 0)
    assert quality.gauges()["live_users"] == 2


def test_a_forgotten_user_has_no_list_to_score() -> None:
    quality = live()
    quality.send("u", sent())
    quality.commit()
    quality.forget("u")
    quality.score("u", 3, ["a"], [1.0])
    quality.commit()
    assert counts(quality) == (0, 0, 0)
    assert quality.gauges()["live_users"] == 0


def test_how_high_an_item_stood_is_told_in_windows_too() -> None:
    quality = live()
    quality.send("u", sent())
    quality.score("u", 4, ["a", "c"], [1.0, 1.0])
    quality.commit()
    figures = quality.gauges()
    assert figures["live_gain"] == 1.0
    assert figures["live_popularity_gain"] == 1 / np.log2(3)
    for window in ("_1k", "_10k"):
        assert 1.99 < figures[f"live_scored{window}"] <= 2
        assert 0.99 < figures[f"live_hits{window}"] <= 1
        assert 0.99 < figures[f"live_popularity_hits{window}"] <= 1
