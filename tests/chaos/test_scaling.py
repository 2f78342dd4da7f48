"""Workers become many and few again in the middle of a replay; every event counts once.

The long form, all kinds and again and again: `make chaos FAULTS=34,35`.
"""

import pytest

from pipeline.apps.bench.processes import Process
from tests.chaos.fleet import PARTITIONS, WORKERS, Fleet, wait_until
from tests.chaos.look import look
from tests.chaos.oracle import Account
from tests.chaos.scaling import Name, roll, scale, scale_up_and_down

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


def test_rows_and_dense_task_scaled_up_and_down_amid_a_replay_lose_nothing(
    fleet: Fleet,
) -> None:
    running: dict[Name, Process] = {(name, 0): fleet.start(name) for name in WORKERS}
    fleet.send(2_000)
    scale_up_and_down(fleet, running, ("extract", "update.dense"), 2)
    fleet.assert_each_event_counts_once()
    assert sorted(running) == sorted((name, 0) for name in WORKERS)
    assert all(process.poll() is None for process in running.values())


def by_name(running: dict[Name, Process]) -> list[tuple[str, Process]]:
    return [(worker, process) for (worker, _), process in running.items()]


def test_more_workers_than_partitions_are_ready_and_one_of_them_takes_over(
    fleet: Fleet,
) -> None:
    running: dict[Name, Process] = {}
    fleet.send(300)
    scale(fleet, running, ["extract"], range(PARTITIONS + 1))
    fleet.wait_until_drained("extract")
    wait_until(
        lambda: all(look(fleet, *at).ready for at in by_name(running)), "all are ready"
    )
    fleet.send(300)
    scale(fleet, running, ["extract"], [PARTITIONS])
    fleet.send(300)
    fleet.wait_until_drained("extract")
    assert fleet.audit() == Account()


def test_all_started_again_one_after_the_other_lose_nothing(fleet: Fleet) -> None:
    running: dict[Name, Process] = {(name, 0): fleet.start(name) for name in WORKERS}
    fleet.send(300)
    fleet.wait_until_drained("extract")
    roll(fleet, running)
    fleet.assert_each_event_counts_once()
