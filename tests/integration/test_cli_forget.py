"""`kairec forget`: with all workers running nothing is left of a user, for good."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from pipeline.apps.newest import newest_of
from pipeline.runtime.kafka.tail import Reader
from pipeline.runtime.presence import present
from tests.integration.cli import Kairec, eventually, read_until
from topics import PROFILES, RECOMMENDATIONS, codec
from topics.partitioning import partition_of
from topics.profiles import Portrait

pytestmark = pytest.mark.kafka
ITEMS = "\n".join(f'{{"item_id": "i{n}", "title": "T{n}"}}' for n in range(5))
USER = "zelda"
OTHER = next(
    u for u in map(str, range(9)) if partition_of(u, 2) == partition_of(USER, 2)
)
BEFORE_MS = "1700000000000"


@pytest.fixture(scope="module")
def kairec(
    bootstrap_servers: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kairec]:
    """A deployment under `kairec up`, with a catalogue and a user."""
    folder = tmp_path_factory.mktemp("forget")
    kairec = Kairec(bootstrap_servers, folder / "home")
    kairec.create_topics()
    stream = folder / "stream.jsonl"
    attributes = {"user_id": USER, "attributes": {"plan": "free"}}
    stream.write_text(f"{ITEMS}\n{json.dumps(attributes)}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAIREC_HOME", str(kairec.home))
        assert kairec.run("replay", str(stream)).code == 0
        with kairec.beside("up") as up:
            read_until(up, lambda line: "Ctrl-C stops them" in line)
            yield kairec


def act(kairec: Kairec, user: str, item: str, *more: str) -> None:
    done = kairec.run("send", "--user", user, "--item", item, "--type", "like", *more)
    assert done.code == 0, done.err


def show(kairec: Kairec, item: str) -> None:
    shown = {
        "user_id": USER,
        "slate_id": "s1",
        "item_id": item,
        "type": "impression",
        "event_time_ms": int(BEFORE_MS),
    }
    kairec.send("feedback", USER, codec.write(shown), {})


def newest(kairec: Kairec, topic: str, user: str) -> bytes | None:
    with Reader(kairec.servers, kairec.names, [topic]) as reader:
        record, _ = newest_of(reader, topic, user)
    return None if record is None else record.value


def lists_of(kairec: Kairec, user: str) -> int:
    lists = kairec.records(RECOMMENDATIONS.name)
    return sum(key == user.encode() and value is not None for key, value in lists)


def is_forgotten(kairec: Kairec) -> bool:
    value = newest(kairec, PROFILES.name, USER)
    if value is None:
        return True
    portrait: Portrait = codec.read(PROFILES, value)[0]
    return portrait.forgotten


def all_has_passed(kairec: Kairec) -> None:
    """Another user of the same partition gets a list: what came before is through."""
    before = lists_of(kairec, OTHER)
    act(kairec, OTHER, "i1")
    eventually(lambda: lists_of(kairec, OTHER) > before, 60)


def pages_and_logs(home: Path) -> str:
    found = [p.read_text(errors="replace") for p in home.rglob("*.log*") if p.is_file()]
    for worker in present():
        with urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=10) as page:
            found.append(page.read().decode())
    return "\n".join(found)


def test_without_workers_it_says_who_has_not_taken_it(
    bootstrap_servers: str, tmp_path: Path
) -> None:
    alone = Kairec(bootstrap_servers, tmp_path / "home")
    alone.create_topics()
    done = alone.run("forget", "u1", "--wait", "1")
    assert done.code == 1
    assert json.loads(done.out)["missing"] == ["extract", "diversify", "publish"]
    assert "kairec: extract, diversify, publish did not take it in time" in done.err
    assert alone.run("forget", "~default").err.startswith("kairec: no user can be ")


def test_nothing_is_left_of_a_user_and_the_proof_says_so(
    kairec: Kairec, tmp_path: Path
) -> None:
    show(kairec, "i3")
    act(kairec, USER, "i2", "--time", BEFORE_MS)
    eventually(lambda: lists_of(kairec, USER) > 0, 60)
    done = kairec.run("forget", USER, "--out", str(tmp_path / "proof.json"))
    assert done.code == 0, done.err
    proof = json.loads((tmp_path / "proof.json").read_bytes())
    assert (proof["complete"], proof["missing"]) == (True, [])
    assert [each["by"] for each in proof["removed"]] == [
        "extract",
        "diversify",
        "publish",
    ]
    assert proof["portrait"].startswith("only that the user was forgotten at ")
    assert proof["slate"] == "none"
    dated = {each["topic"]: each["until"] for each in proof["ages_out"]}
    assert dated["events.dlq"] > dated["events"] > proof["forgotten_at"]
    assert is_forgotten(kairec)
    assert newest(kairec, RECOMMENDATIONS.name, USER) is None
    keys = [key for key, _ in kairec.records("model")]
    assert keys
    assert not any(USER.encode() in (key or b"") for key in keys)
    said = pages_and_logs(kairec.home)
    assert "kairec_records_total" in said
    assert USER not in said


def test_a_late_event_does_not_revive_the_user_nor_does_a_restart(
    kairec: Kairec,
) -> None:
    assert is_forgotten(kairec)
    before = lists_of(kairec, USER)
    act(kairec, USER, "i4", "--time", BEFORE_MS)
    all_has_passed(kairec)
    assert is_forgotten(kairec)
    for worker in present():
        psutil.Process(worker.pid).kill()
    act(kairec, USER, "i1", "--time", BEFORE_MS)
    show(kairec, "i2")
    all_has_passed(kairec)
    assert is_forgotten(kairec)
    assert lists_of(kairec, USER) == before
    assert newest(kairec, RECOMMENDATIONS.name, USER) is None
    assert USER not in pages_and_logs(kairec.home)
