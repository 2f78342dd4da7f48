"""`kairec demo`: to its end by itself, and nothing left behind."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.apps.datasets import ml100k
from pipeline.apps.datasets.fetch import fetch
from pipeline.apps.errors import AppError
from pipeline.runtime.broker.home import home
from pipeline.runtime.presence import present
from tests.integration.cli import Kairec, eventually, read_until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


@pytest.fixture
def kairec(
    kairec: Kairec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Kairec]:
    """A deployment whose cache folder shares the data set alone."""
    try:
        fetch(ml100k.SOURCE, home() / "datasets", print)
    except AppError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    kairec.home.mkdir()
    (kairec.home / "datasets").symlink_to(home() / "datasets")
    monkeypatch.setenv("KAIREC_HOME", str(kairec.home))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    yield kairec
    assert present() == []
    assert list(tmp_path.glob("kairec-*")) == []
    assert list(kairec.home.rglob("*.lock")) == []


def left_in(kairec: Kairec, prefix: str) -> list[str]:
    with kairec.cluster() as kafka:
        return [name for name in kafka.existing() if name.startswith(prefix)]


def test_the_demo_ends_by_itself_and_accounts_for_every_event(kairec: Kairec) -> None:
    done = kairec.run("demo", "--limit", "600", "--rate", "600", KAIREC_PREFIX="kairec")
    assert done.code == 0, done.out + done.err
    (base,) = re.findall(r"creating topics (kairec-demo-\w+)\.", done.out)
    assert "600 acknowledged in " in done.out
    assert "events: 600 acknowledged = 600 read by extract" in done.out
    assert "each event is reflected in a list" in done.out
    assert "nothing lost" in done.out
    send, watch = done.out.splitlines()[-2:]
    assert " send --user me --item 50 --type like" in send
    assert watch.endswith(" watch me --once")
    eventually(lambda: left_in(kairec, base) == [])


def test_topics_of_a_prefix_of_ones_own_are_kept_and_not_mixed_with(
    kairec: Kairec,
) -> None:
    kairec.create_topics()
    kairec.send("events", "u1", b"{}", {})
    done = kairec.run("demo")
    events = kairec.names.topic("events")
    assert done.code == 2
    assert f"{events} at {kairec.servers} holds 1 records already" in done.err
    assert done.err.count("\n") == 1
    assert events in left_in(kairec, kairec.names.prefix)


def test_ctrl_c_in_the_middle_leaves_no_process_no_lock_and_no_topic(
    kairec: Kairec,
) -> None:
    with kairec.beside("demo", "--rate", "300", KAIREC_PREFIX="kairec") as demo:
        said = read_until(demo, lambda line: "sending 1,682 items" in line)
        workers = [psutil.Process(presence.pid) for presence in present()]
        os.killpg(demo.pid, signal.SIGINT)
        demo.communicate(timeout=30)
    (base,) = re.findall(r"creating topics (kairec-demo-\w+)\.", said)
    assert demo.returncode == 130
    assert len(workers) == 5
    assert not any(process.is_running() for process in workers)
    eventually(lambda: left_in(kairec, base) == [])
