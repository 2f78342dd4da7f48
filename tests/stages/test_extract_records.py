"""What extract makes of users' attributes, and of records that break its rules."""

from typing import Any

from pipeline.stage import Fate, In, Result
from pipeline.stages.extract import Extract, ExtractConfig, Items
from tests.build import NOW_MS, as_in, event, user
from topics.dead_letters import Reason
from topics.profiles import Portrait


def extract(**parameters: Any) -> Extract:
    return Extract(0, Items(), ExtractConfig(**parameters))


def run(task: Extract, *units: In) -> Result:
    return task.on_batch(units, NOW_MS)


def portrait(task: Extract) -> Portrait:
    (row,) = task.touched()
    assert isinstance(row.value, Portrait)
    return row.value


def test_a_type_without_a_weight_is_a_dead_letter() -> None:
    task = extract()
    result = run(
        task, as_in(event("film", "stare")), as_in(event("film", "impression"), 1)
    )
    assert [error.reason for _, error in result.dead] == [Reason.UNKNOWN_TYPE] * 2
    assert result.fates == {(Fate.DEAD, "unknown_type"): 2}
    assert task.touched() == []


def test_a_time_beyond_append_time_and_skew_is_a_dead_letter() -> None:
    task = extract(skew_ms=1000)
    at_most = as_in(event(at_ms=NOW_MS + 1000), 0, append_ms=NOW_MS)
    beyond = as_in(event(at_ms=NOW_MS + 1001), 1, append_ms=NOW_MS)
    result = run(task, at_most, beyond)
    ((unit, error),) = result.dead
    assert (unit, error.reason) == (beyond, Reason.TIME_IN_FUTURE)
    assert portrait(task).event_time_ms == NOW_MS + 1000


def test_new_attributes_replace_the_last_and_the_same_ones_change_nothing() -> None:
    task = extract()
    run(task, as_in(user(plan="free", age=30.0)))
    result = run(task, as_in(user(plan="paid"), 1))
    assert result.outputs == []
    assert portrait(task).attributes == {"plan": "paid"}
    task.commit()
    result = run(task, as_in(user(plan="paid"), 2))
    assert (result.fates, task.touched()) == ({(Fate.USED, ""): 1}, [])


def test_attributes_move_no_event_time() -> None:
    task = extract()
    run(task, as_in(user(plan="free")))
    assert portrait(task).event_time_ms == 0
    assert task.on_time(NOW_MS, idle_ms=60_000).outputs == []


def test_attributes_too_large_to_carry_are_a_dead_letter() -> None:
    task = extract(attribute_bytes=50)
    result = run(task, as_in(user(plan="x" * 50)))
    assert [error.reason for _, error in result.dead] == [Reason.TOO_LARGE]
    assert task.touched() == []
