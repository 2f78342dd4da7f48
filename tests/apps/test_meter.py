"""From event to list: whose list reflects which event, and how long that took."""

from pipeline.apps.demo.meter import Latency, Rates, Spread, spread
from pipeline.apps.demo.watchlist import Following, steady_users
from topics.events import Event


def test_percentiles_are_times_that_were_measured() -> None:
    assert spread(range(1, 201)) == Spread(200, 100, 198)
    assert spread([7]) == Spread(1, 7, 7)
    assert str(spread([])) == "nothing measured yet"


def test_a_list_reflects_the_earlier_events_of_its_user_too() -> None:
    latency = Latency()
    latency.sent("u1", 5, 1_000)
    latency.sent("u1", 8, 1_050)
    latency.sent("u2", 9, 1_060)
    latency.listed("u1", 8, 1_200)
    assert latency.whole() == Spread(2, 150, 200)
    assert latency.waiting == 1


def test_a_later_event_waits_for_a_later_list() -> None:
    latency = Latency()
    latency.sent("u1", 5, 1_000)
    latency.sent("u1", 6, 1_010)
    latency.listed("u1", 5, 1_100)
    latency.listed("u1", 6, 1_310)
    assert latency.whole() == Spread(2, 100, 300)


def test_a_list_may_be_read_before_the_delivery_is_reported() -> None:
    latency = Latency()
    latency.listed("u1", 5, 1_100)
    latency.sent("u1", 5, 1_000)
    assert latency.whole() == Spread(1, 100, 100)
    assert latency.waiting == 0


def test_recent_latency_forgets_what_is_older_than_ten_seconds() -> None:
    latency = Latency()
    for offset, sent_ms in enumerate((0, 9_000)):
        latency.sent("u1", offset, sent_ms)
        latency.listed("u1", offset, sent_ms + 50 + offset)
    assert latency.recent(15_000) == Spread(1, 51, 51)
    assert latency.whole().count == 2


def test_a_worker_that_started_again_stands_still_instead_of_going_back() -> None:
    rates = Rates(window_ms=5_000)
    rates.note(0, {"in": 900})
    rates.note(1_000, {"in": 100})
    assert rates.per_second("in") == 0


def test_a_steady_user_is_there_in_most_parts_of_the_stream() -> None:
    names = ["busy"] * 30 + ["steady", "other"] * 35
    events = [Event(name, "i", "view", 1 + n) for n, name in enumerate(names)]
    assert steady_users(events, 2) == ["other", "steady"]
    assert steady_users([*events, *events[:30]], 3)[-1] == "busy"


def test_who_is_followed_stays_while_active() -> None:
    following = Following()
    seen = [("a", 1), ("b", 2_000), ("a", 2_900), ("b", 5_000), ("b", 6_000)]
    assert [following.see(*one) for one in seen] == ["a", "a", "a", "a", "b"]
