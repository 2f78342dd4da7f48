"""Fixtures of the tests that kill: a deployment on the Kafka that a module chooses."""

from collections.abc import Generator, Iterator
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Print what the workers said, if a test with a deployment fails."""
    report = yield
    fleet = item.funcargs.get("fleet")
    if report.failed and call.when == "call" and isinstance(fleet, Fleet):
        report.sections += fleet.ends_of_logs()
    return report
