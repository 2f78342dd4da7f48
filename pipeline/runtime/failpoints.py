"""Dying on purpose at a named line, so that tests can put the crash there.

`KAIREC_FAIL_AT=before_commit:3` kills the process, as `kill -9` does, when it reaches
that point for the third time. Without the variable a point costs one call of a function
that does nothing.
"""

import os
import signal
from collections.abc import Callable

POINTS = (
    "before_send",
    "after_send",
    "after_flush",
    "after_offsets",
    "before_commit",
    "after_commit",
)

Failpoint = Callable[[str], None]


def no_failpoint(point: str) -> None:
    """Do nothing."""


def failpoint_from_environment() -> Failpoint:
    """What `KAIREC_FAIL_AT` asks for.

    Raises:
        ValueError: the variable names no point.
    """
    wanted = os.environ.get("KAIREC_FAIL_AT", "")
    if not wanted:
        return no_failpoint
    point, _, nth = wanted.partition(":")
    if point not in POINTS:
        raise ValueError(f"KAIREC_FAIL_AT={wanted}: the points are {', '.join(POINTS)}")
    left = int(nth or 1)

    def fail(reached: str) -> None:
        nonlocal left
        if reached != point:
            return
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return fail
