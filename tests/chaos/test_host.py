"""The host does not play along: a clock that jumps, a disk that is full."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.apps.bench.processes import Process
from pipeline.runtime.broker.node import LocalKafka
from tests.chaos.fleet import WORKERS, Fleet, wait_until
from tests.chaos.host import DAY_S, YEAR_S, HostClock, fill_disk, host_environment
from tests.chaos.look import look, metrics_of
from tests.chaos.oracle import Account

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


def test_a_clock_that_jumps_to_and_fro_costs_no_event_and_delays_none(
    fleet: Fleet, tmp_path: Path
) -> None:
    clock = HostClock(tmp_path / "clock")
    clock.be_wrong_by(DAY_S)
    running = {name: fleet.start(name, 0, "", **clock.environment) for name in WORKERS}
    for wrong_by_s in (-YEAR_S, 0, DAY_S):
        fleet.send(100)
        fleet.wait_until_drained()
        clock.be_wrong_by(wrong_by_s)
    fleet.send(100)
    fleet.assert_each_event_counts_once()
    for name, process in running.items():
        shown = metrics_of(fleet, name, process)
        lags = re.findall(r"^kairec.*lag.* (\S+)$", shown, re.MULTILINE)
        assert all(float(lag) >= 0 for lag in lags)
        assert lags
        assert process.poll() is None


@pytest.fixture
def broker(local_kafka: Callable[[], LocalKafka]) -> LocalKafka:
    return local_kafka()


def test_while_kafka_has_no_space_workers_wait_and_with_it_they_go_on(
    broker: LocalKafka, tmp_path: Path
) -> None:
    with Fleet(broker.bootstrap_servers, tmp_path) as fleet:
        running = {name: fleet.start(name) for name in ("extract", "diversify")}
        fleet.send(200)
        fleet.wait_until_drained(*running)
        fleet.send(200)
        fill_disk(broker)
        wait_until(
            lambda: not any(is_ready(fleet, *each) for each in running.items()),
            "they say that Kafka is away",
        )
        assert all(look(fleet, *each).live for each in running.items())
        broker.start()
        fleet.send(200)
        fleet.wait_until_drained(*running)
        assert [process.poll() for process in running.values()] == [None, None]
        assert fleet.audit() == Account()


def is_ready(fleet: Fleet, name: str, process: Process) -> bool:
    return look(fleet, name, process).ready


def test_workers_without_space_for_files_of_their_own_work_all_the_same(
    fleet: Fleet,
) -> None:
    full = host_environment(HOST_DISK_FULL="1")
    names = ("extract", "diversify")
    running = {name: fleet.start(name, 0, "", **full) for name in names}
    fleet.send(200)
    fleet.wait_until_drained(*names)
    assert fleet.audit() == Account()
    for process in running.values():
        process.terminate()
    assert [process.wait(30) for process in running.values()] == [0, 0]


CALL_A_KERNEL = """
from pipeline.logic.kernels.popularity import count_at
print(count_at(3.0, 1.0))
"""


def test_a_kernel_that_cannot_be_kept_for_want_of_space_works_all_the_same(
    tmp_path: Path,
) -> None:
    environment = host_environment(HOST_DISK_FULL="1", NUMBA_CACHE_DIR=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", CALL_A_KERNEL],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert float(done.stdout) == pytest.approx(4.0)
    assert not list(tmp_path.rglob("*.nb*"))
