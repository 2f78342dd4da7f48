"""Kafka's jars, from a Maven repository on loopback: what is broken heals."""

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.runtime.broker import jars
from pipeline.runtime.broker.errors import BrokerError
from pipeline.runtime.broker.home import home
from pipeline.runtime.broker.jars import KAFKA_VERSION, fetch_jars, pinned
from pipeline.runtime.broker.ports import free_port

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def complete() -> Path:
    """The user's own cache, complete; its layout is that of a Maven repository."""
    fetch_jars(home() / "maven", print)
    return home() / "maven"


@pytest.fixture(scope="module")
def repository(complete: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    serve = functools.partial(Quiet, directory=complete)
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(complete: Path, tmp_path: Path) -> Path:
    """A complete cache of the test's own; its jars are hard links."""

    def link_jar(source: str, target: str) -> None:
        (os.link if target.endswith(".jar") else shutil.copy2)(source, target)

    ignored = shutil.ignore_patterns(".lock", ".staging")
    copy = tmp_path / "maven"
    shutil.copytree(complete, copy, ignore=ignored, copy_function=link_jar)
    return copy


def test_the_lock_file_pins_the_version_that_we_name() -> None:
    versions = {jar.version for jar in pinned() if jar.group == "org.apache.kafka"}
    assert versions == {KAFKA_VERSION}


def test_a_complete_cache_needs_no_repository(cache: Path) -> None:
    told: list[str] = []
    fetch_jars(cache, told.append, repository="http://127.0.0.1:1")
    assert not told


def test_a_truncated_jar_is_fetched_again(cache: Path, repository: str) -> None:
    broken = cache / pinned()[2].path
    whole = broken.read_bytes()
    broken.unlink()  # else the bytes of the hard link would change
    broken.write_bytes(whole[: len(whole) // 2])
    told: list[str] = []
    fetch_jars(cache, told.append, repository=repository)
    assert told == [f"fetching Kafka {KAFKA_VERSION} (1 files, once)"]
    assert broken.read_bytes() == whole


def test_a_download_killed_halfway_and_two_at_once_end_in_a_whole_cache(
    tmp_path: Path, repository: str
) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from pipeline.runtime.broker.jars import fetch_jars\n"
        f"fetch_jars(Path({str(tmp_path)!r}), print, repository={repository!r})"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as killed:
        while not list(tmp_path.rglob("*.jar")):
            time.sleep(0.01)
        killed.kill()
    both = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    for jar in pinned():
        found = hashlib.sha256((tmp_path / jar.path).read_bytes()).hexdigest()
        assert found == jar.sha256


def test_a_wrong_file_from_the_repository_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: str
) -> None:
    wrong = replace(pinned()[3], sha256="0" * 64)
    monkeypatch.setattr(jars, "pinned", lambda: [wrong])
    with pytest.raises(BrokerError, match="its sha256 is not the one in"):
        fetch_jars(tmp_path / "empty", print, repository=repository)
    assert not (tmp_path / "empty" / wrong.path).exists()


def test_without_a_connection_the_error_names_cause_and_remedy(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(BrokerError) as caught:
        fetch_jars(tmp_path, print, repository=nowhere)
    message = str(caught.value)
    assert "no connection" in message
    assert message.endswith("or set KAFKA_BOOTSTRAP_SERVERS to a running Kafka")
    assert "\n" not in message
