"""Fixtures of the tests that run `kairec`."""

from pathlib import Path

import pytest

from tests.integration.cli import Kairec


@pytest.fixture
def kairec(bootstrap_servers: str, tmp_path: Path) -> Kairec:
    """A deployment with names and a cache folder of the test's own."""
    return Kairec(bootstrap_servers, tmp_path / "home")
