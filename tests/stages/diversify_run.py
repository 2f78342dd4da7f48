"""A task of diversify, fed by hand: what it gives, and what its changelog holds."""

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from pipeline.stage import Fate, In, Row
from pipeline.stages.diversify import Diversify, DiversifyConfig
from tests.build import NOW_MS, feature
from topics import codec
from topics.diversify_changelog import DIVERSIFY_CHANGELOG, Memory
from topics.examples import Example
from topics.features import Feature
from topics.spec import Position

FAR_MS = NOW_MS + 10**9
WINDOW_S = 600
LATENESS_S = 10


def click(at_s: float = 0, offset: int = 0, **fields: Any) -> Feature:
    """A click, that many seconds after the beginning."""
    source = Position("events", 0, offset)
    return feature(at_ms=NOW_MS + round(at_s * 1000), source=source, **fields)


def dislike(at_s: float = 0, offset: int = 0, **fields: Any) -> Feature:
    """A dislike."""
    return click(at_s, offset, type="dislike", weight=-2.0, **fields)


def shown(at_s: float = 0, offset: int = 0, **fields: Any) -> Feature:
    """An impression, of slate `s` unless said otherwise."""
    unit = {"kind": "impression", "type": "impression", "weight": 0.0, "slate_id": "s"}
    return click(at_s, offset, **(unit | fields))


def tick(at_s: float = WINDOW_S + LATENESS_S, offset: int = 0) -> Feature:
    """Time moves on, far enough to close what was shown at the beginning."""
    empty = {"user_id": "", "item_id": "", "type": "", "weight": 0.0}
    return click(at_s, offset, kind="tick", **empty)


def forget(at_s: float = 0, offset: int = 0, user_id: str = "u") -> Feature:
    """The application wants a user forgotten."""
    empty = {"item_id": "", "type": "", "weight": 0.0}
    return click(at_s, offset, kind="forget", user_id=user_id, **empty)


def inputs(units: Iterable[Feature]) -> list[In]:
    """Units of packs of `features`."""
    return [
        In("features", "", unit, Position("features", 0, n), unit.append_time_ms)
        for n, unit in enumerate(units)
    ]


class Run:
    """A task, all that it gave, and its changelog."""

    def __init__(self, log: Iterable[bytes] = (), **settings: Any) -> None:
        self.settings = settings
        self.task = Diversify(0, DiversifyConfig(**settings))
        self.examples: list[Example] = []
        self.samples: list[Example] = []
        self.fates: Counter[tuple[Fate, str]] = Counter()
        self.log = list(log)
        for pack in self.log:
            for memory in codec.read(DIVERSIFY_CHANGELOG, pack):
                self.task.restore(Row("", memory))

    def take(self, *units: Feature) -> list[Example]:
        """Work on one poll; the examples that it gave."""
        result = self.task.on_batch(inputs(units), NOW_MS)
        given = [out.unit for out in result.outputs if out.topic == "examples"]
        self.examples += given
        self.samples += [o.unit for o in result.outputs if o.topic == "samples"]
        self.fates += result.fates
        return given

    def commit(self) -> list[Memory]:
        """Append what was touched to the changelog, as bytes."""
        memories = [row.value for row in self.task.touched()]
        self.log += [pack for pack, _ in codec.write_packs(memories)]
        self.task.commit()
        return memories

    def restarted(self) -> "Run":
        """Another task, restored from the changelog."""
        return Run(self.log, **self.settings)

    def dropped(self) -> dict[str, int]:
        """How many units were dropped, by reason."""
        return {
            reason: count
            for (fate, reason), count in self.fates.items()
            if fate is Fate.DROPPED
        }

    def count(self, fate: Fate) -> int:
        """How many units have this fate."""
        return sum(n for (each, _), n in self.fates.items() if each is fate)


def memory_of(task: Diversify) -> bytes:
    """All that a task remembers, as it would write it."""
    task = deepcopy(task)
    task.on_time(FAR_MS, idle_ms=0)
    memories = [row.value for row in task.touched()]
    return codec.write(
        [m for m in memories if m != Memory(m.entry, m.user_id, m.item_id)]
    )
