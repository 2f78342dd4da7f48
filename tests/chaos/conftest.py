"""Fixtures of the tests that kill: a deployment on the Kafka that a module chooses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.fleet import Fleet


@pytest.fixture
def servers(bootstrap_servers: str) -> str:
    """Kafka; a module that wants one of its own has a fixture of this name."""
    return bootstrap_servers


@pytest.fixture
def fleet(servers: str, tmp_path: Path) -> Iterator[Fleet]:
    """A deployment of the test's own."""
    with Fleet(servers, tmp_path) as fleet:
        yield fleet
