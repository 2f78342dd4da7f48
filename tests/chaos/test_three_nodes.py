"""Nodes of three die or stand still under all workers; every event counts once."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from pipeline.runtime.broker.nodes import LocalCluster
from tests.chaos.fleet import WORKERS, Fleet, wait_until
from tests.chaos.roles import Roles

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]
DOWN_S = 1.0
STILL_S = 5.0
"""Longer than the session of a node: the others go on without it."""


@pytest.fixture(scope="module")
def nodes(local_cluster: Callable[[], LocalCluster]) -> LocalCluster:
    return local_cluster()


@pytest.fixture
def servers(nodes: LocalCluster) -> str:
    return nodes.bootstrap_servers


def test_of_each_topic_there_are_three_copies_and_two_must_have_a_record(
    nodes: LocalCluster, fleet: Fleet
) -> None:
    admin: Any = KafkaAdminClient(bootstrap_servers=nodes.bootstrap_servers.split(","))
    begins = f"{fleet.names.prefix}."
    ours = [t for t in admin.describe_topics() if t["name"].startswith(begins)]
    topics = [ConfigResource(ConfigResourceType.TOPIC, t["name"]) for t in ours]
    settings = admin.describe_configs(topics, config_filter="all")["topic"]
    admin.close()
    copies = {len(p["replica_nodes"]) for t in ours for p in t["partitions"]}
    told = [s["min.insync.replicas"] for s in settings.values()]
    needed = {(one["value"], one["config_source"]) for one in told}
    assert (len(topics), copies) == (15, {3})
    assert needed == {("2", "DYNAMIC_TOPIC_CONFIG")}


def test_any_node_may_die_or_stand_still_whatever_it_leads(
    nodes: LocalCluster, fleet: Fleet
) -> None:
    diversify = fleet.names.group("diversify")
    running = {name: fleet.start(name) for name in WORKERS}
    fleet.send(300)
    fleet.wait_until_drained("extract")
    with Roles(nodes.bootstrap_servers) as roles:
        controller = roles.controller()
        for number in (controller, *(n for n in nodes.nodes if n != controller)):
            kill(nodes, number, fleet, roles)
        kill_amid_a_commit(
            nodes, roles.transaction_coordinator(f"{diversify}.0"), fleet, roles
        )
        stand_still(nodes, roles.group_coordinator(diversify), fleet, roles)
    fleet.send(200)
    fleet.assert_each_event_counts_once()
    assert {name: p.poll() for name, p in running.items()} == dict.fromkeys(WORKERS)


def kill(nodes: LocalCluster, number: int, fleet: Fleet, roles: Roles) -> None:
    """End a node, send on, and start it again."""
    load(fleet)
    nodes.kill(number)
    load(fleet)
    time.sleep(DOWN_S)
    nodes.start(number)
    wait_until(roles.all_in_sync, "the node has caught up")


def kill_amid_a_commit(
    nodes: LocalCluster, number: int, fleet: Fleet, roles: Roles
) -> None:
    """End a node that has been asked to commit, and has not answered."""
    load(fleet)
    nodes.pause(number)
    load(fleet)
    time.sleep(DOWN_S)
    kill(nodes, number, fleet, roles)


def stand_still(nodes: LocalCluster, number: int, fleet: Fleet, roles: Roles) -> None:
    """Let a node stand still for so long that the others go on without it."""
    load(fleet)
    nodes.pause(number)
    load(fleet)
    time.sleep(STILL_S)
    nodes.resume(number)
    wait_until(roles.all_in_sync, "the node has caught up")


def load(fleet: Fleet) -> None:
    """Send for a while, so that some worker is always about to commit."""
    for _ in range(10):
        fleet.send(20)
        time.sleep(0.05)
