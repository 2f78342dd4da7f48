"""Kafka in the background: what `kairec kafka start`, `stop` and `status` do.

There is no pid file, hence no stale one: our Kafka is the Java whose command line
ends with our settings file, whoever started it and whatever was killed since.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from pipeline.runtime.broker.errors import BrokerError
from pipeline.runtime.broker.filelock import file_lock
from pipeline.runtime.broker.home import home
from pipeline.runtime.broker.node import LocalKafka
from pipeline.runtime.broker.ports import is_free
from pipeline.runtime.broker.probe import answers
from pipeline.runtime.broker.process import KafkaProcess
from pipeline.runtime.broker.properties import read_properties
from pipeline.runtime.broker.readiness import wait_until_answering

DEFAULT_PORT = 9092


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the background Kafka.

    Attributes:
        bootstrap_servers: Its address; None when it does not run.
        pid: Its process id; None when it does not run.
        ready: Whether it answers.
        folder: Its settings, log and data, which `stop` keeps.
    """

    bootstrap_servers: str | None
    pid: int | None
    ready: bool
    folder: Path


def start(
    port: int | None = None, *, progress: Callable[[str], None] | None = None
) -> str:
    """Start Kafka so that it outlives this process; return the bootstrap servers.

    If it runs already, nothing changes.

    Args:
        port: Where clients connect; without it 9092, or if that is taken a free one.
        progress: Told in a few words what takes time, or that it runs already.

    Raises:
        BrokerError: It cannot start, or runs already on another port.
    """
    tell = progress or (lambda _: None)
    folder = _folder()
    with file_lock(folder / "lock", lambda: tell("waiting for another start or stop")):
        process = _find(folder)
        if process is None:
            chosen = port or (DEFAULT_PORT if is_free(DEFAULT_PORT) else None)
            return LocalKafka(folder, chosen, owned=False, progress=tell).start()
        servers = _address(folder)
        running_port = int(servers.rpartition(":")[2])
        if port not in (None, running_port):
            raise BrokerError(f"Kafka runs already, on {servers}: stop it first")
        tell(f"Kafka runs already, on {servers}")
        wait_until_answering(process, running_port, folder / "kafka.log")
        return servers


def stop() -> bool:
    """Stop the background Kafka and keep its data; tell whether there was one."""
    folder = _folder()
    with file_lock(folder / "lock", lambda: None):
        process = _find(folder)
        if process:
            process.stop()
    return process is not None


def status() -> Status:
    """Look, without changing anything."""
    folder = _folder()
    process = _find(folder)
    if process is None:
        return Status(None, None, ready=False, folder=folder)
    servers = _address(folder)
    host, _, port = servers.rpartition(":")
    return Status(servers, process.pid, answers(host, int(port)), folder)


def _folder() -> Path:
    return home() / "kafka"


def _find(folder: Path) -> KafkaProcess | None:
    ending = ["kafka.Kafka", str(folder / "server.properties")]
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []  # None: not ours to read
        # The guard, which is Python, has the same ending for a moment.
        if command[-2:] == ending and Path(command[0]).name == "java":
            return KafkaProcess(process)
    return None


def _address(folder: Path) -> str:
    listener = read_properties(folder / "server.properties")["advertised.listeners"]
    return listener.removeprefix("PLAINTEXT://")
