"""Workers are killed, stopped and started; every event has its effect once."""

import random
import signal
import time
from itertools import cycle
from pathlib import Path

import pytest

from pipeline.runtime.failpoints import POINTS
from tests.chaos.fleet import WORKERS, Fleet, wait_until
from tests.chaos.oracle import Account

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]
SEED = 5


def test_a_kill_at_any_point_of_a_checkpoint_of_any_worker_loses_nothing(
    fleet: Fleet,
) -> None:
    left = {name: [f"{point}:2" for point in POINTS] for name in WORKERS}
    running = {name: fleet.start(name, 0, left[name].pop(0)) for name in WORKERS}
    clean: set[str] = set()
    deadline = time.monotonic() + 300
    while len(clean) < len(WORKERS):
        assert time.monotonic() < deadline, f"not yet killed at {left}"
        fleet.send(20)
        time.sleep(0.1)
        for name, process in running.items():
            if name in clean or process.poll() is None:
                continue
            assert process.returncode == -signal.SIGKILL, fleet.log_of(name)
            fail_at = left[name].pop(0) if left[name] else ""
            running[name] = fleet.start(name, 0, fail_at)
            if not fail_at:
                clean.add(name)
    fleet.assert_each_event_counts_once()


def test_kills_in_bursts_at_random_moments_lose_nothing(fleet: Fleet) -> None:
    chance = random.Random(SEED)
    running = {name: fleet.start(name) for name in WORKERS}
    fleet.send(500)
    fleet.wait_until_drained("extract")
    for name in [n for _, n in zip(range(15), cycle(WORKERS), strict=False)]:
        fleet.send(60)
        time.sleep(chance.uniform(0.1, 1.0))
        running[name].kill()
        running[name].wait()
        running[name] = fleet.start(name)
    fleet.assert_each_event_counts_once()
    leftovers = [p.name for p in fleet.home.rglob("*.json")]
    assert len(leftovers) <= 15 + 2 * len(WORKERS), "announcements pile up"


def test_all_workers_killed_at_once_start_again_where_they_were(fleet: Fleet) -> None:
    running = [fleet.start(name) for name in WORKERS]
    fleet.send(600)
    fleet.wait_until_drained("extract")
    for process in running:
        process.kill()
    for process in running:
        process.wait()
    fleet.send(200)
    for name in WORKERS:
        fleet.start(name)
    fleet.wait_until_drained()
    assert fleet.audit() == Account()
    verdict = fleet.verdict()
    assert verdict.holds, (verdict.lost, verdict.twice, verdict.accepted)


def test_a_stopped_worker_commits_leaves_and_its_neighbour_takes_over_at_once(
    bootstrap_servers: str, tmp_path: Path
) -> None:
    # So long a session that whoever waits for its end is found out.
    with Fleet(bootstrap_servers, tmp_path, KAIREC_SESSION_TIMEOUT_MS="60000") as fleet:
        leaving = fleet.start("extract", None)
        fleet.start("extract", None)
        wait_until(lambda: fleet.members("extract") == 2, "both have joined")
        fleet.send(1_500)
        leaving.send_signal(signal.SIGTERM)
        assert leaving.wait(10) == 0
        fleet.send(500)
        wait_until(lambda: fleet.members("extract") == 1, "one is left", 30)
        fleet.wait_until_drained("extract")
        assert fleet.audit() == Account()


def test_partitions_move_between_workers_that_come_and_go_and_nothing_is_lost(
    fleet: Fleet,
) -> None:
    for name in WORKERS:
        fleet.start(name)
    for second in ("extract", "diversify", "update", "publish"):
        fleet.send(150)
        added = fleet.start(second, 1)
        wait_until(lambda n=second: fleet.members(n) == 2, "it has joined")  # type: ignore[misc]  # bound now
        fleet.send(150)
        time.sleep(1)
        added.kill()  # Its partitions come back when its session ends.
    fleet.send(150)
    fleet.assert_each_event_counts_once()


def test_of_two_workers_of_one_identity_one_survives_and_the_other_says_why(
    fleet: Fleet,
) -> None:
    first = fleet.start("extract", 3)
    fleet.send(300)
    fleet.wait_until_drained("extract")
    second = fleet.start("extract", 3)
    deadline = time.monotonic() + 60
    while first.poll() is None and second.poll() is None:
        assert time.monotonic() < deadline, "both of them go on"
        fleet.send(5)
        time.sleep(0.1)
    ended, survivor = (first, second) if first.poll() is not None else (second, first)
    assert ended.returncode == 3
    assert "another worker has" in fleet.log_of("extract", 3)
    fleet.send(200)
    fleet.wait_until_drained("extract")
    assert survivor.poll() is None
    assert fleet.audit() == Account()
