"""Kernels are compiled once on a machine, by one process, before anything needs them.

What numba compiles lies in the folder that `pipeline` names; a file in it says that all
of it is there. While one process compiles, others wait, and have no group session or
watchdog yet that could run out.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from pipeline.runtime.broker.filelock import file_lock
from pipeline.runtime.orphan import end_with
from pipeline.runtime.supervisor import ROOT

COMPILING = "compiling kernels, once on this machine: about half a minute"
WAITING = "another process compiles the kernels: waiting for it"
USERS = frozenset({"update", "update.dense", "publish"})
"""Workers that call kernels."""


def _folder() -> Path:
    return Path(os.environ["NUMBA_CACHE_DIR"])


def _mark() -> Path:
    """Code is for one machine, Python and numba; another of them compiles anew."""
    made_by = f"{platform.node()}-{platform.python_version()}-{version('numba')}"
    return _folder() / f"compiled-{made_by}"


def compiled() -> bool:
    """Whether all kernels are in the cache."""
    return _mark().exists()


def compile_once(tell: Callable[[str], None]) -> None:
    """Return once all kernels are in the cache; compile them if nobody else does.

    Args:
        tell: Told in a line what takes so long.
    """
    if compiled():
        return
    try:
        with file_lock(_folder() / "lock", lambda: tell(WAITING)):
            if not compiled():
                _compile(tell)
                _mark().write_text("all")  # Which fails, too, if there was no space.
    except OSError as error:
        # Without a cache each process compiles for itself, and goes on.
        tell(f"compiled kernels cannot be kept: {error}")


def _compile(tell: Callable[[str], None]) -> None:
    from pipeline.apps.evaluate.warm import warm  # noqa: PLC0415  # 1 s to import

    warm(lambda: tell(COMPILING))


@contextmanager
def compiling() -> Iterator[Callable[[], None]]:
    """Compile beside the block, in a process that ends with it, unless all is there.

    Yields:
        Waits until the kernels are there. What fails in the process says so itself, and
        fails again in the worker that needs the kernel.
    """
    if compiled():
        yield lambda: None
        return
    command = [sys.executable, "-P", "-m", "pipeline.apps.kernels", str(os.getpid())]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path}
    # A session of its own: Ctrl-C reaches the parent alone, which then ends it.
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:
        try:
            yield lambda: _wait(process)
        finally:
            process.kill()


def _wait(process: "subprocess.Popen[bytes]") -> None:
    process.wait()


def _main() -> None:
    if len(sys.argv) > 1:
        end_with(int(sys.argv[1]))
    compile_once(lambda text: print(text, file=sys.stderr, flush=True))


if __name__ == "__main__":
    _main()
