"""The command that runs one worker."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A process to run.

    Args:
        worker: `extract`, `diversify`, `update`, `update.dense` or `publish`.
        ordinal: Number among its kind.
        argv: What to run.
    """

    worker: str
    ordinal: int
    argv: Sequence[str]

    @property
    def name(self) -> str:
        """Worker and ordinal in one word."""
        return f"{self.worker}.{self.ordinal}"


def worker_command(worker: str, ordinal: int) -> Command:
    """`kairec worker` with an ordinal, which ends when this process ends."""
    kind, _, part = worker.partition(".")
    parts = ["--part", part] if part else []
    options = [*parts, "--ordinal", str(ordinal), "--parent", str(os.getpid())]
    # -P: a folder `pipeline` where the user stands is not ours.
    python = [sys.executable, "-P", "-m", "pipeline"]
    return Command(worker, ordinal, [*python, "worker", kind, *options])
