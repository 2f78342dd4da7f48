"""Looking at a deployment from outside: members of groups, sizes of topics, its end."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kafka import OffsetSpec, TopicPartition
from kafka.errors import CoordinatorNotAvailableError, KafkaError

from pipeline.runtime.kafka.admin import Admin, Lag
from pipeline.runtime.kafka.patience import patiently


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a consumer group.

    Args:
        name: Its instance id if it is a static member, else the id Kafka gave it.
        host: Where it connects from.
        partitions: How many it has, over all topics.
    """

    name: str
    host: str
    partitions: int


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group as Kafka sees it.

    Args:
        name: Full name.
        state: `Stable`, `PreparingRebalance`, `Empty`, `Dead` ...
        members: Those that Kafka counts in, also the silent ones until their session
            ends.
    """

    name: str
    state: str
    members: tuple[Member, ...]


class Cluster(Admin):
    """What `Admin` can do, and what people ask about a deployment."""

    def cluster_id(self) -> str:
        """The id that Kafka's storage was formatted with."""
        return str(self._client.describe_cluster()["cluster_id"])

    def groups(self, workers: Sequence[str]) -> list[Group]:
        """The groups of these workers."""
        wanted = [self._names.group(worker) for worker in workers]
        described = patiently(lambda: self._client.describe_groups(wanted))
        return [
            Group(
                name,
                str(described[name]["group_state"]),
                tuple(
                    Member(
                        str(m["group_instance_id"] or m["member_id"]),
                        str(m["client_host"]).removeprefix("/"),
                        _count(m["member_assignment"]),
                    )
                    for m in described[name]["members"]
                ),
            )
            for name in wanted
        ]

    def lag(self, topics_by_worker: dict[str, Sequence[str]]) -> list[Lag]:
        """How far each worker's group has read its topics (short names)."""
        return patiently(lambda: super(Cluster, self).lag(topics_by_worker))

    def leave(self, worker: str, ordinals: Sequence[int]) -> None:
        """Take static members out of a worker's group, if it has ever had one."""
        group = self._names.group(worker)
        with contextlib.suppress(CoordinatorNotAvailableError):
            self.remove_members(worker, [f"{group}.{n}" for n in ordinals])

    def sizes(self, topics: Mapping[str, int]) -> dict[str, int]:
        """Offsets between the first record and the end, by full name of the topic.

        Args:
            topics: Number of partitions by full name.
        """
        wanted = [
            TopicPartition(t, p) for t, count in topics.items() for p in range(count)
        ]
        if not wanted:
            return {}
        first = self._client.list_partition_offsets(
            dict.fromkeys(wanted, OffsetSpec.EARLIEST)
        )
        last = self._client.list_partition_offsets(
            dict.fromkeys(wanted, OffsetSpec.LATEST)
        )
        sizes = dict.fromkeys(topics, 0)
        for tp in wanted:
            sizes[tp.topic] += last[tp].offset - first[tp].offset
        return sizes

    def destroy(self, partitions: int, workers: Sequence[str]) -> None:
        """Delete every topic and group of the deployment; what is not there is fine."""
        existing = self.existing()
        ours = [w.name for w in self.wanted(partitions) if w.name in existing]
        with contextlib.suppress(KafkaError):
            self._client.delete_topics(ours)
        with contextlib.suppress(KafkaError):
            self._client.delete_groups([self._names.group(w) for w in workers])


def _count(assignment: object) -> int:
    """Partitions in a member's assignment, whichever way the client decoded it."""
    if not isinstance(assignment, Mapping):
        return 0
    topics = assignment.get("assigned_partitions") or []
    return sum(len(topic["partitions"]) for topic in topics)
