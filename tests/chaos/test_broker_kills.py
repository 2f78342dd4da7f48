"""The only broker dies under all workers, again and again; every event counts once."""

import time
from collections.abc import Callable

import pytest

from pipeline.runtime.broker.node import LocalKafka
from tests.chaos.fleet import WORKERS, Fleet, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]
DOWN_S = 2


@pytest.fixture
def broker(local_kafka: Callable[[], LocalKafka]) -> LocalKafka:
    return local_kafka()


@pytest.fixture
def servers(broker: LocalKafka) -> str:
    return broker.bootstrap_servers


def test_a_broker_that_is_killed_twice_under_all_workers_costs_no_event(
    broker: LocalKafka, fleet: Fleet
) -> None:
    running = {name: fleet.start(name) for name in WORKERS}
    fleet.send(300)
    fleet.wait_until_drained("extract")
    # A worker that finds no Kafka at its own start ends there.
    wait_until(lambda: all(fleet.members(n) == 1 for n in WORKERS), "all have joined")
    for _ in range(2):
        for _ in range(10):  # So that some worker is always about to commit.
            fleet.send(20)
            fleet.flush()
        broker.kill()
        time.sleep(DOWN_S)
        broker.start()
    fleet.send(200)
    fleet.assert_each_event_counts_once()
    assert {name: p.poll() for name, p in running.items()} == dict.fromkeys(WORKERS)
