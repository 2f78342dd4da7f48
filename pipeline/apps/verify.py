"""Whether each event of the application has had its effect once, read from the topics.

Lost is an event or a feedback record of which no feature and no dead letter tells;
twice is a unit that stands in a topic more than once. The topics are read from their
beginning, read_committed, as any application could; what retention has taken cannot be
told.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pipeline.runtime.dead_letters import source
from pipeline.runtime.intake import rows
from pipeline.runtime.transport import Raw
from topics import EVENTS, EXAMPLES, FEATURES, FEEDBACK, MODEL, RECOMMENDATIONS, SAMPLES
from topics.codec import read_section
from topics.dead_letters import HEADER_SOURCE
from topics.model import TOTALS
from topics.spec import Position, TopicSpec

INPUTS = (EVENTS, FEEDBACK)
UNITS = (FEATURES, EXAMPLES, SAMPLES, RECOMMENDATIONS)
READ = (*(spec.name for spec in INPUTS), *(f"{spec.name}.dlq" for spec in INPUTS))


@dataclass(slots=True)
class Found:
    """What one topic holds.

    Args:
        records: Records or units, by what they come from.
        forwarded: Records that were forwarded from another partition.
    """

    records: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    forwarded: int = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return self.records.total()

    @property
    def twice(self) -> int:
        """How many are there once too often."""
        return self.records.total() - len(self.records)


@dataclass(slots=True)
class Verdict:
    """What was found in all topics.

    Args:
        topics: By short name.
        accepted: Interactions that the model has learnt, as its totals say.
    """

    topics: dict[str, Found] = field(default_factory=dict)
    accepted: int = 0

    @property
    def lost(self) -> list[Position]:
        """Inputs of which nothing tells."""
        told = {at for name in ("features", *READ[2:]) for at, *_ in self._of(name)}
        return [at for name in READ[:2] for at, *_ in self._of(name) if at not in told]

    @property
    def twice(self) -> dict[str, int]:
        """Units once too often, by topic."""
        return {name: f.twice for name, f in self.topics.items() if f.twice}

    @property
    def learnt(self) -> int:
        """Examples of interactions, each of which the model should have accepted."""
        return sum(
            n for (_, o), n in self._of("examples").items() if o == "interaction"
        )

    @property
    def holds(self) -> bool:
        """Nothing lost, nothing twice, all learnt."""
        return not self.lost and not self.twice and self.accepted == self.learnt

    def _of(self, name: str) -> Counter[tuple[Any, ...]]:
        found = self.topics.get(name)
        return found.records if found else Counter()


def verify(records: Iterable[Raw]) -> Verdict:
    """Count the records of `topics_read()`, in any order."""
    verdict = Verdict({name: Found() for name in topics_read()})
    units = {spec.name: spec for spec in UNITS}
    totals: dict[str, int] = {}
    for raw in records:
        found = verdict.topics[raw.topic]
        if raw.topic in units:
            found.records.update(_units(units[raw.topic], raw))
        elif raw.topic == MODEL.name:
            _note_totals(raw, totals)
        elif raw.topic.endswith(".dlq"):
            found.records[source(raw),] += 1
        elif any(name == HEADER_SOURCE for name, _ in raw.headers):
            found.forwarded += 1
        else:
            found.records[source(raw),] += 1
    verdict.accepted = sum(totals.values())
    return verdict


def topics_read() -> list[str]:
    """Short names of the topics that `verify` wants to see."""
    return [*READ, *(spec.name for spec in UNITS), MODEL.name]


def _units(spec: TopicSpec, raw: Raw) -> list[tuple[Any, ...]]:
    """What identifies each unit of a record; ticks and forgets are no event's."""
    units = [row.value for row in rows(spec, raw) if row.value is not None]
    if spec is FEATURES:
        told = ("interaction", "impression")
        return [(unit.source,) for unit in units if unit.kind in told]
    if spec is RECOMMENDATIONS:
        return [
            (unit.slate_id, unit.user_id) for unit in units if unit.user_id[0] != "~"
        ]
    return [(unit.source, unit.origin) for unit in units]


def _note_totals(raw: Raw, totals: dict[str, int]) -> None:
    key = (raw.key or b"").decode()
    if not key.startswith(f"{TOTALS}/"):
        return
    for row in rows(MODEL, raw):
        section = read_section(row.value.sections["popularity"])
        totals[key] = int(section["accepted"])
