"""Who on this machine has which ordinal: one locked file each.

The kernel releases a lock when its holder dies, so none is ever stale. A second `up`
thus takes the ordinals that the first one left, and no two workers get the same.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Self


class Ordinals:
    """The ordinals that this process holds; a context manager.

    Args:
        folder: Where the locks of one deployment lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[Path, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def take(self, worker: str, wanted: Iterable[int]) -> list[int]:
        """Take those of `wanted` that nobody holds; they are held until `release`."""
        return [n for n in wanted if self._lock(self._folder / f"{worker}.{n}.lock")]

    def release(self) -> None:
        """Give all back, and leave no file and no empty folder."""
        while self._held:
            path, descriptor = self._held.popitem()
            # While it is still locked: after it the file may be another's.
            path.unlink(missing_ok=True)
            os.close(descriptor)
        with contextlib.suppress(OSError):  # Others have files in it, or none was made.
            self._folder.rmdir()

    def _lock(self, path: Path) -> bool:
        while True:
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
            except FileNotFoundError:
                continue  # Another's release has just removed the folder.
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            if _is_at(path, descriptor):
                self._held[path] = descriptor
                return True
            # Its last holder removed it between our opening and our locking.
            os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
