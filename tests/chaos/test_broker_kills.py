"""The only broker dies under all workers, again and again; every event counts once."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.runtime.broker import LocalKafka
from tests.chaos.fleet import WORKERS, Fleet
from tests.chaos.oracle import Account

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]
DOWN_S = 2


@pytest.fixture
def broker(local_kafka: Callable[[], LocalKafka]) -> LocalKafka:
    return local_kafka()


@pytest.fixture
def fleet(broker: LocalKafka, tmp_path: Path) -> Iterator[Fleet]:
    with Fleet(broker.bootstrap_servers, tmp_path) as fleet:
        yield fleet


def test_a_broker_that_is_killed_twice_under_all_workers_costs_no_event(
    broker: LocalKafka, fleet: Fleet
) -> None:
    running = {name: fleet.start(name) for name in WORKERS}
    fleet.send(300)
    fleet.wait_until_drained("extract")
    for _ in range(2):
        for _ in range(10):  # So that some worker is always about to commit.
            fleet.send(20)
            fleet.flush()
        broker.kill()
        time.sleep(DOWN_S)
        broker.start()
    fleet.send(200)
    fleet.wait_until_drained()
    assert {name: p.poll() for name, p in running.items()} == dict.fromkeys(WORKERS)
    assert fleet.audit() == Account()
    verdict = fleet.verdict()
    assert verdict.accepted == verdict.learnt == verdict.topics["events"].count
