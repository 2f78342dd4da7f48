"""A supervised worker ends when its supervisor does, however that happens."""

import os
import signal
import threading
import time

POLL_S = 0.2
LIMIT_S = 5.0
EXIT_CODE = 71


def end_with(parent: int) -> None:
    """Watch the parent on a thread; without it, drain as on SIGTERM, then leave.

    A signal at the parent's death (PR_SET_PDEATHSIG) would not do: it comes when the
    parent's *thread* ends, and Linux alone has it.

    Args:
        parent: Pid that the parent had when it started this process.
    """
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LIMIT_S)
    os._exit(EXIT_CODE)
