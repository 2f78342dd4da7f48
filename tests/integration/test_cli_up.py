"""`kairec up`: an event becomes a list, whatever is killed; and its end is the end."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.runtime.presence import Presence, present
from tests.integration.cli import Kairec, eventually, read_until

pytestmark = pytest.mark.kafka
ITEMS = "\n".join(f'{{"item_id": "i{n}", "title": "T{n}"}}' for n in range(5))


def end(process: "subprocess.Popen[str]") -> str:
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    return said


def worker(name: str, ordinal: int) -> Presence | None:
    found = [p for p in present() if (p.worker, p.ordinal) == (name, ordinal)]
    return found[0] if found else None


@pytest.fixture
def running(
    kairec: Kairec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> "Iterator[subprocess.Popen[str]]":
    """`kairec up`, with topics and a few items."""
    monkeypatch.setenv("KAIREC_HOME", str(kairec.home))
    kairec.create_topics()
    items = tmp_path / "items.jsonl"
    items.write_text(ITEMS)
    assert kairec.run("replay", str(items)).code == 0
    with kairec.beside("up") as up:
        yield up


def test_five_workers_make_lists_and_a_killed_one_comes_back_in_its_place(
    kairec: Kairec, running: "subprocess.Popen[str]"
) -> None:
    said = read_until(running, lambda line: "Ctrl-C stops them" in line)
    assert "started extract.0, diversify.0, update.0, update.dense.0, publish.0" in said
    eventually(lambda: worker("extract", 0) is not None)
    first = worker("extract", 0)
    assert first is not None
    psutil.Process(first.pid).kill()
    read_until(running, lambda line: "ended with SIGKILL; started again" in line)
    eventually(lambda: worker("extract", 0) not in {None, first})
    assert kairec.run("send", "--user", "u1", "--item", "i1").code == 0
    eventually(lambda: kairec.run("watch", "u1", "--once").code == 0)


def test_a_second_up_adds_what_is_missing_and_its_end_is_its_own(
    kairec: Kairec, running: "subprocess.Popen[str]"
) -> None:
    read_until(running, lambda line: "Ctrl-C stops them" in line)
    with kairec.beside("up", "--scale", "update=2") as second:
        said = read_until(second, lambda line: "Ctrl-C stops them" in line)
        assert "started update.1;" in said
        third = kairec.run("up", "--scale", "update=2")
        assert "all of them run already" in third.err
        eventually(lambda: "update.1 (2 partitions)" in kairec.run("status").out)
        end(second)
    assert worker("update", 1) is None
    assert worker("update", 0) is not None
    end(running)
    assert present() == []
    with kairec.cluster() as kafka:
        groups = kafka.groups(["extract", "diversify", "update", "publish"])
    assert [group.members for group in groups] == [()] * 4
    assert list((kairec.home / "ordinals").rglob("*.lock")) == []


def test_up_says_which_topics_are_missing(kairec: Kairec) -> None:
    with kairec.cluster() as kafka:
        kafka.create(2, 1)
        kafka._client.delete_topics([kairec.names.topic("model")])
    done = kairec.run("up")
    assert done.code == 6
    assert done.err == (
        "kairec: topics are missing (model): run `kairec topics create` first\n"
    )
