"""The official Kafka image through testcontainers, with the settings of our node."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from testcontainers.core.container import DockerContainer

from pipeline.runtime.broker.errors import BrokerError
from pipeline.runtime.broker.jars import KAFKA_VERSION
from pipeline.runtime.broker.ports import free_port
from pipeline.runtime.broker.probe import answers
from pipeline.runtime.broker.properties import node_settings
from pipeline.runtime.broker.seat import Seat

START_LIMIT_S = 60.0


def docker_answers() -> bool:
    """Tell whether a Docker daemon answers: a client alone is not enough."""
    asked = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        done = subprocess.run(asked, capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@contextmanager
def kafka_container() -> Iterator[str]:
    """Run `apache/kafka` and yield its bootstrap servers.

    The port must be known before the start, since Kafka tells it to its clients;
    so the same one is used inside, outside and in the advertised listener.
    """
    container = DockerContainer(f"apache/kafka:{KAFKA_VERSION}")
    host = container.get_docker_client().host().replace("localhost", "127.0.0.1")
    port = free_port()
    container.with_bind_ports(port, port)
    settings = node_settings(
        host=host, port=port, seat=Seat(1, (port + 1,)), bind="0.0.0.0"
    )
    for key, value in settings.items():
        container.with_env(f"KAFKA_{key.upper().replace('.', '_')}", value)
    with container:
        _wait(container, host, port)
        yield f"{host}:{port}"


def _wait(container: DockerContainer, host: str, port: int) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while not answers(host, port):
        if time.monotonic() > deadline:
            error = BrokerError(
                f"apache/kafka does not answer on {host}:{port}: "
                "set KAFKA_BOOTSTRAP_SERVERS, or stop Docker to run without it"
            )
            output = b"".join(container.get_logs()).decode(errors="replace")
            error.add_note(output[-4000:])
            raise error
        time.sleep(0.1)
