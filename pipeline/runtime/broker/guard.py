"""Run Kafka for a process that may die at any moment: when it dies, Kafka stops.

Run as a file by `process.py`, with the standard library alone so that it starts at
once. A process of its own, since `kill -9` of the parent lets nobody else act, and
in a session of its own, so that Ctrl-C in a terminal does not reach Kafka before the
workers have finished with it.

Arguments: the pid of the parent, or 0 to let Kafka outlive it; a folder to delete
when the parent died, or nothing; the command. Prints Kafka's pid.
"""

import os
import shutil
import signal
import subprocess
import sys
import time

POLL_S = 0.1
STOP_LIMIT_S = 8.0


def main(parent: int, litter: str, command: list[str]) -> int:
    """Start `command` and watch over it; return its exit code."""
    kafka = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    print(kafka.pid, flush=True)
    if not parent:
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        # A pipe would not do: a forked child of the parent may hold its other end.
        while kafka.poll() is None and os.getppid() == parent:
            time.sleep(POLL_S)
    finally:
        _stop(kafka)
        if litter and os.getppid() != parent:
            shutil.rmtree(litter, ignore_errors=True)
    return kafka.returncode


def _stop(kafka: subprocess.Popen[bytes]) -> None:
    if kafka.poll() is not None:
        return
    kafka.terminate()
    try:
        kafka.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        kafka.kill()
        kafka.wait()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
