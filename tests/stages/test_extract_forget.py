"""What extract does when a user is to be forgotten."""

from pipeline.stage import Fate, In, Result, Row
from pipeline.stages.extract import Extract, ExtractConfig, Items
from tests.build import NOW_MS, as_in, event, feedback, user
from topics.codec import write
from topics.profiles import Portrait

LATENESS_MS = 1000
HOUR_MS = 3_600_000


def extract() -> Extract:
    return Extract(0, Items(), ExtractConfig(lateness_ms=LATENESS_MS))


def run(task: Extract, *units: In) -> Result:
    return task.on_batch(units, NOW_MS)


def forget(at_ms: int, offset: int = 0) -> In:
    return as_in(None, offset, append_ms=at_ms)


def known(task: Extract, user_id: str = "u") -> Portrait:
    found = {row.key: row.value for row in task.touched()}[user_id]
    assert isinstance(found, Portrait)
    return found


def test_nothing_is_left_of_a_forgotten_user_but_when() -> None:
    task = extract()
    run(task, as_in(user(plan="free")), as_in(event("film", event_id="e1")))
    task.commit()
    result = run(task, forget(NOW_MS + 5, offset=7))
    left = known(task)
    assert left == Portrait(
        "u", left.source, "forgotten", NOW_MS, forgotten_at_ms=NOW_MS + 5
    )
    assert left.source.offset == 7
    assert left.forgotten
    (out,) = result.outputs
    assert (out.key, out.unit.kind, out.unit.user_id) == ("u", "forget", "u")
    assert result.fates == {(Fate.USED, ""): 1}


def test_a_user_who_was_never_seen_can_be_forgotten() -> None:
    task = extract()
    run(task, forget(NOW_MS))
    late = run(task, as_in(event(at_ms=NOW_MS - 1), append_ms=NOW_MS + 1))
    assert late.fates == {(Fate.DROPPED, "forgotten"): 1}
    assert late.outputs == []
    assert known(task).forgotten


def test_forgetting_moves_no_event_time() -> None:
    task = extract()
    old = as_in(event(at_ms=NOW_MS - HOUR_MS), append_ms=NOW_MS)
    result = run(task, old, forget(NOW_MS))
    assert result.outputs[1].unit.event_time_ms == NOW_MS - HOUR_MS
    assert result.outputs[1].unit.append_time_ms == NOW_MS
    (tick,) = task.on_time(NOW_MS, idle_ms=5_000).outputs
    assert tick.unit.event_time_ms == NOW_MS - HOUR_MS + 5_000


def test_a_late_event_does_not_revive_a_user_even_across_a_restart() -> None:
    task = extract()
    run(task, as_in(event("film")), forget(NOW_MS + 5))
    successor = extract()
    for row in task.touched():
        successor.restore(row)
    late = as_in(event("game", at_ms=NOW_MS + 4), append_ms=NOW_MS + 6)
    for each in task, successor:
        each.commit()
        assert run(each, late).fates == {(Fate.DROPPED, "forgotten"): 1}
        assert each.touched() == []


def test_a_later_event_begins_anew_and_older_ones_still_stay_out() -> None:
    task = extract()
    run(task, as_in(event("film")), forget(NOW_MS + 5))
    result = run(
        task,
        as_in(event("game", at_ms=NOW_MS + 6)),
        as_in(event("film", at_ms=NOW_MS + 5), append_ms=NOW_MS + 7),
        as_in(feedback("film", at_ms=NOW_MS + 4), append_ms=NOW_MS + 8),
    )
    assert result.fates == {(Fate.USED, ""): 1, (Fate.DROPPED, "forgotten"): 2}
    assert result.outputs[0].unit.history == 0
    left = known(task)
    assert left.recent_items == ["game"]
    assert left.forgotten_at_ms == NOW_MS + 5
    assert not left.forgotten


def test_a_new_portrait_loses_the_mark_once_lateness_is_past() -> None:
    task = extract()
    run(task, forget(NOW_MS), as_in(event("a", at_ms=NOW_MS + 1)))
    run(task, as_in(event("b", at_ms=NOW_MS + LATENESS_MS)))
    left = known(task)
    assert (left.forgotten_at_ms, left.recent_items) == (None, ["a", "b"])


def test_what_is_left_becomes_a_tombstone_once_lateness_is_past() -> None:
    task = extract()
    run(task, forget(NOW_MS))
    task.commit()
    run(task, as_in(event(user_id="other", at_ms=NOW_MS + LATENESS_MS - 1)))
    assert [row.key for row in task.touched()] == ["other"]
    run(task, as_in(event(user_id="other", at_ms=NOW_MS + LATENESS_MS)))
    assert Row("u", None) in task.touched()
    task.commit()
    assert list(task.portraits) == ["other"]


def test_idle_time_passes_lateness_too() -> None:
    task = Extract(0, Items(), ExtractConfig(lateness_ms=HOUR_MS))
    run(task, forget(NOW_MS))
    task.commit()
    task.on_time(NOW_MS, idle_ms=HOUR_MS - 1)
    assert task.touched() == []
    task.on_time(NOW_MS, idle_ms=HOUR_MS)
    assert task.touched() == [Row("u", None)]


def test_a_tombstone_that_was_undone_comes_again() -> None:
    task = extract()
    run(task, forget(NOW_MS))
    task.commit()
    later = as_in(event(user_id="other", at_ms=NOW_MS + LATENESS_MS))
    for _ in range(2):
        run(task, later)
        assert Row("u", None) in task.touched()
        task.undo()
        assert task.touched() == []


def test_a_user_forgotten_and_dropped_in_one_transaction_leaves_a_tombstone() -> None:
    task = extract()
    run(task, as_in(event("film")))
    task.commit()
    later = as_in(event(user_id="other", at_ms=NOW_MS + LATENESS_MS))
    run(task, forget(NOW_MS), later)
    assert Row("u", None) in task.touched()


def test_attributes_after_the_tombstone_are_kept() -> None:
    task = extract()
    run(task, as_in(user(plan="free")), forget(NOW_MS), as_in(user(plan="paid")))
    left = known(task)
    assert (left.attributes, left.forgotten) == ({"plan": "paid"}, False)


def test_no_record_written_afterwards_names_what_the_user_did() -> None:
    task = extract()
    run(task, as_in(user(plan="secret-plan")), as_in(event("secret-film")))
    run(task, as_in(feedback("secret-game")), forget(NOW_MS))
    assert all(b"secret" not in write(row.value) for row in task.touched())
