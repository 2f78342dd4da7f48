"""Where the workers of this machine listen, so that `kairec status` finds them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.runtime.broker.home import home
from pipeline.runtime.log import LOG
from topics import codec
from topics.dead_letters import InvalidRecord


@dataclass(frozen=True, slots=True)
class Presence:
    """One worker's announcement.

    Args:
        base: Begins the names of its deployment's topics.
        worker: Its name.
        ordinal: Its number, if it has one.
        host: Where its endpoints listen.
        port: The same.
        pid: Its process.
    """

    base: str
    worker: str
    ordinal: int | None
    host: str
    port: int
    pid: int = field(default_factory=os.getpid)


@contextmanager
def announced(presence: Presence) -> Iterator[None]:
    """Announce a worker while it runs; one that cannot be runs all the same."""
    folder = _folder()
    path = folder / f"{presence.worker}-{presence.pid}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(codec.write(presence))
    except OSError as error:
        LOG.warning("`kairec status` will not know of this worker: %s", error)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def present(base: str | None = None) -> list[Presence]:
    """Workers that run on this machine; announcements of the dead are cleared away.

    Args:
        base: Of this deployment only; None: of any.
    """
    import psutil  # noqa: PLC0415  # a worker starts without it

    found = []
    for path in sorted(_folder().glob("*.json")):
        try:
            presence = codec.read_as(Presence, path.read_bytes())
        except (OSError, InvalidRecord):
            continue
        if not psutil.pid_exists(presence.pid):
            path.unlink(missing_ok=True)
        elif base in {None, presence.base}:
            found.append(presence)
    return found


def _folder() -> Path:
    return home() / "workers"
