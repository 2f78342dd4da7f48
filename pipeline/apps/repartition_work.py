"""The work of a repartition: copies of all state, each read again and compared."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pipeline.apps.repartition_copy import Advance, Batches, Copier, Held
from pipeline.apps.repartition_side import Graph, New, Old, compare, held_of
from pipeline.apps.repartition_state import (
    accepted,
    memory_records,
    merged_totals,
    moved,
    remembered,
    totals_records,
)
from pipeline.runtime.transport import Send
from topics import DIVERSIFY_CHANGELOG, ITEMS, MODEL, PROFILES, RECOMMENDATIONS, USERS
from topics.recommendations import DEFAULT_USER
from topics.spec import TopicSpec

STATE = (PROFILES, USERS, ITEMS, MODEL)
LEFT_OUT = frozenset({DEFAULT_USER})
"""The list for new users names its maker's partition, and is made within a minute."""
Begin = Callable[[str, int], Advance]
"""Begins a line of the progress: what is done, and how many records there are."""


@dataclass(slots=True)
class Outcome:
    """What was done.

    Args:
        held: What each copy holds, by topic; nothing if it had been made before.
        accepted: Interactions that the model has learnt.
        waiting: Impressions that wait for what follows.
        anew: A copy that had been made in part was thrown away.
    """

    held: dict[str, Held] = field(default_factory=dict)
    accepted: int = 0
    waiting: int = 0
    anew: bool = False


class Copying:
    """Copies what a deployment holds.

    Args:
        old: What is copied.
        new: What it is copied to.
        graph: The workers.
        begin: Shows how far it is.
        batches: Send the copies.

    Raises:
        AppError: by each method: a copy is not what was copied.
    """

    def __init__(
        self, old: Old, new: New, graph: Graph, begin: Begin, batches: Batches
    ) -> None:
        self._old = old
        self._new = new
        self._graph = graph
        self._begin = begin
        self._batches = batches
        self._copier = Copier(old.transport, old.base, batches, new.partitions)
        self.done = Outcome()

    def copy_state(self) -> None:
        """Copy what the workers remember and what was told to them, and compare."""
        old, new, done = self._old, self._new, self.done
        self._make(*(spec.name for spec in STATE), DIVERSIFY_CHANGELOG.name)
        self._copy_memory()
        self._copy(*STATE)
        count = old.transport.partitions(MODEL.name)
        totals = merged_totals(self._copier.totals, count, new.partitions)
        self._send(totals_records(totals, old.base))
        done.accepted = accepted(totals)
        self._compare(*STATE)

    def copy_lists(self) -> None:
        """Copy the lists, and compare."""
        self._make(RECOMMENDATIONS.name)
        self._copy(RECOMMENDATIONS)
        self._compare(RECOMMENDATIONS)

    def _make(self, *topics: str) -> None:
        self._new.cluster.make(topics, self._new.partitions, self._new.replication)

    def _send(self, records: Iterable[Send]) -> None:
        for record in records:
            self._batches.send(record)
        self._batches.end()

    def _line(self, spec: TopicSpec, times: int) -> Advance:
        """Begin a line of the progress, for a topic that is read so often."""
        full = f"{self._old.base}.{spec.name}"
        count = self._old.transport.partitions(spec.name)
        sizes = self._old.cluster.sizes({full: count})
        return self._begin(spec.name, times * sizes[full])

    def _copy(self, *specs: TopicSpec) -> None:
        for spec in specs:
            line = self._line(spec, 2)
            self.done.held[spec.name] = self._copier.copy(spec, line, LEFT_OUT)

    def _copy_memory(self) -> None:
        """Copy what diversify remembers, and compare."""
        old, new, spec = self._old, self._new, DIVERSIFY_CHANGELOG
        make = self._graph["diversify"].make
        line = self._line(spec, 1)
        found = remembered(old.transport, lambda p: make(p, None), line)
        made = moved(found, old.base, new.partitions)
        self._send(memory_records(made, old.base))
        again = remembered(new.transport, lambda p: make(p, None), lambda _: None)
        held = self.done.held[spec.name] = made.held()
        compare(spec.name, held, again.held())
        self.done.waiting = made.waiting

    def _compare(self, *specs: TopicSpec) -> None:
        """Read copies as they are, with another reader, and compare."""
        new, done = self._new, self.done
        with new.whole() as whole:
            for spec in specs:
                copied = done.held[spec.name]
                line = self._begin(f"{spec.name}, again", copied.keys)
                records = whole.read(spec.name)
                found, learnt = held_of(records, spec, new.partitions, LEFT_OUT, line)
                compare(spec.name, copied, found)
                if spec is MODEL:
                    compare("totals", done.accepted, learnt)
