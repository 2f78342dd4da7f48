"""Whoever has nothing to do notices, too, that Kafka is away; and that it is back."""

from collections.abc import Callable

import pytest

from pipeline.runtime.broker.node import LocalKafka
from tests.chaos.fleet import Fleet, wait_until
from tests.chaos.look import look

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(200)]
WORKERS = ("extract", "publish")
"""One that remembers, and one that has the model as a replica."""
Act = Callable[[LocalKafka], object]


@pytest.fixture(scope="module")
def broker(local_kafka: Callable[[], LocalKafka]) -> LocalKafka:
    return local_kafka()


@pytest.fixture
def servers(broker: LocalKafka) -> str:
    return broker.bootstrap_servers


@pytest.mark.parametrize(
    ("harm", "mend"),
    [
        pytest.param(LocalKafka.pause, LocalKafka.resume, id="stands still"),
        pytest.param(LocalKafka.kill, LocalKafka.start, id="is gone"),
    ],
)
def test_idle_workers_are_not_ready_but_live_while_kafka_is_away(
    broker: LocalKafka, fleet: Fleet, harm: Act, mend: Act
) -> None:
    running = {name: fleet.start(name) for name in WORKERS}
    fleet.send(100)
    fleet.wait_until_drained(*WORKERS)

    def all_look(**as_is: bool) -> bool:
        looks = [look(fleet, *each)._asdict() for each in running.items()]
        return all(as_is.items() <= one.items() for one in looks)

    wait_until(lambda: all_look(ready=True, metric=True), "they are ready")
    harm(broker)
    wait_until(lambda: all_look(ready=False, metric=False), "they are not", 30)
    assert all_look(live=True)
    for each in running.items():
        assert "Kafka" in look(fleet, *each).why
    mend(broker)
    wait_until(lambda: all_look(ready=True, metric=True), "they are ready again", 30)
    assert [process.poll() for process in running.values()] == [None, None]
    fleet.send(100)
    fleet.wait_until_drained(*WORKERS)
