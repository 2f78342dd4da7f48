"""Kafka's jars: exactly those of `kafka.lock.toml`, fetched once and verified.

A jar appears under its final name only after its sha256 was found right, by one
atomic rename, so an interrupted download leaves nothing to be mistaken for a jar.
`lock.py` rewrites the lock file.
"""

import hashlib
import os
import shutil
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipeline.runtime.broker.errors import BrokerError
from pipeline.runtime.broker.filelock import file_lock

KAFKA_VERSION = "4.3.1"
LOCK = Path(__file__).with_name("kafka.lock.toml")
THREADS = 8
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Jar:
    """One pinned artifact."""

    group: str
    name: str
    version: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where a Maven repository keeps it, below the repository's root."""
        folder = Path(*self.group.split("."), self.name, self.version)
        return folder / f"{self.name}-{self.version}.jar"


def pinned() -> list[Jar]:
    """Read the lock file, in the order of the class path."""
    locked = tomllib.loads(LOCK.read_text())["dependencies"]
    return [
        Jar(d["groupId"], d["artifactId"], d["version"], d["sha256"]) for d in locked
    ]


def fetch_jars(
    cache: Path, progress: Callable[[str], None], *, repository: str | None = None
) -> list[Path]:
    """Return the jars of the class path, downloading those that are missing.

    Args:
        cache: Folder that holds the jars, shared by all processes of the user.
        progress: Told in a few words what takes time.
        repository: URL of a Maven repository; without it, the public one.

    Raises:
        BrokerError: The jars are not there and cannot be fetched.
    """
    jars = pinned()
    paths = [cache / jar.path for jar in jars]
    stamp = cache / f"kafka-{KAFKA_VERSION}.verified"
    if _is_current(stamp, paths):
        return paths
    with file_lock(cache / ".lock", lambda: progress("waiting for another download")):
        missing = [jar for jar in jars if _sha256(cache / jar.path) != jar.sha256]
        if missing:
            progress(f"fetching Kafka {KAFKA_VERSION} ({len(missing)} files, once)")
            _download(missing, cache, repository)
        stamp.write_text(_fingerprint(paths))
    return paths


def _is_current(stamp: Path, paths: list[Path]) -> bool:
    """Tell whether nothing changed since every sha256 was last found right."""
    try:
        return stamp.read_text() == _fingerprint(paths)
    except FileNotFoundError:
        return False


def _fingerprint(paths: list[Path]) -> str:
    lines = [hashlib.sha256(LOCK.read_bytes()).hexdigest()]
    for path in paths:
        stat = path.stat()
        lines.append(f"{path.name} {stat.st_size} {stat.st_mtime_ns}")
    return "\n".join(lines)


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _download(jars: list[Jar], cache: Path, repository: str | None) -> None:
    """Fetch into a staging folder, verify, rename; the caller holds the lock."""
    staging = cache / ".staging"
    shutil.rmtree(staging, ignore_errors=True)  # what a killed process left
    with ThreadPoolExecutor(THREADS) as pool:
        fetched = [pool.submit(_fetch, jar, staging, repository) for jar in jars]
        try:
            for jar, future in zip(jars, fetched, strict=True):
                source, target = future.result(), cache / jar.path
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(source, target)
        finally:
            pool.shutdown(cancel_futures=True)
            shutil.rmtree(staging, ignore_errors=True)


def _fetch(jar: Jar, staging: Path, repository: str | None) -> Path:
    try:
        from jgo.maven import MavenContext  # noqa: PLC0415  # the extra is optional
    except ImportError:
        raise BrokerError(
            "Kafka cannot be fetched without jgo: pip install 'kairec[local]', "
            "or set KAFKA_BOOTSTRAP_SERVERS"
        ) from None
    remote = {"central": repository} if repository else None
    maven = MavenContext(repo_cache=staging, remote_repos=remote)
    artifact = maven.project(jar.group, jar.name).at_version(jar.version).artifact()
    cause: Exception | str = ""
    for _ in range(ATTEMPTS):
        (staging / jar.path).unlink(missing_ok=True)
        try:
            path = artifact.resolve()
        except (OSError, RuntimeError) as error:  # a requests error is an OSError
            cause = error
            continue
        if _sha256(path) == jar.sha256:
            return path
        cause = "its sha256 is not the one in kafka.lock.toml"
    where = repository or "the public Maven repository"
    raise BrokerError(_explain(jar, where, cause))


def _explain(jar: Jar, where: str, cause: Exception | str) -> str:
    if isinstance(cause, OSError):
        # The text of a requests error runs to many lines.
        cause = cause.strerror or f"no connection ({type(cause).__name__})"
    return (
        f"cannot fetch {jar.path.name} from {where}: {cause}; "
        "connect to the internet, or set KAFKA_BOOTSTRAP_SERVERS to a running Kafka"
    )
