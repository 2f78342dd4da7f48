"""The machine under workers and Kafka: its clock is wrong, its disk is full."""

import os
import resource
from pathlib import Path

from pipeline.runtime.broker.node import LocalKafka
from tests.chaos.fleet import wait_until

DAY_S = 24 * 3600
YEAR_S = 365 * DAY_S
UNLIMITED = resource.RLIM_INFINITY


class HostClock:
    """What the workers that were started with its `environment` take for the time.

    Args:
        file: Holds by how many seconds it is wrong.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.be_wrong_by(0)

    @property
    def environment(self) -> dict[str, str]:
        """Of a worker."""
        return host_environment() | {"HOST_CLOCK_FILE": str(self._file)}

    def be_wrong_by(self, seconds: int) -> None:
        """Have the clock jump, at once."""
        new = self._file.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self._file)


def host_environment(**more: str) -> dict[str, str]:
    """With which Python finds `sitecustomize` when a worker starts."""
    folders = [str(Path(__file__).with_name("at_start"))]
    if path := os.environ.get("PYTHONPATH"):
        folders.append(path)
    return {"PYTHONPATH": os.pathsep.join(folders), **more}


def fill_disk(kafka: LocalKafka) -> None:
    """Let no file of a node grow any more, as on a full disk, until Kafka gives up.

    The system refuses the write as it does on a full disk, with another number.
    """
    assert kafka.pid is not None
    resource.prlimit(kafka.pid, resource.RLIMIT_FSIZE, (4096, UNLIMITED))
    wait_until(lambda: kafka.pid is None, "Kafka has given up")
