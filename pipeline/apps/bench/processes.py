"""Workers as processes of a benchmark's or a test's own, to be killed."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.runtime.command import worker_command

LIMIT_S = 120.0
Process = subprocess.Popen[bytes]


@dataclass(slots=True)
class Workers:
    """Starts workers of one deployment.

    Args:
        home: Folder for announcements and logs.
        environment: What they find set; besides, all that is not `KAIREC_...`.
        processes: All that were started.
    """

    home: Path
    environment: Mapping[str, str]
    processes: list[Process] = field(default_factory=list)

    def surroundings(self, **more: str) -> dict[str, str]:
        """The whole environment of a process."""
        inherited = {k: v for k, v in os.environ.items() if k[:7] != "KAIREC_"}
        own = {"KAIREC_HOME": str(self.home), **self.environment}
        return inherited | own | more

    def log(self, worker: str, ordinal: int | None = 0) -> Path:
        """Where the workers of this name log."""
        return self.home / f"{worker}.{ordinal}.log"

    def start(self, worker: str, ordinal: int | None = 0, **more: str) -> Process:
        """Start a worker; without an ordinal it has neither a name nor a past.

        Args:
            worker: Which.
            ordinal: Its number.
            more: Variables that it alone finds set.
        """
        argv = list(worker_command(worker, ordinal or 0).argv)
        if ordinal is None:
            at = argv.index("--ordinal")
            del argv[at : at + 2]
        with self.log(worker, ordinal).open("ab") as log:
            process = subprocess.Popen(
                argv, env=self.surroundings(**more), stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def end(self) -> None:
        """Kill what is left."""
        for process in self.processes:
            kill(process)


def terminate_s(process: Process) -> tuple[float, int]:
    """Ask a process to end; seconds until it was gone, and its exit code."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code = process.wait(LIMIT_S)
    return time.monotonic() - began, code


def kill(process: Process) -> None:
    """End it as `kill -9` does."""
    process.kill()
    process.wait()
