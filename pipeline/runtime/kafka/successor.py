"""A deployment that takes over from another: its topics are made in parts."""

import time
from collections.abc import Collection, Mapping, Sequence

from kafka import OffsetAndMetadata, OffsetSpec, TopicPartition
from kafka.errors import KafkaError, NoError

from pipeline.runtime.faults import BadTopics, NoKafka
from pipeline.runtime.kafka.asked import asked, copies_of
from pipeline.runtime.kafka.cluster import Cluster
from pipeline.runtime.kafka.patience import PATIENCE_S
from topics.origin import ORIGIN
from topics.policy import topic_settings


class Successor(Cluster):
    """What `Cluster` can do, of a deployment whose workers have never run."""

    def has_origin(self) -> bool:
        """Whether it has its state from another deployment, or shall have."""
        return self._names.topic(ORIGIN.name) in self.existing()

    def make_origin(self, replication: int) -> None:
        """Make the topic that says where it comes from.

        Raises:
            BadTopics: Kafka refuses it.
        """
        name = self._names.topic(ORIGIN.name)
        copies = copies_of(self._client, replication)
        self._make(name, 1, copies, topic_settings(ORIGIN))

    def short_names(self, partitions: int) -> list[str]:
        """Short names of all its topics, dead-letter topics included."""
        begins = len(self._names.topic(""))
        return [wanted.name[begins:] for wanted in self.wanted(partitions)]

    def make(self, topics: Collection[str], partitions: int, replication: int) -> None:
        """Make those of some topics (short names) that are not there.

        Raises:
            BadTopics: Kafka refuses one.
        """
        full = set(map(self._names.topic, topics)) - self.existing().keys()
        copies = copies_of(self._client, replication)
        for wanted in self.wanted(partitions):
            if wanted.name in full:
                settings = wanted.settings
                self._make(wanted.name, wanted.partitions, copies, settings)

    def _make(
        self, name: str, partitions: int, copies: int, settings: dict[str, str]
    ) -> None:
        try:
            topic = asked(partitions, copies, settings)
            self._client.create_topics({name: topic}, wait_for_metadata=True)
        except KafkaError as error:
            raise BadTopics(f"cannot create {name}: {error}") from error

    def drop(self, partitions: int, workers: Sequence[str]) -> None:
        """Delete what there is of it but its origin, and wait until it is gone.

        Raises:
            NoKafka: it does not go.
        """
        ours = {wanted.name for wanted in self.wanted(partitions)}
        deadline = time.monotonic() + PATIENCE_S
        while ours & self.existing().keys():
            self.destroy(partitions, workers)
            if time.monotonic() > deadline:
                raise NoKafka("Kafka does not delete topics: is a broker down?")
            time.sleep(0.1)

    def begin_at_end(self, worker: str, topic: str) -> None:
        """Let a worker begin behind what a topic (short name) holds now.

        Raises:
            NoKafka: Kafka does not take the offsets.
        """
        ends = self._client.list_partition_offsets(
            dict.fromkeys(self._all((topic,)), OffsetSpec.LATEST)
        )
        self._commit(worker, {tp: ends[tp].offset for tp in ends})

    def begin_at_start(self, worker: str, topics: Collection[str]) -> None:
        """Let a worker that has no offsets of topics begin at their start.

        Raises:
            NoKafka: Kafka does not take the offsets.
        """
        group, wanted = self._names.group(worker), self._all(topics)
        known = self._client.list_group_offsets({group: wanted})[group]
        new = [tp for tp in wanted if tp not in known or known[tp].offset < 0]
        self._commit(worker, dict.fromkeys(new, 0))

    def _all(self, topics: Collection[str]) -> list[TopicPartition]:
        existing = self.existing()
        full = map(self._names.topic, topics)
        return [TopicPartition(t, p) for t in full for p in range(existing[t])]

    def _commit(self, worker: str, offsets: Mapping[TopicPartition, int]) -> None:
        if not offsets:
            return
        answers = self._client.alter_group_offsets(
            self._names.group(worker),
            {tp: OffsetAndMetadata(at, "", -1) for tp, at in offsets.items()},
        )
        for tp, answer in answers.items():
            if answer is not NoError:
                raise NoKafka(f"no offset for {tp.topic}-{tp.partition}: {answer}")
