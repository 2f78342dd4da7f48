"""Found by Python when a worker starts: what its host does to it, as files say.

- `HOST_CLOCK_FILE`: seconds by which the host's clock is wrong; they may change.
- `HOST_DISK_FULL`: no file of the worker can grow, as on a full disk.
"""

import os
import resource
import time

CLOCK = os.environ.get("HOST_CLOCK_FILE", "")
if CLOCK:
    _right, _right_ns = time.time, time.time_ns

    def _wrong_by_s() -> int:
        with open(CLOCK, encoding="ascii") as file:
            return int(file.read())

    time.time = lambda: _right() + _wrong_by_s()
    time.time_ns = lambda: _right_ns() + _wrong_by_s() * 1_000_000_000

if os.environ.get("HOST_DISK_FULL"):
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
