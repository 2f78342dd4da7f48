"""A Kafka of our own: it answers, survives what it should, and leaves nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from kafka import KafkaAdminClient

from pipeline.runtime.broker import daemon, node
from pipeline.runtime.broker.errors import BrokerError
from pipeline.runtime.broker.find import find_or_start
from pipeline.runtime.broker.home import home
from pipeline.runtime.broker.jars import fetch_jars
from pipeline.runtime.broker.node import LocalKafka
from pipeline.runtime.broker.ports import HOST, free_port
from pipeline.runtime.broker.probe import answers

pytestmark = pytest.mark.kafka
ROOT = Path(__file__).parents[2]
StartKafka = Callable[[], LocalKafka]


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own, which shares the jars alone."""
    fetch_jars(home() / "maven", print)
    (tmp_path / "maven").symlink_to(home() / "maven")
    monkeypatch.setenv("KAIREC_HOME", str(tmp_path))
    return tmp_path


def test_a_given_address_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka-1:9092,kafka-2:9092")
    with find_or_start() as servers:
        assert servers == "kafka-1:9092,kafka-2:9092"


def test_a_port_that_is_open_but_no_kafka_does_not_count_as_an_answer() -> None:
    with socket.create_server((HOST, 0)) as server:
        assert not answers(HOST, server.getsockname()[1], timeout_s=0.1)


def test_without_a_given_address_kafka_starts_and_ends_with_the_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    told: list[str] = []
    with find_or_start(progress=told.append) as servers:
        host, _, port = servers.partition(":")
        assert answers(host, int(port))
    assert not answers(host, int(port))
    assert told[-1] == "starting Kafka"


def test_kafka_and_its_data_are_gone_soon_after_its_parent_was_killed() -> None:
    code = (
        "import time; from pipeline.runtime.broker.node import LocalKafka\n"
        "with LocalKafka() as kafka:\n"
        "    print(kafka.pid, kafka.log, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid, log = parent.stdout.readline().split()
        kafka = psutil.Process(int(pid))
        assert Path(log).exists()
        parent.kill()
    wait_until(lambda: not kafka.is_running() and not Path(log).parent.exists())


def test_a_killed_kafka_starts_again_on_its_port_and_data(
    local_kafka: StartKafka,
) -> None:
    kafka = local_kafka()
    before = kafka.bootstrap_servers, cluster_id(kafka)
    kafka.kill()
    assert kafka.pid is None
    kafka.start()
    assert (kafka.bootstrap_servers, cluster_id(kafka)) == before
    # Kafka says this when its own metadata are new: of two starts, at the first.
    assert kafka.log
    assert kafka.log.read_text().count("log appears to be empty") == 1


def test_a_port_that_is_taken_is_named_in_the_error(tmp_path: Path) -> None:
    with socket.create_server((HOST, free_port())) as server:
        port = server.getsockname()[1]
        with pytest.raises(BrokerError, match=f"port {port} is taken: choose another"):
            LocalKafka(tmp_path, port).start()


def test_a_port_lost_while_starting_is_given_up_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server((HOST, free_port())) as server:
        taken = server.getsockname()[1]
        ports = iter([taken, free_port(), free_port(), free_port()])
        monkeypatch.setattr(node, "free_port", lambda: next(ports))
        with LocalKafka() as kafka:
            assert kafka.pid
            assert kafka.bootstrap_servers != f"{HOST}:{taken}"


def test_an_error_carries_the_cause_and_the_end_of_the_log(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").write_text("version=1\nnode.id=7\n")
    with pytest.raises(BrokerError, match="Kafka ended while starting: ") as caught:
        LocalKafka(tmp_path).start()
    assert "\n" not in str(caught.value)
    assert caught.value.__notes__[0].count("\n") > 1


def test_the_background_kafka_outlives_its_starter_and_starts_once(
    own_home: Path,
) -> None:
    assert daemon.status().pid is None
    assert not daemon.stop()
    servers = in_another_process("daemon.start()")
    try:
        first = daemon.status()
        assert first.ready
        assert first.bootstrap_servers == servers
        assert daemon.start() == servers
        assert daemon.status().pid == first.pid
        with pytest.raises(BrokerError, match="runs already"):
            daemon.start(free_port())
    finally:
        assert in_another_process("daemon.stop()") == "True"
    assert daemon.status().pid is None
    assert (own_home / "kafka" / "data").exists()


def test_the_background_kafka_heals_after_it_was_killed(own_home: Path) -> None:
    daemon.start(free_port())
    try:
        pid = daemon.status().pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: daemon.status().pid is None)
        assert not daemon.stop()
        daemon.start()
        assert daemon.status().pid not in (None, pid)
    finally:
        assert daemon.stop()


def test_three_background_nodes_keep_three_copies_and_a_dead_one_starts_again(
    own_home: Path,
) -> None:
    servers = daemon.start(free_port(), nodes=3)
    try:
        first = daemon.status()
        assert (len(first.pids), first.ready, first.nodes) == (3, True, 3)
        assert copies(servers, uuid4().hex) == [3]
        os.kill(first.pids[1], signal.SIGKILL)
        wait_until(lambda: len(daemon.status().pids) == 2)
        with pytest.raises(BrokerError, match="with 3 nodes: stop it first"):
            daemon.start()
        assert daemon.start(nodes=3) == servers == daemon.status().bootstrap_servers
        assert len({*first.pids, *daemon.status().pids}) == 4
    finally:
        assert daemon.stop()
    assert daemon.status().pid is None
    assert (own_home / "kafka-3" / "node3" / "data").exists()


def test_a_node_that_stands_still_is_no_answer_until_it_goes_on(
    local_kafka: StartKafka,
) -> None:
    kafka = local_kafka()
    port = int(kafka.bootstrap_servers.rpartition(":")[2])
    kafka.pause()
    assert not answers(HOST, port, timeout_s=0.2)
    assert kafka.pid
    kafka.resume()
    wait_until(lambda: answers(HOST, port))


def copies(servers: str, topic: str) -> list[int]:
    """How many nodes hold each partition of a new topic."""
    admin: Any = KafkaAdminClient(bootstrap_servers=servers.split(","))
    wanted = {"num_partitions": 1, "replication_factor": -1}
    admin.create_topics({topic: wanted}, wait_for_metadata=True)
    [told] = admin.describe_topics([topic])
    admin.close()
    return [len(each["replica_nodes"]) for each in told["partitions"]]


def in_another_process(call: str) -> str:
    code = f"from pipeline.runtime.broker import daemon; print({call})"
    return subprocess.check_output(
        [sys.executable, "-c", code], cwd=ROOT, text=True
    ).strip()


def cluster_id(kafka: LocalKafka) -> str:
    assert kafka.log
    lines = (kafka.log.parent / "data" / "meta.properties").read_text().splitlines()
    return next(line for line in lines if line.startswith("cluster.id="))


def wait_until(condition: Callable[[], bool], limit_s: float = 10) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
