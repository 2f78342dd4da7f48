"""What no worker may go on with: it stops, says where and what to do, loses nothing.

Where there is a remedy, a test ends with the worker that goes on after it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient

from pipeline.runtime.broker.node import LocalKafka
from tests.chaos.fleet import PARTITIONS, Fleet, wait_until
from tests.chaos.look import end_of, look, said_last
from tests.chaos.oracle import Account, plain_read
from topics.partitioning import partition_of

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(200)]
FLOOD, BAD_LOG = 4, 5
"""Exit codes."""
HOME = partition_of("u1", PARTITIONS)


def dead(fleet: Fleet) -> list[Any]:
    return plain_read(fleet.servers, fleet.names.dead_letters("events"))


def test_a_flood_of_bad_records_stops_extract_and_after_the_remedy_none_is_lost(
    servers: str, tmp_path: Path
) -> None:
    with Fleet(servers, tmp_path, KAIREC_DEAD_LETTER_RUN="200") as fleet:
        worker = fleet.start("extract")
        fleet.send(100)
        fleet.wait_until_drained("extract")
        for _ in range(2_000):
            fleet.send_raw("events", "u1", b"{")
        fleet.flush()
        assert end_of(worker) == FLOOD
        said = said_last(fleet, "extract")
        assert f"mostly malformed; the last is events partition {HOME} offset" in said
        assert "`kairec dlq show`" in said
        before = len(dead(fleet))
        assert before < 200
        fleet.send(100)
        assert end_of(fleet.start("extract")) == FLOOD
        assert len(dead(fleet)) == before
        fleet.start(
            "extract", KAIREC_DEAD_LETTER_RUN="100000", KAIREC_DEAD_LETTER_RATIO="1"
        )
        fleet.wait_until_drained("extract")
        assert fleet.audit() == Account()
        assert len(dead(fleet)) == 2_000


def test_without_its_dead_letter_topic_extract_waits_and_then_goes_on(
    fleet: Fleet,
) -> None:
    worker = fleet.start("extract")
    fleet.send(100)
    fleet.wait_until_drained("extract")
    admin: Any = KafkaAdminClient(bootstrap_servers=fleet.servers)
    admin.delete_topics([fleet.names.dead_letters("events")])
    admin.close()
    known = len(plain_read(fleet.servers, fleet.names.topic("features")))
    fleet.send_raw("events", "u1", b"{").get(30)
    fleet.send(50)
    wait_until(lambda: "answer is missing" in fleet.log_of("extract"), "it tries", 40)
    assert not look(fleet, "extract", worker).metric
    assert look(fleet, "extract", worker).live
    assert len(plain_read(fleet.servers, fleet.names.topic("features"))) == known
    fleet.create_topics()
    fleet.wait_until_drained("extract")
    assert worker.poll() is None
    assert fleet.audit() == Account()
    assert len(dead(fleet)) == 1


def learn_and_stop(fleet: Fleet) -> None:
    """Have extract remember 200 events, and end."""
    worker = fleet.start("extract")
    fleet.send(200)
    fleet.wait_until_drained("extract")
    worker.terminate()
    assert worker.wait(20) == 0


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda value: b'{"user":"u1"}', id="foreign"),
        pytest.param(lambda value: value[: len(value) // 2], id="truncated"),
        pytest.param(lambda value: value.replace(b'"', b"'"), id="corrupt"),
    ],
)
def test_a_bad_row_in_a_changelog_stops_who_restores_it_and_is_named(
    fleet: Fleet, spoil: Callable[[bytes], bytes]
) -> None:
    learn_and_stop(fleet)
    topic = fleet.names.topic("profiles")
    rows = {r.key: r for r in plain_read(fleet.servers, topic) if r.partition == HOME}
    good = rows[b"u1"]
    headers = list(good.headers)
    value = spoil(good.value)
    assert value != good.value
    at = fleet.send_raw("profiles", "u1", value, headers=headers).get(30)
    before = plain_read(fleet.servers, fleet.names.topic("features"))
    fleet.send(50)
    assert end_of(fleet.start("extract")) == BAD_LOG
    said = said_last(fleet, "extract")
    assert f"profiles partition {HOME} offset {at.offset} " in said
    assert "exit code 5 in deploy/README.md" in said
    assert plain_read(fleet.servers, fleet.names.topic("features")) == before
    # The row again, as it was: in the place of the bad one.
    fleet.send_raw("profiles", "u1", good.value, headers=headers).get(30)
    fleet.start("extract")
    fleet.wait_until_drained("extract")
    assert plain_read(fleet.servers, fleet.names.topic("features"))[len(before) :]


def test_a_row_that_the_disk_has_damaged_stops_who_reads_it_and_is_named(
    local_kafka: Callable[[], LocalKafka], tmp_path: Path
) -> None:
    kafka = local_kafka()
    with Fleet(kafka.bootstrap_servers, tmp_path) as fleet:
        learn_and_stop(fleet)
        topic = fleet.names.topic("profiles")
        assert kafka.log is not None
        [log] = (kafka.log.parent / "data" / f"{topic}-{HOME}").glob("*.log")
        with log.open("r+b") as file:
            at = log.stat().st_size // 3
            file.seek(at)
            byte = file.read(1)
            file.seek(at)
            file.write(bytes([byte[0] ^ 0x20]))
        assert end_of(fleet.start("extract")) == BAD_LOG
        said = said_last(fleet, "extract")
        assert f"topic='{topic}', partition={HOME}" in said
        assert "damaged" in said
        assert "at offset" in said
