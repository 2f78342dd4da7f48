"""What is remembered stands in the changelog, and stays there."""

from tests.build import NOW_MS
from tests.stages.diversify_run import Run, click, forget, memory_of, shown, tick

HOUR_MS = 3_600_000


def test_a_waiting_impression_survives_a_restart() -> None:
    run = Run()
    run.take(shown(0, 7))
    run.commit()
    again = run.restarted()
    assert again.task.gauges()["waiting"] == 1
    assert [e.source.offset for e in again.take(tick())] == [7]


def test_a_commit_writes_only_what_inputs_changed_and_the_watermark_last() -> None:
    run = Run()
    run.take(click(0), shown(0, item_id="j"))
    assert [m.entry for m in run.commit()] == ["pair", "pair", "watermark"]
    assert run.commit() == []
    run.take(tick())
    assert [m.entry for m in run.commit()] == ["watermark"]


def test_what_was_forgotten_does_not_come_back() -> None:
    run = Run()
    run.take(shown(0), click(0, item_id="j"))
    run.commit()
    run.take(forget(1))
    run.commit()
    again = run.restarted()
    assert again.task.gauges() == run.task.gauges() | {"watermark_lag_seconds": 0.0}
    assert again.take(tick()) == []


def test_each_hour_all_that_is_needed_is_appended_again() -> None:
    run = Run()
    run.take(shown(0), click(0, item_id="j"))
    run.task.on_time(NOW_MS, idle_ms=0)
    first = run.commit()
    run.task.on_time(NOW_MS + HOUR_MS - 1, idle_ms=0)
    assert run.commit() == []
    run.task.on_time(NOW_MS + HOUR_MS, idle_ms=0)
    kept = len(run.log)
    again = run.commit()
    assert [m for m in again if m.entry != "appended"] == [
        m for m in first if m.entry != "appended"
    ]
    young = Run(run.log[kept:])  # what came before has met retention
    assert memory_of(young.task) == memory_of(run.task)


def test_a_restart_does_not_put_off_the_hour() -> None:
    run = Run()
    run.take(click(0))
    run.task.on_time(NOW_MS, idle_ms=0)
    run.commit()
    again = run.restarted()
    again.task.on_time(NOW_MS + HOUR_MS - 1, idle_ms=0)
    assert again.commit() == []
    again.task.on_time(NOW_MS + HOUR_MS, idle_ms=0)
    assert [m.entry for m in again.commit()] == [
        "pair",
        "level",
        "appended",
        "watermark",
    ]


def test_the_hour_is_not_lost_when_a_commit_fails() -> None:
    run = Run()
    run.take(click(0))
    run.commit()
    run.task.on_time(NOW_MS, idle_ms=0)
    run.task.undo()
    assert "appended" in [m.entry for m in run.commit()]


def test_appending_again_removes_what_is_gone() -> None:
    run = Run()
    run.take(click(0), click(0, user_id="v"))
    run.commit()
    run.take(forget(1))
    run.task.on_time(NOW_MS, idle_ms=0)
    run.commit()
    assert memory_of(run.restarted().task) == memory_of(run.task)
    assert run.restarted().task.gauges()["remembered"] == 1


def test_a_level_that_outlived_its_pairs_is_forgotten_too() -> None:
    run = Run(user_cap=10.0)
    run.take(*[click(0, item_id=f"i{n}") for n in range(10)], tick(620))
    run.commit()
    assert run.task.gauges()["remembered"] == 0
    run.take(forget(620))
    run.commit()
    assert run.task.gauges()["users"] == 0
    assert run.restarted().task.gauges()["users"] == 0
