"""Workers as child processes: started, started again, and ended in good order.

Each writes its log to a file of its own, so that nothing it says is lost and no full
pipe ever stops it. Each has a session of its own, so that Ctrl-C in a terminal reaches
the supervisor alone, and ends by itself when the supervisor is killed (`orphan`).
"""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.runtime.clock import Clock
from pipeline.runtime.command import Command
from pipeline.runtime.restarts import Restarts

STOP_LIMIT_MS = 10_000
POLL_MS = 20
ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Child:
    """What the supervisor knows of a process.

    Args:
        command: How it is started.
        log: Where it writes.
        process: It, while it runs.
        restarts: Decides about its next start.
        started_ms: Monotonic time of its last start.
        due_ms: When it is to start again.
        failure: Why it is not started again; empty while it is.
        starts: How often it was started.
    """

    command: Command
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    restarts: Restarts = field(default_factory=Restarts)
    started_ms: int = 0
    due_ms: int = 0
    failure: str = ""
    starts: int = 0


class Supervisor:
    """Looks after processes; `tend` is called again and again.

    Args:
        clock: Now.
        logs: Folder of the log files.
        environment: Set in the processes, beside ours.
        tell: Told in a line what happens to a process.
    """

    def __init__(
        self,
        clock: Clock,
        logs: Path,
        environment: Mapping[str, str],
        tell: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._logs = logs
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self._environment = {**os.environ, **environment, "PYTHONPATH": path}
        self._tell = tell
        self.children: list[Child] = []

    def start(self, commands: Sequence[Command]) -> None:
        """Start processes; what their log files held before is dropped."""
        self._logs.mkdir(parents=True, exist_ok=True)
        for command in commands:
            log = self._logs / f"{command.name}.log"
            log.write_bytes(b"")
            child = Child(command, log)
            self.children.append(child)
            self._launch(child)

    def tend(self) -> None:
        """Look at each once: note those that have ended, start those that are due."""
        for child in self.children:
            if child.failure:
                continue
            if child.process is None:
                if self._clock.monotonic_ms() >= child.due_ms:
                    self._launch(child)
            elif child.process.poll() is not None:
                self._ended(child, child.process.returncode)

    @property
    def pids(self) -> dict[int, str]:
        """Names of the processes that run, by pid."""
        return {c.process.pid: c.command.name for c in self.children if c.process}

    @property
    def failures(self) -> list[str]:
        """Of those that are not started again, why."""
        return [child.failure for child in self.children if child.failure]

    @property
    def restarted(self) -> int:
        """How many times a process was started again."""
        return sum(max(0, child.starts - 1) for child in self.children)

    def stop(self, limit_ms: int = STOP_LIMIT_MS) -> None:
        """Ask all to end; kill those that have not within the limit."""
        running = [c.process for c in self.children if c.process]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = self._clock.monotonic_ms() + limit_ms
        while any(p.poll() is None for p in running):
            if self._clock.monotonic_ms() > deadline:
                for process in running:
                    process.kill()
                break
            self._clock.sleep_ms(POLL_MS)
        for child in self.children:
            if child.process is not None:
                child.process.wait()
                child.process = None

    def _launch(self, child: Child) -> None:
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(
                child.command.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )
        child.started_ms = self._clock.monotonic_ms()
        child.starts += 1

    def _ended(self, child: Child, code: int) -> None:
        now_ms = self._clock.monotonic_ms()
        child.process = None
        wait_ms = child.restarts.wait_ms(code, now_ms - child.started_ms)
        what = f"{child.command.name} ended with {_meaning(code)}"
        if code > 0:  # Who is killed cannot say why.
            what += _cause(child.log)
        if wait_ms is None:
            child.failure = f"{what}; not started again"
            self._tell(child.failure)
        else:
            child.due_ms = now_ms + wait_ms
            self._tell(f"{what}; started again in {wait_ms / 1000:g} s")


def _meaning(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _cause(log: Path) -> str:
    """What it said last of an error, else last of all; after a colon."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        lines = file.read().decode(errors="replace").splitlines()
    telling = [line for line in lines if " ERROR " in line or "Error" in line]
    last = (telling or lines or [""])[-1].strip()
    # Our own log lines begin with time, level and worker.
    text = last.partition(" ERROR ")[2].partition(": ")[2] or last
    return f": {text}" if text else ""
