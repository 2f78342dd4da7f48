"""Whoever is silent for too long is replaced, and whoever comes back finds that out."""

import signal
import time
from collections.abc import Callable

import pytest

from pipeline.apps.bench.processes import Process
from tests.chaos.fleet import Fleet, wait_until
from tests.chaos.oracle import Account

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]
SESSION_S, TRANSACTION_S = 6, 8
"""What `Fleet` sets; the broker allows no shorter session."""
SLACK_S = 15
"""Restoring, and a machine with other things to do."""


def ended(process: Process) -> Callable[[], bool]:
    return lambda: process.poll() is not None


def test_a_stranger_takes_over_from_one_who_died_within_a_transaction(
    fleet: Fleet,
) -> None:
    fleet.send(200)
    dying = fleet.start("extract", None, "after_offsets:3")
    while not ended(dying)():
        fleet.send(20)
        time.sleep(0.05)
    died = time.monotonic()
    fleet.start("extract", 1)
    fleet.wait_until_drained("extract")
    limit_s = max(SESSION_S + 5, TRANSACTION_S + 10)
    assert time.monotonic() - died < limit_s + SLACK_S
    assert fleet.audit() == Account()


def test_a_worker_that_stood_still_and_was_replaced_writes_nothing_and_ends(
    fleet: Fleet,
) -> None:
    zombie = fleet.start("extract", 0)
    fleet.send(300)
    fleet.wait_until_drained("extract")
    zombie.send_signal(signal.SIGSTOP)
    fleet.send(300)
    fleet.start("extract", 0)
    fleet.wait_until_drained("extract")
    zombie.send_signal(signal.SIGCONT)
    fleet.send(300)
    wait_until(ended(zombie), "the zombie has ended", 30)
    assert zombie.returncode == 3
    fleet.wait_until_drained("extract")
    assert fleet.audit() == Account()


def test_a_worker_that_stood_still_and_was_not_replaced_goes_on(fleet: Fleet) -> None:
    sleeper = fleet.start("extract", 0)
    for _ in range(6):
        fleet.send(100)
        time.sleep(0.05)
    sleeper.send_signal(signal.SIGSTOP)
    time.sleep(max(SESSION_S, TRANSACTION_S) + 3)
    sleeper.send_signal(signal.SIGCONT)
    fleet.send(300)
    fleet.wait_until_drained("extract")
    assert sleeper.poll() is None
    assert fleet.audit() == Account()


def test_of_two_that_start_at_once_with_one_ordinal_one_survives(fleet: Fleet) -> None:
    both = [fleet.start("extract", 0) for _ in range(2)]
    deadline = time.monotonic() + 60
    while not any(ended(process)() for process in both):
        assert time.monotonic() < deadline, "both go on"
        fleet.send(10)
        time.sleep(0.1)
    fleet.send(300)
    fleet.wait_until_drained("extract")
    codes = sorted((process.poll() or 0) for process in both)
    assert codes == [0, 3]
    assert sum(process.poll() is None for process in both) == 1
    assert fleet.audit() == Account()
