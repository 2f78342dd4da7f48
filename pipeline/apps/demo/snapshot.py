"""What is shown at one moment, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.apps.demo.meter import Spread
from pipeline.apps.quality import Quality


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """One worker.

    Args:
        name: With its ordinal.
        in_per_s: Units that it reads in a second.
        out_per_s: Units that it writes in a second.
        units_in: Units read in all.
        lag: Records not yet read.
        state: `ready`, or what keeps it from working.
    """

    name: str
    in_per_s: float
    out_per_s: float
    units_in: int
    lag: int
    state: str


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item of a list, in words."""

    rank: int
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class ShownList:
    """A user's newest list.

    Args:
        user: Whose.
        about: Who that is, as far as is known.
        after: What the user did last.
        items: The first ones.
    """

    user: str
    about: str
    after: str
    items: Sequence[ShownItem]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything.

    Args:
        elapsed_s: Since the first event.
        sent: Events handed over.
        total: Events there are.
        sent_per_s: Events in a second.
        lists: Lists read.
        lists_per_s: Lists in a second.
        latency: From event to list, of the last ten seconds.
        quality: Live hit rate beside popularity's.
        workers: Each.
        shown: Lists of one or two users.
        state: What is going on.
    """

    elapsed_s: float
    sent: int
    total: int
    sent_per_s: float
    lists: int
    lists_per_s: float
    latency: Spread
    quality: Quality
    workers: Sequence[WorkerLine]
    shown: Sequence[ShownList]
    state: str

    @property
    def lag(self) -> int:
        """Records that wait, over all workers."""
        return sum(worker.lag for worker in self.workers)
