"""`kairec up`: an event becomes a list, whatever is killed; and its end is the end."""

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
import pytest

from pipeline.runtime.presence import Presence, present
from tests.integration.cli import Kairec, eventually, read_until

pytestmark = pytest.mark.kafka
ITEMS = "\n".join(f'{{"item_id": "i{n}", "title": "T{n}"}}' for n in range(5))


def end(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM


def worker(name: str, ordinal: int) -> Presence | None:
    found = [p for p in present() if (p.worker, p.ordinal) == (name, ordinal)]
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Running:
    """A deployment under `kairec up`."""

    kairec: Kairec
    up: "subprocess.Popen[str]"


@pytest.fixture(scope="module")
def running(
    bootstrap_servers: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """One for all tests here; its end is the last test."""
    folder = tmp_path_factory.mktemp("up")
    kairec = Kairec(bootstrap_servers, folder / "home")
    kairec.create_topics()
    (folder / "items.jsonl").write_text(ITEMS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAIREC_HOME", str(kairec.home))
        assert kairec.run("replay", str(folder / "items.jsonl")).code == 0
        with kairec.beside("up") as up:
            read_until(up, lambda line: "Ctrl-C stops them" in line)
            yield Running(kairec, up)


def test_a_killed_worker_comes_back_in_its_place_and_an_event_becomes_a_list(
    running: Running,
) -> None:
    kairec = running.kairec
    eventually(lambda: worker("extract", 0) is not None)
    first = worker("extract", 0)
    assert first is not None
    psutil.Process(first.pid).kill()
    read_until(running.up, lambda line: "ended with SIGKILL; started again" in line)
    eventually(lambda: worker("extract", 0) not in {None, first})
    assert kairec.run("send", "--user", "u1", "--item", "i1").code == 0
    eventually(lambda: kairec.run("watch", "u1", "--once").code == 0)


def test_a_second_up_adds_what_is_missing_and_its_end_is_its_own(
    running: Running,
) -> None:
    kairec = running.kairec
    with kairec.beside("up", "--scale", "update=2") as second:
        said = read_until(second, lambda line: "Ctrl-C stops them" in line)
        assert "started update.1;" in said
        third = kairec.run("up", "--scale", "update=2")
        assert "all of them run already" in third.err
        eventually(lambda: "update.1 (2 partitions)" in kairec.run("status").out)
        end(second)
    assert worker("update", 1) is None
    assert worker("update", 0) is not None


def test_at_the_end_no_process_no_member_and_no_lock_is_left(running: Running) -> None:
    end(running.up)
    assert present() == []
    with running.kairec.cluster() as kafka:
        groups = kafka.groups(["extract", "diversify", "update", "publish"])
    assert [group.members for group in groups] == [()] * 4
    assert list((running.kairec.home / "ordinals").rglob("*.lock")) == []


def test_up_says_which_topics_are_missing(kairec: Kairec) -> None:
    with kairec.cluster() as kafka:
        kafka.create(2, 1)
        kafka._client.delete_topics([kairec.names.topic("model")])
    done = kairec.run("up")
    assert done.code == 6
    assert done.err == (
        "kairec: topics are missing (model): run `kairec topics create` first\n"
    )
