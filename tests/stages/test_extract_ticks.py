"""How extract moves event time on when nothing comes."""

from pipeline.stages.extract import Extract, ExtractConfig, Items
from tests.build import NOW_MS, as_in, event


def seen(at_ms: int = NOW_MS) -> Extract:
    task = Extract(3, Items(), ExtractConfig(tick_idle_ms=5_000))
    task.on_batch([as_in(event(at_ms=at_ms), 7)], NOW_MS)
    task.commit()
    return task


def ticks(task: Extract, *idle_ms: int) -> list[int]:
    """Event times of the ticks that idle times give, each with a commit."""
    found = []
    for idle in idle_ms:
        outs = task.on_time(NOW_MS, idle).outputs
        found += [out.unit.event_time_ms for out in outs]
        task.commit()
    return found


def test_a_tick_is_the_last_event_time_plus_the_idle_time() -> None:
    (out,) = seen().on_time(NOW_MS, idle_ms=5_200).outputs
    assert (out.topic, out.key, out.partition) == ("features", "", 3)
    assert (out.unit.kind, out.unit.event_time_ms) == ("tick", NOW_MS + 5_200)
    assert (out.unit.source.offset, out.unit.user_id) == (7, "")


def test_each_idle_interval_gives_one_tick_however_often_it_is_asked() -> None:
    found = ticks(seen(), 0, 4_999, 5_000, 5_100, 9_900, 10_400, 14_000, 15_000)
    assert found == [NOW_MS + 5_000, NOW_MS + 10_400, NOW_MS + 15_000]


def test_there_is_no_tick_before_any_event() -> None:
    assert ticks(Extract(0, Items(), ExtractConfig()), 5_000, 10_000) == []


def test_ticks_never_go_back() -> None:
    task = seen()
    assert ticks(task, 60_000) == [NOW_MS + 60_000]
    late = as_in(event(at_ms=NOW_MS + 1), 8)
    task.on_batch([late], NOW_MS)
    assert ticks(task, 5_000, 10_000, 60_000) == [NOW_MS + 60_001]


def test_a_tick_that_was_undone_comes_again() -> None:
    task = seen()
    first = task.on_time(NOW_MS, idle_ms=5_000).outputs
    task.undo()
    assert task.on_time(NOW_MS, idle_ms=5_000).outputs == first


def test_a_restored_task_knows_how_far_event_time_had_come() -> None:
    task = seen()
    others = [as_in(event(user_id=name, at_ms=NOW_MS + 9), 8) for name in "ab"]
    task.on_batch(others, NOW_MS)
    successor = Extract(3, Items(), ExtractConfig())
    for row in reversed(task.touched()):
        successor.restore(row)
    assert ticks(successor, 5_000) == [NOW_MS + 5_009]
