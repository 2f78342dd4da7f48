"""Kafka as an operating system process: launch it, look at it, end it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from pipeline.runtime.broker import guard
from pipeline.runtime.broker.errors import BrokerError

POLL_S = 0.02
STOP_LIMIT_S = 10.0


class KafkaProcess:
    """A running Kafka.

    Args:
        java: Its process. psutil never signals another one that was given its pid.
        watcher: The guard that launched it, if it is our child.
    """

    def __init__(
        self, java: psutil.Process, watcher: subprocess.Popen[bytes] | None = None
    ) -> None:
        self._java = java
        self._watcher = watcher

    @property
    def pid(self) -> int:
        """The process id of Java."""
        return self._java.pid

    @property
    def alive(self) -> bool:
        """Whether it runs; a zombie that nobody has reaped does not."""
        with suppress(psutil.NoSuchProcess):
            return (
                self._java.is_running() and self._java.status() != psutil.STATUS_ZOMBIE
            )
        return False

    def stop(self, limit_s: float = STOP_LIMIT_S) -> None:
        """Ask it to end; after `limit_s` kill it."""
        self.ask_to_stop()
        if not self._ended_within(limit_s):
            self.kill()

    def ask_to_stop(self) -> None:
        """Ask it to end, and do not wait."""
        self.resume()  # One that stands still would not hear of it.
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as `kill -9` does, and wait until it is gone."""
        self._signal(signal.SIGKILL)
        if not self._ended_within(STOP_LIMIT_S):
            raise BrokerError(f"Kafka (pid {self.pid}) does not die; is a disk stuck?")

    def pause(self) -> None:
        """Let it stand still, as SIGSTOP does."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(psutil.NoSuchProcess):
            self._java.send_signal(number)

    def _ended_within(self, limit_s: float) -> bool:
        deadline = time.monotonic() + limit_s
        while self.alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        if self._watcher:
            self._watcher.wait()
        return True


def launch(
    command: Sequence[str], log: Path, *, owned: bool, litter: Path | None
) -> KafkaProcess:
    """Start `command`; its output goes to the end of `log`.

    Args:
        command: Java and its arguments.
        log: Where its output goes.
        owned: Whether it ends when this process ends, however that happens.
        litter: Folder to delete if this process dies; only if `owned`.
    """
    parent = os.getpid() if owned else 0
    # -I and -S: neither the environment nor installed packages can break the guard.
    arguments = ["-I", "-S", guard.__file__, str(parent), str(litter or ""), *command]
    with log.open("ab") as output:
        watcher = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
        )
    assert watcher.stdout is not None
    with watcher.stdout as pipe:
        answer = pipe.readline()
    if not owned:
        watcher.wait()
    try:
        java = psutil.Process(int(answer))
    except (ValueError, psutil.NoSuchProcess):
        watcher.wait()
        raise BrokerError(f"Java does not start ({command[0]}); see {log}") from None
    return KafkaProcess(java, watcher if owned else None)
