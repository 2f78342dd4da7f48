"""Looking at a worker: what its endpoints say, how it ended, and what it said last."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

from pipeline.apps.bench.processes import Process
from tests.chaos.fleet import Fleet, wait_until


class Look(NamedTuple):
    """What a worker's endpoints say."""

    live: bool
    ready: bool
    why: str
    metric: bool


def look(fleet: Fleet, worker: str, process: Process) -> Look:
    """Ask a worker that runs."""
    ready, why = _ask(fleet, worker, process, "/readyz")
    metric = f'kairec_ready{{worker="{worker}"}} 1.0'
    shown = metric in metrics_of(fleet, worker, process)
    return Look(_ask(fleet, worker, process, "/healthz")[0], ready, why, shown)


def wait_until_ready(fleet: Fleet, worker: str, process: Process) -> None:
    """Wait until a worker that was just started does its work."""
    wait_until(
        lambda: (
            _announced(fleet, worker, process).exists()
            and look(fleet, worker, process).ready
        ),
        f"{worker} is ready",
    )


def metrics_of(fleet: Fleet, worker: str, process: Process) -> str:
    """What a worker that runs exports."""
    return _ask(fleet, worker, process, "/metrics")[1]


def _announced(fleet: Fleet, worker: str, process: Process) -> Path:
    return fleet.home / "workers" / f"{worker}-{process.pid}.json"


def _ask(fleet: Fleet, worker: str, process: Process, path: str) -> tuple[bool, str]:
    port = json.loads(_announced(fleet, worker, process).read_text())["port"]
    try:
        at = f"http://127.0.0.1:{port}{path}"
        with urllib.request.urlopen(at, timeout=5) as answer:
            return True, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return False, refused.read().decode()


def end_of(process: Process) -> int:
    """Exit code of a worker that stops by itself."""
    wait_until(lambda: process.poll() is not None, "it has stopped", 40)
    return process.wait()


def said_last(fleet: Fleet, worker: str) -> str:
    """What a worker said last of an error."""
    lines = fleet.log_of(worker).splitlines()
    return next(line for line in reversed(lines) if " ERROR " in line)
