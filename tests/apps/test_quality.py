"""What `kairec status` says of live quality."""

import pytest

from pipeline.apps.quality import Quality, quality_of
from pipeline.apps.scrape import Figures, read_figures
from pipeline.runtime.presence import Presence

PRESENCE = Presence("kairec", "publish", 0, "127.0.0.1", 1, pid=1)


def figures(worker: str, **task: float) -> Figures:
    """What a worker's endpoint says of its tasks."""
    lines = ["# TYPE kairec_task gauge"]
    lines += [
        f'kairec_task{{worker="{worker}",name="{name}"}} {value}'
        for name, value in task.items()
    ]
    return read_figures(PRESENCE, "", "\n".join(lines) + "\n")


def said(quality: Quality) -> dict[str, str]:
    return dict(quality.lines())


def test_figures_of_tasks_keep_their_fractions() -> None:
    assert figures("publish", live_hits_1k=0.75).task == {"live_hits_1k": 0.75}


def test_sums_of_several_publishers_are_added_and_then_divided() -> None:
    one = figures("publish", live_scored=30, live_hits=6, live_popularity_hits=3)
    other = figures("publish", live_scored=10, live_hits=4, live_popularity_hits=1)
    assert str(quality_of([one, other])) == "0.250 (popularity 0.100) over 40 events"


def test_a_window_is_told_where_it_holds_less_than_all_events() -> None:
    whole = {"live_scored": 4_000, "live_hits": 400, "live_popularity_hits": 200}
    last = {
        "live_scored_1k": 999.6,
        "live_hits_1k": 199.92,
        "live_popularity_hits_1k": 49.98,
    }
    ten = {
        "live_scored_10k": 3_999.0,
        "live_hits_10k": 400.0,
        "live_popularity_hits_10k": 200.0,
    }
    assert said(quality_of([figures("publish", **whole, **last, **ten)]))[
        "live hit rate"
    ] == (
        "last 1,000 0.200 (popularity 0.050); in all 0.100 (popularity 0.050) over "
        "4,000 events"
    )


def test_the_test_before_training_is_told_with_the_share_that_it_saw() -> None:
    dense = figures(
        "update.dense",
        prequential_scored=2_000,
        prequential_hr10=0.2,
        prequential_popularity_hr10=0.1,
        prequential_hr10_1k=0.25,
        prequential_popularity_hr10_1k=0.1,
        ranker_share=0.5,
    )
    assert said(quality_of([dense]))["test, then train"] == (
        "last 1,000 0.250 (popularity 0.100); in all 0.200 (popularity 0.100) over "
        "2,000 events; learns from 50% of samples"
    )


@pytest.mark.parametrize(
    ("task", "drift", "guard"),
    [
        ({}, "hits have not changed", "the ranker decides"),
        (
            {"drift_alarms": 1, "ranker_boost": 2.5},
            "hits have changed once, the ranker learns 2.5 times as fast for a while",
            "the ranker decides",
        ),
        (
            {"drift_alarms": 2, "ranker_boost": 1, "guard_held": 1, "guard_trips": 1},
            "hits have changed 2 times",
            "the ranker is held back: lists follow popularity alone, once so far",
        ),
        (
            {"guard_held": 0, "guard_trips": 3},
            "hits have not changed",
            "the ranker decides; it was held back, 3 times so far",
        ),
    ],
)
def test_drift_and_guard_are_told_in_plain_words(
    task: dict[str, float], drift: str, guard: str
) -> None:
    lines = said(quality_of([figures("update.dense", **task)]))
    assert (lines["drift"], lines["guard"]) == (drift, guard)


def test_before_anything_is_scored_that_is_what_is_said() -> None:
    assert str(quality_of([])) == "nothing scored yet"
    assert said(quality_of([]))["test, then train"] == "nothing scored yet"
