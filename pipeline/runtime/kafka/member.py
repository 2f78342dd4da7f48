"""A consumer's place in its group, where the client does not see to it by itself.

Importing this mends the client: an answer to a join that comes between two polls is
thrown away by it, and the next poll joins once more, so that all others must, too. A
group whose members do something between their polls may go round like this for minutes.
"""

import time
from collections.abc import Generator, Iterable
from typing import Any

from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.base import BaseCoordinator
from kafka.future import Future

from pipeline.runtime.faults import Fenced
from pipeline.runtime.kafka.records import SAME_IDENTITY

LOOK_S = 0.5


class Notes(ConsumerRebalanceListener):  # type: ignore[misc]  # untyped base class
    """Notes on the client's IO thread what changed; the loop acts on it."""

    def __init__(self) -> None:
        self.changes = 0
        self.joined = False

    def on_partitions_revoked(self, revoked: Any) -> None:
        """They are on their way to others."""
        self.joined = False
        self.changes += 1

    def on_partitions_lost(self, lost: Any) -> None:
        """Others have them already."""
        self.joined = False
        self.changes += 1

    def on_partitions_assigned(self, assigned: Any) -> None:
        """An assignment is in force, of whatever partitions."""
        self.changes += 1
        self.joined = True


class Member:
    """Looks after a group consumer between its polls.

    Args:
        consumer: Of the client.
        topics: Full names of what it has subscribed to.
        instance_id: Of a static member.
    """

    def __init__(
        self, consumer: Any, topics: Iterable[str], instance_id: str | None
    ) -> None:
        self._coordinator = consumer._coordinator
        self._assignment = consumer.assignment
        self._topics = tuple(topics)
        self._static = instance_id is not None
        self._looked_s = 0.0
        self._doubted = False

    def go_on(self) -> None:
        """Have a join gone on with that the client has forgotten.

        When new metadata makes the leader join again and a poll ends before the answer
        is there, the client takes the matter for settled: without assignment, without
        heartbeats, for ever.
        """
        coordinator = self._coordinator
        if coordinator.rejoining and not coordinator.need_rejoin():
            coordinator.request_rejoin()
        now_s = time.monotonic()
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            self._look_at_topics()

    def _look_at_topics(self) -> None:
        """Have the client ask again for a topic that its broker did not know yet.

        Else a leader of the group gives nobody any of its partitions, for as long as
        metadata may be old.
        """
        cluster = self._coordinator._cluster
        if all(map(cluster.partitions_for_topic, self._topics)):
            self._doubt_what_is_on_record()
        else:
            cluster.request_update()

    def _doubt_what_is_on_record(self) -> None:
        """Have a static member join once more that was not given some of each topic.

        It is handed what its group has on record for it. Where that is of a leader that
        did not know the topics yet, and that was killed before it asked again, none
        that lives corrects it: its next life is no leader by the client's lights. But
        the group takes it for one, and has it assign anew when it joins again. One that
        has nothing because it is a spare does so in vain, once.
        """
        coordinator = self._coordinator
        settled = coordinator.stable() and not coordinator.need_rejoin()
        if self._static and settled and not self._doubted:
            given = {tp.topic for tp in self._assignment()}
            if not given.issuperset(self._topics):
                coordinator.request_rejoin()
            self._doubted = True

    def check_identity(self) -> None:
        """Find out that a heartbeat was fenced: the client then just stops beating.

        Raises:
            Fenced: another member has this identity.
        """
        coordinator = self._coordinator
        beats = coordinator._heartbeat_enabled or coordinator.need_rejoin()
        if self._static and coordinator.stable() and not beats:
            raise Fenced(SAME_IDENTITY)

    def silent_ms(self) -> int:
        """Since the last heartbeat that was answered, or the last join."""
        beats = self._coordinator.heartbeat
        last = max(beats.last_receive, beats.last_reset)
        return max(0, int((time.monotonic() - last) * 1000))


class _Join:
    """A join that is under way until its answer is taken up, or it has failed.

    Args:
        answer: The client's.
    """

    def __init__(self, answer: Future) -> None:
        self._answer = answer
        self.add_callback = answer.add_callback
        self.add_errback = answer.add_errback

    @property
    def is_done(self) -> bool:
        """Whether the client is to begin another one."""
        return bool(self._answer.failed())

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._answer.__await__()  # type: ignore[no-any-return]  # untyped


_join_as_is = BaseCoordinator.join_group_async


async def _join(coordinator: Any, timeout_ms: float | None = None) -> bool:
    if isinstance(coordinator._join_task, Future):
        coordinator._join_task = _Join(coordinator._join_task)
    joined: bool = await _join_as_is(coordinator, timeout_ms)
    return joined


BaseCoordinator.join_group_async = _join
