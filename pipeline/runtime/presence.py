"""Where the workers of this machine listen, so that `kairec status` finds them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from pipeline.runtime.broker.home import home
from topics import codec
from topics.dead_letters import InvalidRecord


@dataclass(frozen=True, slots=True)
class Presence:
    """One worker's announcement.

    Args:
        worker: Its name.
        ordinal: Its number, if it has one.
        host: Where its endpoints listen.
        port: The same.
        pid: Its process.
    """

    worker: str
    ordinal: int | None
    host: str
    port: int
    pid: int = field(default_factory=os.getpid)


@contextmanager
def announced(presence: Presence) -> Iterator[None]:
    """Announce a worker while it runs."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{presence.worker}-{presence.pid}.json"
    path.write_bytes(codec.write(presence))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def present() -> list[Presence]:
    """Workers that run on this machine; announcements of the dead are cleared away."""
    found = []
    for path in sorted(_folder().glob("*.json")):
        try:
            presence = codec.read_as(Presence, path.read_bytes())
        except (OSError, InvalidRecord):
            continue
        if psutil.pid_exists(presence.pid):
            found.append(presence)
        else:
            path.unlink(missing_ok=True)
    return found


def _folder() -> Path:
    return home() / "workers"
