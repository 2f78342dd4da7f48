"""Wait until a Kafka that was launched answers, or say why it never will."""

import time
from pathlib import Path

from pipeline.runtime.broker.errors import BrokerError
from pipeline.runtime.broker.ports import HOST
from pipeline.runtime.broker.probe import answers
from pipeline.runtime.broker.process import POLL_S, KafkaProcess

START_LIMIT_S = 60.0


class PortLostError(BrokerError):
    """Another process took the port between our look and Kafka's."""


def wait_until_answering(
    process: KafkaProcess, port: int, log: Path, offset: int = 0
) -> None:
    """Return once Kafka takes requests.

    Args:
        process: The Kafka.
        port: Where it will listen.
        log: Where it writes.
        offset: Where in `log` this start begins.

    Raises:
        BrokerError: It ended, or took too long; the end of its log is attached.
    """
    deadline = time.monotonic() + START_LIMIT_S
    while not answers(HOST, port):
        if not process.alive:
            raise _death(_log_lines(log, offset))
        if time.monotonic() > deadline:
            error = BrokerError(
                f"Kafka does not answer on port {port} after {START_LIMIT_S:.0f} s: "
                "is the machine very busy? try again"
            )
            error.add_note("\n".join(_log_lines(log, offset)[-20:]))
            raise error
        time.sleep(POLL_S)


def _death(lines: list[str]) -> BrokerError:
    telling = [line for line in lines if "Exception:" in line or "rror:" in line]
    cause = (telling or lines or ["it wrote no log"])[-1].strip()
    if "Address already in use" in cause:
        error: BrokerError = PortLostError(
            "another process took Kafka's port while it started: start it again"
        )
    else:
        error = BrokerError(
            f"Kafka ended while starting: {cause.removeprefix('Caused by: ')}; "
            "start it again, or set KAFKA_BOOTSTRAP_SERVERS to another Kafka"
        )
    error.add_note("\n".join(lines[-20:]))
    return error


def _log_lines(log: Path, offset: int) -> list[str]:
    with log.open("rb") as file:
        file.seek(offset)
        return file.read().decode(errors="replace").splitlines()
