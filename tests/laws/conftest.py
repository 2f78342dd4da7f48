"""The log on which the laws are tried: each of them on every one."""

from collections.abc import Iterator

import pytest

from tests.laws.crew import Crew
from tests.laws.ground import Ground, MemoryGround, kafka_ground


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    if request.param == "memory":
        yield MemoryGround()
        return
    with kafka_ground(request.getfixturevalue("bootstrap_servers")) as ground:
        yield ground


@pytest.fixture
def crew(ground: Ground) -> Iterator[Crew]:
    """Nobody yet; who was started is closed."""
    crew = Crew(ground)
    yield crew
    for worker in crew.workers:
        worker.close()
