"""Topics that were changed under the workers: they refuse, say why, and what to do."""

from typing import Any

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec

from pipeline.runtime.kafka.cluster import Cluster
from tests.chaos.fleet import PARTITIONS, Fleet
from tests.chaos.look import end_of, said_last
from tests.chaos.oracle import Account, plain_read
from topics import TOPICS

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(200)]
BAD_TOPICS = 6
INPUTS = ("events", "feedback", "users")
ALL = tuple(spec.name for spec in TOPICS if spec.partitions is None)


@pytest.fixture
def admin(servers: str) -> Any:
    """The client's own."""
    client: Any = KafkaAdminClient(bootstrap_servers=servers)
    yield client
    client.close()


@pytest.fixture
def worked(fleet: Fleet) -> Fleet:
    """A deployment whose extract and diversify have worked and stopped."""
    running = [fleet.start(name) for name in ("extract", "diversify")]
    fleet.send(200)
    fleet.wait_until_drained("extract", "diversify")
    for process in running:
        process.terminate()
    assert [process.wait(20) for process in running] == [0, 0]
    return fleet


def make_anew(admin: Any, fleet: Fleet, topic: str) -> None:
    admin.delete_topics([fleet.names.topic(topic)])
    fleet.create_topics()


def read_from_the_beginning(admin: Any, fleet: Fleet, *partitions: int) -> None:
    """The remedy that the message tells."""
    with Cluster(fleet.servers, fleet.names) as cluster:
        cluster.leave("extract", [0])
    topic = fleet.names.topic("events")
    at = {TopicPartition(topic, p): OffsetSpec.EARLIEST for p in partitions}
    admin.reset_group_offsets(fleet.names.group("extract"), at)


def count(fleet: Fleet, topic: str) -> int:
    return len(plain_read(fleet.servers, fleet.names.topic(topic)))


def test_events_that_were_made_anew_are_not_just_read(
    worked: Fleet, admin: Any
) -> None:
    make_anew(admin, worked, "events")
    worked.send(100)
    worked.flush()
    before = count(worked, "features")
    assert end_of(worked.start("extract")) == BAD_TOPICS
    said = said_last(worked, "extract")
    assert "its committed offset is gone: the topic was made anew" in said
    assert "events partition" in said
    assert "--to-earliest" in said
    assert count(worked, "features") == before
    read_from_the_beginning(admin, worked, *range(PARTITIONS))
    worked.start("extract")
    worked.wait_until_drained("extract")
    assert count(worked, "features") > before


def test_state_without_an_offset_is_not_taught_all_again(
    worked: Fleet, admin: Any
) -> None:
    make_anew(admin, worked, "features")
    before = count(worked, "examples")
    worked.start("extract")
    worked.send(100)
    worked.wait_until_drained("extract")
    assert end_of(worked.start("diversify")) == BAD_TOPICS
    assert "there is state" in said_last(worked, "diversify")
    assert count(worked, "examples") == before


def test_records_that_were_deleted_before_they_were_read_are_not_passed_over(
    worked: Fleet, admin: Any
) -> None:
    worked.send(400)
    worked.flush()
    topic = TopicPartition(worked.names.topic("events"), 0)
    admin.delete_records({topic: 100})
    assert end_of(worked.start("extract")) == BAD_TOPICS
    said = said_last(worked, "extract")
    assert "events partition 0: this worker goes on at offset" in said
    assert "records were deleted before they were read" in said
    read_from_the_beginning(admin, worked, 0)
    worked.start("extract")
    worked.wait_until_drained("extract")
    account = worked.audit()
    assert account.lost
    assert all((topic, at) == ("events", 0) for topic, at, _ in account.lost)
    account.lost = []
    assert account == Account()


@pytest.mark.parametrize(
    ("grown", "told"),
    [
        (INPUTS[:1], "reads topics together that differ in partitions"),
        (INPUTS, "profiles has 4 partitions and events 5"),
        (ALL, "events has 5 partitions, and had 4 when this worker committed last"),
    ],
)
def test_partitions_that_became_more_are_not_just_read(
    worked: Fleet, admin: Any, grown: tuple[str, ...], told: str
) -> None:
    more = {worked.names.topic(topic): PARTITIONS + 1 for topic in grown}
    admin.create_partitions(more)
    before = count(worked, "features")
    assert end_of(worked.start("extract")) == BAD_TOPICS
    assert told in said_last(worked, "extract")
    assert count(worked, "features") == before
