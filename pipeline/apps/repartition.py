"""Another number of partitions: a deployment's state is copied to new topics.

In this order, so that no worker can begin on a part of it:

1. the new deployment's `origin` says that it is not complete
2. the topics of state are made, filled, read again and compared
3. groups are told to begin behind what was copied
4. lists are copied; then `origin` says that all is there
5. the topics without state are made, without which no worker starts
"""

from pipeline.apps.errors import AppError
from pipeline.apps.repartition_copy import Batches
from pipeline.apps.repartition_side import (
    Graph,
    New,
    Old,
    check_drained,
    check_stopped,
    origin_of,
)
from pipeline.apps.repartition_work import Begin, Copying, Outcome
from pipeline.runtime.failpoints import Failpoint, no_failpoint
from pipeline.runtime.faults import Indefinite, NoKafka
from pipeline.runtime.transport import Send
from topics import (
    EVENTS,
    EXAMPLES,
    FEATURES,
    FEEDBACK,
    ITEMS,
    PROFILES,
    SAMPLES,
    USERS,
    codec,
)
from topics.origin import ORIGIN, Origin

TAKEN = {"extract": USERS, "update": ITEMS, "publish": PROFILES}
"""State that is an input besides: it has had its effect."""


class Repartition:
    """Copies a deployment.

    Args:
        old: What is copied.
        new: What it is copied to.
        graph: The workers.
        begin: Shows how far it is.
        fail: Where tests let it die.
    """

    def __init__(
        self,
        old: Old,
        new: New,
        graph: Graph,
        begin: Begin,
        fail: Failpoint = no_failpoint,
    ) -> None:
        self._old = old
        self._new = new
        self._graph = graph
        self._begin = begin
        self._fail = fail

    def run(self) -> Outcome:
        """Copy, unless it was done before; then make what is missing.

        Raises:
            AppError: it cannot be done now, or not so.
            NoKafka: Kafka does not answer; asked again, it is done anew.
        """
        outcome = Outcome()
        try:
            self._new.sink.reset()  # A run that is still under way sends no more.
            origin = self._origin()
            if origin is None or not origin.complete:
                self._check()
                outcome = self._copy(origin)
        except Indefinite as error:
            raise NoKafka(f"Kafka does not take the copy ({error})") from error
        self._finish()
        return outcome

    def _origin(self) -> Origin | None:
        """What the new deployment says of itself.

        Raises:
            AppError: it is none of ours, or another one's successor.
        """
        old, new = self._old, self._new
        origin = origin_of(new.cluster, new.whole)
        if old.base == new.base or (origin is None and new.cluster.partitions()):
            raise AppError(
                f"there is a deployment {new.base}.*: name a prefix that is free"
            )
        if origin is not None and origin.complete and origin.base != old.base:
            raise AppError(f"{new.base}.* has its state from {origin.base}.*")
        return origin

    def _check(self) -> None:
        check_stopped(self._old.cluster, self._graph)
        check_stopped(self._new.cluster, self._graph)
        check_drained(self._old, self._graph)

    def _copy(self, origin: Origin | None) -> Outcome:
        """Say that nothing is there yet and see to it; copy; say that all is there."""
        old, new = self._old, self._new
        before = old.transport.partitions(PROFILES.name)
        if origin is None:
            new.cluster.make_origin(new.replication)
        self._declare(Origin(old.base, before))
        anew = bool(new.cluster.partitions())
        new.cluster.drop(new.partitions, list(self._graph))
        batches = Batches(new.sink, self._fail)
        copying = Copying(old, new, self._graph, self._begin, batches)
        copying.copy_state()
        self._check()  # Nothing has come in between.
        for worker, spec in TAKEN.items():
            new.cluster.begin_at_end(worker, spec.name)
        copying.copy_lists()
        done = copying.done
        self._declare(Origin(old.base, before, True, done.accepted, done.waiting))
        self._fail("after_offsets")
        done.anew = anew
        return done

    def _declare(self, origin: Origin) -> None:
        sink, name = self._new.sink, ORIGIN.name
        sink.begin()
        sink.send(Send(name, 0, name.encode(), codec.write(origin)))
        sink.flush()
        sink.commit()

    def _finish(self) -> None:
        """Make what is missing. The workers refuse state without offsets.

        So a group has them before the last topic is there that its worker needs.
        """
        cluster, replication = self._new.cluster, self._new.replication
        partitions = cluster.partitions()[PROFILES.name]
        rest = set(cluster.short_names(partitions)) - {FEATURES.name, SAMPLES.name}
        cluster.make(rest, partitions, replication)
        cluster.begin_at_start("extract", (EVENTS.name, FEEDBACK.name))
        cluster.begin_at_start("update", (EXAMPLES.name,))
        cluster.make((FEATURES.name,), partitions, replication)
        cluster.begin_at_start("diversify", (FEATURES.name,))
        cluster.make((SAMPLES.name,), partitions, replication)
