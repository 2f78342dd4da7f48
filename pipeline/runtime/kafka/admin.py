"""Creating, checking and measuring topics and groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from kafka import KafkaAdminClient, OffsetSpec, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, MemberToRemove
from kafka.errors import KafkaError, TopicAlreadyExistsError

from pipeline.runtime.faults import BadTopics, NoKafka
from pipeline.runtime.kafka.asked import asked, copies_of
from pipeline.runtime.kafka.client import connection
from pipeline.runtime.kafka.patience import patiently
from topics import TOPICS
from topics.policy import dead_letter_settings, topic_settings
from topics.spec import Names


@dataclass(frozen=True, slots=True)
class Wanted:
    """A topic as it shall be."""

    name: str
    partitions: int
    settings: dict[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a topic is otherwise than it shall be."""

    topic: str
    what: str
    is_now: str
    shall_be: str

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.topic}: {self.what} is {self.is_now}, shall be {self.shall_be}"


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a group has read a partition."""

    group: str
    topic: str
    partition: int
    committed: int
    end: int

    @property
    def records(self) -> int:
        """Records not yet read; control records may be counted with them."""
        return max(0, self.end - self.committed)


class Admin:
    """Topics and groups of one deployment; a context manager.

    Args:
        bootstrap_servers: `host:port,...`.
        names: How topics and groups are called.

    Raises:
        NoKafka: Kafka cannot be reached.
    """

    def __init__(self, bootstrap_servers: str, names: Names) -> None:
        self._names = names
        try:
            self._client: Any = KafkaAdminClient(
                request_timeout_ms=10_000,
                bootstrap_timeout_ms=10_000,
                **connection(bootstrap_servers, "kairec.admin"),
            )
        except KafkaError as error:
            raise NoKafka(
                f"no Kafka answers at {bootstrap_servers}: start it (`kairec kafka "
                "start`) or set KAFKA_BOOTSTRAP_SERVERS"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def wanted(self, partitions: int) -> list[Wanted]:
        """All topics of the deployment, dead-letter topics included."""
        found = []
        for spec in TOPICS:
            count = spec.partitions or partitions
            name = self._names.topic(spec.name)
            found.append(Wanted(name, count, topic_settings(spec)))
            if spec.public:
                found.append(Wanted(f"{name}.dlq", count, dead_letter_settings()))
        return found

    def create(self, partitions: int, replication: int) -> list[str]:
        """Create what is missing; full names of what was created."""
        there = self.existing()
        missing = [w for w in self.wanted(partitions) if w.name not in there]
        if not missing:
            return []
        copies = copies_of(self._client, replication)
        topics = {w.name: asked(w.partitions, copies, w.settings) for w in missing}
        try:
            self._client.create_topics(topics, wait_for_metadata=True)
        except TopicAlreadyExistsError:
            self._client.wait_for_topics(list(topics))  # Another process creates them.
        except KafkaError as error:
            raise BadTopics(f"cannot create the topics: {error}") from error
        return list(topics)

    def existing(self) -> dict[str, int]:
        """Number of partitions by full name, of all topics there are."""
        return {
            topic["name"]: len(topic["partitions"])
            for topic in patiently(self._client.describe_topics)
        }

    def partitions(self) -> dict[str, int]:
        """Number of partitions by short name, of our topics that there are."""
        existing = self.existing()
        full = {spec.name: self._names.topic(spec.name) for spec in TOPICS}
        return {s: existing[name] for s, name in full.items() if name in existing}

    def differences(self, partitions: int) -> list[Difference]:
        """Where topics are missing or otherwise than they shall be."""
        existing = self.existing()
        found = []
        present = [w for w in self.wanted(partitions) if w.name in existing]
        settings = self._settings([w.name for w in present])
        for topic in self.wanted(partitions):
            if topic.name not in existing:
                found.append(Difference(topic.name, "the topic", "missing", "there"))
                continue
            count = existing[topic.name]
            if count != topic.partitions:
                found.append(
                    Difference(
                        topic.name, "partitions", str(count), str(topic.partitions)
                    )
                )
            for name, value in topic.settings.items():
                now = settings[topic.name].get(name, "")
                if now != value:
                    found.append(Difference(topic.name, name, now, value))
        return found

    def _settings(self, names: Sequence[str]) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        described = self._client.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name) for name in names],
            config_filter="all",
        )["topic"]
        return {
            topic: {name: str(entry["value"]) for name, entry in settings.items()}
            for topic, settings in described.items()
        }

    def lag(self, topics_by_worker: dict[str, Sequence[str]]) -> list[Lag]:
        """How far each worker's group has read its topics (short names)."""
        existing = self.existing()
        found = []
        for worker, topics in topics_by_worker.items():
            group = self._names.group(worker)
            partitions = [
                TopicPartition(full, p)
                for full in map(self._names.topic, topics)
                for p in range(existing.get(full, 0))
            ]
            committed = self._client.list_group_offsets({group: partitions})[group]
            ends = self._client.list_partition_offsets(
                dict.fromkeys(partitions, OffsetSpec.LATEST)
            )
            for tp in partitions:
                at = committed[tp].offset if tp in committed else -1
                found.append(
                    Lag(group, tp.topic, tp.partition, max(at, 0), ends[tp].offset)
                )
        return found

    def remove_members(self, worker: str, instance_ids: Sequence[str]) -> None:
        """Take static members out of a group; closing does not."""
        self._client.remove_group_members(
            self._names.group(worker),
            [MemberToRemove(group_instance_id=i) for i in instance_ids],
        )
