"""Whether each event of the application has had its effect once, told by the topics.

Lost is a record of which no feature and no dead letter tells, though its user was not
forgotten; or one that Kafka acknowledged, and that is not there. A dead letter that was
sent again tells nothing: what was sent again must have had its effect. Twice is a unit
that stands in a topic more than once. The topics are read from their beginning, as any
application could; what retention has taken cannot be told.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.apps import verify_log as log
from pipeline.apps.verify_brought import Brought, read_brought
from pipeline.apps.verify_inputs import Letters, Sent, read_inputs, read_letters
from pipeline.apps.verify_log import INPUTS, Place, ReadTopic, Unit
from pipeline.apps.verify_rules import Dropped, dropped

PACKS = ("features", "examples", "samples")
ACTS = ("interaction", "impression")
Acknowledged = Mapping[Place, int]
"""CRC-32 of the value of each record that Kafka has acknowledged."""


@dataclass(slots=True)
class Found:
    """What one topic holds.

    Args:
        units: By what they come from.
        forwarded: Records that were forwarded from another partition.
    """

    units: Counter[Any] = field(default_factory=Counter)
    forwarded: int = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return self.units.total()

    @property
    def twice(self) -> int:
        """How many are there once too often."""
        return self.units.total() - len(self.units)


@dataclass(slots=True)
class Verdict:
    """What was found in all topics.

    Args:
        topics: By short name.
        lost: Records that were sent, and have had no effect.
        out_of_order: Users whose features stand in another order than their records.
        unaccounted: What comes from no record that was sent, and interactions that were
            not learnt for no reason that the topics tell.
        fates: What became of the records and of their interactions, by word.
        accepted: Interactions that the model has learnt, as its totals say.
        learnt: Examples of interactions, each of which it should have accepted.
    """

    topics: dict[str, Found] = field(default_factory=lambda: defaultdict(Found))
    lost: list[Place] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    unaccounted: list[Place] = field(default_factory=list)
    fates: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    learnt: int = 0

    @property
    def twice(self) -> dict[str, int]:
        """Units once too often, by topic."""
        return {name: f.twice for name, f in self.topics.items() if f.twice}

    @property
    def holds(self) -> bool:
        """Nothing lost, twice, out of order or unaccounted for, and all learnt."""
        wrong = (self.lost, self.twice, self.out_of_order, self.unaccounted)
        return not any(wrong) and self.accepted == self.learnt


def verify(read: ReadTopic, acknowledged: Acknowledged, rules: Dropped) -> Verdict:
    """Audit a deployment whose workers have caught up.

    Args:
        read: Gives all records of a topic.
        acknowledged: What was sent; records in the topics are audited besides.
        rules: For what an interaction may have been dropped.
    """
    verdict = Verdict()
    sent, letters, brought = read_inputs(read), read_letters(read), read_brought(read)
    _count(sent, letters, verdict)
    features = list(log.units(read("features")))
    acts = [unit for unit in features if unit.fields["kind"] in ACTS]
    verdict.topics["features"].units.update(unit.place for unit in acts)
    used = {unit.place for unit in acts}
    told = letters.dead | used
    # One fate each: what is dead and has had its effect all the same counts once more.
    verdict.topics["features"].units.update(letters.dead & used)
    forgotten = brought.forgotten | _forgotten(features)
    _judge_inputs(sent, acknowledged, told, forgotten, verdict)
    verdict.unaccounted += sorted((told | letters.replayed) - sent.crcs.keys())
    again = letters.replayed & sent.again.keys()
    _judge_order(acts, {place: sent.again[place][1] for place in again}, verdict)
    for name in ("examples", "samples"):
        verdict.topics[name].units.update(
            (*unit.place, unit.fields["origin"]) for unit in log.units(read(name))
        )
    lists = log.slates(read("recommendations"))
    verdict.topics["recommendations"].units.update(lists)
    _judge_learning(acts, rules, brought, verdict)
    verdict.accepted = log.accepted(read("model")) - brought.accepted
    return verdict


def _count(sent: Sent, letters: Letters, verdict: Verdict) -> None:
    for name, units in sent.units.items():
        verdict.topics[name] = Found(units, sent.forwarded[name])
    for name, dead in letters.units.items():
        verdict.topics[name] = Found(dead)
    verdict.fates["dead letters"] = letters.left
    verdict.fates["sent again"] = letters.resent


def _forgotten(features: Iterable[Unit]) -> dict[str, int]:
    """Append time of the record that forgot a user last."""
    told = [unit.fields for unit in features if unit.fields["kind"] == "forget"]
    return {unit["user_id"]: unit.get("append_time_ms", 0) for unit in told}


def _judge_inputs(
    sent: Sent,
    acknowledged: Acknowledged,
    told: set[Place],
    forgotten: dict[str, int],
    verdict: Verdict,
) -> None:
    gone = [at for at, crc in acknowledged.items() if sent.crcs.get(at) != crc]
    untold = []
    for place in sent.crcs.keys() - told:
        user_id, time_ms = sent.events[place]
        at_ms = forgotten.get(str(user_id), 0)
        if isinstance(time_ms, int) and time_ms <= at_ms:
            verdict.fates["forgotten"] += 1
        else:
            untold.append(place)
    verdict.lost = sorted({*gone, *untold})


def _judge_order(
    acts: Iterable[Unit], stands: Mapping[Place, Place], verdict: Verdict
) -> None:
    """Of each user, what came from one partition stands in its order.

    Args:
        acts: In their order.
        stands: Where a record stands that was sent again, by where it stood first.
        verdict: Takes who is out of order.
    """
    newest: dict[tuple[str, str, int], int] = {}
    wrong = set()
    for unit in acts:
        user_id = unit.fields["user_id"]
        topic, partition, offset = stands.get(unit.place, unit.place)
        at = user_id, topic, partition
        if offset < newest.get(at, -1):
            wrong.add(user_id)
        newest[at] = max(offset, newest.get(at, -1))
    verdict.out_of_order = sorted(wrong)


def _judge_learning(
    acts: list[Unit], rules: Dropped, brought: Brought, verdict: Verdict
) -> None:
    """Each interaction is an example, or there is a reason why not."""
    examples = verdict.topics["examples"].units
    learnt = {key[:3]: n for key, n in examples.items() if key[3] == "interaction"}
    verdict.learnt = sum(learnt.values())
    interactions = [unit for unit in acts if unit.fields["kind"] == "interaction"]
    for place, reason in dropped(interactions, learnt.keys(), rules, brought):
        if reason:
            verdict.fates[reason] += 1
        else:
            verdict.unaccounted.append(place)
    made_of = {unit.place for unit in acts}
    origins = {key[:3] for name in PACKS[1:] for key in verdict.topics[name].units}
    older = {place for place in origins if place[0] not in INPUTS}
    if brought.waiting and len(older) <= brought.waiting:
        verdict.fates["waited before"] = len(older)
        origins -= older
    verdict.unaccounted += sorted(origins - made_of)
