"""Fixtures of all tests: a real Apache Kafka, found or started.

Where none can be had, a test that needs it is skipped, with the reason; in CI
(`CI=true`) it fails instead.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import hypothesis
import pytest

from pipeline.runtime.broker.errors import BrokerError
from pipeline.runtime.broker.find import find_or_start
from pipeline.runtime.broker.node import LocalKafka
from pipeline.runtime.broker.nodes import LocalCluster
from tests.kafka_container import docker_answers, kafka_container

# No deadline: machines are shared. A failure prints how to reproduce it.
hypothesis.settings.register_profile(
    "kairec", deadline=None, max_examples=60, print_blob=True
)
hypothesis.settings.load_profile("kairec")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Where processes share the tests, modules that may take longest come first.

    So both end at about the same time. Alone, a process keeps to the files' order.
    """
    if not hasattr(config, "workerinput"):
        return
    patience: dict[Path, float] = {}
    for item in items:
        limit = item.get_closest_marker("timeout")
        broker = item.get_closest_marker("kafka") is not None
        allowed = (limit.args[0] if limit else 0) + broker
        patience[item.path] = max(allowed, patience.get(item.path, 0))
    items.sort(key=lambda item: -patience[item.path])


@pytest.fixture(scope="session")
def bootstrap_servers() -> Iterator[str]:
    """The Kafka that all tests of a process share; each makes topics of its own."""
    with ExitStack() as stack:
        with _skip_without_kafka():
            given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
            in_docker = not given and docker_answers()
            kafka = kafka_container() if in_docker else find_or_start()
            servers = stack.enter_context(kafka)
        yield servers


@pytest.fixture(scope="module")
def local_kafka() -> Iterator[Callable[[], LocalKafka]]:
    """Starts as many Kafka nodes as a module wants to kill and start again."""
    with ExitStack() as stack:

        def start() -> LocalKafka:
            with _skip_without_kafka():
                return stack.enter_context(LocalKafka())

        yield start


@pytest.fixture(scope="module")
def local_cluster() -> Iterator[Callable[[], LocalCluster]]:
    """Starts three nodes that are one Kafka, to be killed one by one."""
    with ExitStack() as stack:

        def start() -> LocalCluster:
            with _skip_without_kafka():
                return stack.enter_context(LocalCluster(3))

        yield start


@contextmanager
def _skip_without_kafka() -> Iterator[None]:
    try:
        yield
    except BrokerError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
