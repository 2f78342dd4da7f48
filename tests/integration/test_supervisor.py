"""Processes under a supervisor: started again, given up, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from pipeline.runtime.clock import SystemClock
from pipeline.runtime.command import Command
from pipeline.runtime.supervisor import ROOT, Supervisor


@contextmanager
def supervised(tmp_path: Path, script: str) -> Iterator[tuple[Supervisor, list[str]]]:
    told: list[str] = []
    supervisor = Supervisor(SystemClock(), tmp_path, {"FROM": "us"}, told.append)
    supervisor.start([Command("worker", 0, [sys.executable, "-c", script])])
    try:
        yield supervisor, told
    finally:
        supervisor.stop(limit_ms=500)


def tend_until(supervisor: Supervisor, happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        supervisor.tend()
        time.sleep(0.02)


def test_a_worker_that_was_killed_is_started_again(tmp_path: Path) -> None:
    with supervised(tmp_path, "import time; time.sleep(60)") as (supervisor, told):
        (first,) = supervisor.pids
        os.kill(first, signal.SIGKILL)
        tend_until(supervisor, lambda: bool(supervisor.pids.keys() - {first}))
        assert told == ["worker.0 ended with SIGKILL; started again in 0.2 s"]
        assert supervisor.restarted == 1


def test_a_fault_that_a_restart_does_not_mend_is_told_with_its_cause(
    tmp_path: Path,
) -> None:
    script = (
        "import sys; print('10:00 ERROR   worker.0: no topic x: create it',"
        "file=sys.stderr); print('10:00 INFO    worker.0: bye'); sys.exit(6)"
    )
    with supervised(tmp_path, script) as (supervisor, told):
        tend_until(supervisor, lambda: bool(supervisor.failures))
        cause = "no topic x: create it; not started again"
        assert told == [f"worker.0 ended with exit code 6: {cause}"]
        assert supervisor.pids == {}


def test_a_worker_that_never_lives_long_is_given_up(tmp_path: Path) -> None:
    with supervised(tmp_path, "raise SystemExit(1)") as (supervisor, told):
        tend_until(supervisor, lambda: bool(supervisor.failures))
        assert len(told) == 5
        assert told[-1].endswith("not started again")


def test_stop_kills_what_does_not_end(tmp_path: Path) -> None:
    script = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(60)"
    )
    with supervised(tmp_path, script) as (supervisor, _):
        log = tmp_path / "worker.0.log"
        tend_until(supervisor, lambda: "deaf" in log.read_text())
        (pid,) = supervisor.pids
    assert not psutil.pid_exists(pid)


def test_a_worker_ends_when_its_supervisor_is_killed() -> None:
    worker = (
        "import sys, time; from pipeline.runtime.orphan import end_with;"
        "end_with(int(sys.argv[1])); time.sleep(60)"
    )
    parent = (
        "import os, subprocess, sys, time;"
        f"child = subprocess.Popen([sys.executable, '-c', {worker!r},"
        "str(os.getpid())], start_new_session=True);"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stdout is not None
        child = psutil.Process(int(supervisor.stdout.readline()))
        supervisor.kill()
    child.wait(timeout=10)
