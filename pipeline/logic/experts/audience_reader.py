"""Audience, the reading side: items that users like this one act on."""

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.expert import Moment, Part, Section
from pipeline.logic.experts.audience import AudienceConfig
from pipeline.logic.experts.evidence import Amounts
from pipeline.logic.experts.grow import grown
from pipeline.logic.experts.leaders import Leaders
from pipeline.logic.experts.nodes import Nodes
from pipeline.logic.experts.ragged import Ragged

STAGE_PRIOR = 10.0
"""A stage of this many interactions is half believed."""
ATTRIBUTE_PRIOR = 20.0
"""An attribute of this many interactions is half believed."""


class AudienceReader:
    """Stages and attributes of the users of all items.

    The share of an item among users of a stage, or of an attribute, is held against
    its share among all users.

    Args:
        config: As of the writer.
        keep: How many candidates can be asked for at most.
    """

    name = "audience"
    part: Part = "rows"
    feature_names = ("stage", "attributes", "experience")

    def __init__(self, config: AudienceConfig, keep: int = 500) -> None:
        self._config = config
        stages = len(config.stages)
        self._leaders = Leaders(stages, keep)
        self._stages: NDArray[np.float64] = np.zeros((1024, stages))
        self._experience = np.zeros(1024)
        self._by_stage = np.zeros(stages)
        self._ids = Nodes()
        self._attributes = Ragged()
        self._seen = Ragged()
        self._by_attribute = np.zeros(256)

    def assign(self, slot: int, section: Section) -> None:
        """Take the audience of an item."""
        stages = np.frombuffer(section.get("stages", b""), "<u4").astype(float)
        if len(stages) != len(self._config.stages):
            stages = np.zeros(len(self._config.stages))
        self._stages = grown(self._stages, slot + 1, 0)
        self._experience = grown(self._experience, slot + 1, 0)
        self._by_stage += stages - self._stages[slot]
        self._stages[slot] = stages
        self._experience[slot] = section.get("experience", 0.0)
        self._leaders.assign(slot, np.where(stages > 0, stages, -np.inf))
        self._assign_attributes(slot, section)

    def _assign_attributes(self, slot: int, section: Section) -> None:
        attributes = self._ids.add_all(section.get("ids", ()))
        seen = np.frombuffer(section.get("seen", b""), "<f4").astype(np.int64)
        self._by_attribute = grown(self._by_attribute, self._ids.size, 0)
        old = self._attributes.get(slot).copy()
        self._by_attribute[old] -= self._seen.get(slot)
        self._by_attribute[attributes] += seen
        self._attributes.assign(slot, attributes)
        self._seen.assign(slot, seen)
        for attribute in old[self._by_attribute[old] == 0].tolist():
            self._ids.drop(self._ids.id_of(attribute) or "")

    def assign_shared(self, key: str, section: Section) -> None:
        """Nothing: an audience belongs to an item."""

    def drop(self, slot: int) -> None:
        """The item is gone."""
        if slot < len(self._stages):
            self.assign(slot, {})
            self._leaders.drop(slot)

    def candidates(self, moment: Moment, n: int) -> Slots:
        """Items that users of this stage act on most, the most popular first."""
        return self._leaders.top(self._config.stage(moment.history), n)

    def score(self, moment: Moment, slots: Slots) -> Vector:
        """A logit: how far users like this one prefer an item to all users."""
        lifts: Vector = self.features(moment, slots)[:, :2].sum(axis=1)
        return lifts

    def features(self, moment: Moment, slots: Slots) -> Matrix:
        """What a ranker may weigh one by one, float32 (n, features), logits."""
        known = slots < len(self._stages)
        safe = np.where(known, slots, 0)
        counts = self._stages[safe] * known[:, None]
        events = counts.sum(axis=1)
        shares = (events + 0.1) / (self._by_stage.sum() + 100)
        stage = self._config.stage(moment.history)
        by_stage = lift(counts[:, stage], self._by_stage[stage], shares, STAGE_PRIOR)
        mean = self._experience[safe] / np.maximum(events, 1)
        apart = np.abs(mean - np.log1p(moment.history))
        columns = [
            np.where(events > 0, by_stage, 0),
            np.where(events > 0, self._by_attributes(moment, slots, shares), 0),
            np.where(events > 0, -apart, 0),
        ]
        return np.stack(columns, axis=1).astype(np.float32)

    def because(self, moment: Moment, slot: int) -> int:
        """No recent item speaks here."""
        return -1

    def _by_attributes(self, moment: Moment, slots: Slots, shares: Amounts) -> Amounts:
        """Mean lift over the user's attributes, float64 (n,)."""
        own = [self._ids.get(text) for text in moment.attributes]
        own = [attribute for attribute in own if attribute >= 0]
        lifts = np.zeros(len(slots))
        if not own:
            return lifts
        attributes, lengths = self._attributes.gather(slots)
        seen, _ = self._seen.gather(slots)
        item = np.repeat(np.arange(len(slots)), lengths)
        for attribute in own:
            has = attributes == attribute
            counts = np.bincount(item[has], seen[has], len(slots)).astype(float)
            total = self._by_attribute[attribute]
            lifts += lift(counts, total, shares, ATTRIBUTE_PRIOR)
        return lifts / len(own)


def lift(counts: Amounts, total: float, shares: Amounts, prior: float) -> Amounts:
    """How far items' shares of a part exceed their shares of the whole, as logarithm.

    Args:
        counts: Of each item, in the part.
        total: Of all items, in the part.
        shares: Of each item, in the whole.
        prior: So many counts are added as the whole has them.

    >>> lift(np.array([30.0, 0.0]), 90, np.array([0.1, 0.1]), prior=10).round(2)
    array([ 1.13, -2.3 ])
    """
    lifts: Amounts = np.log((counts + prior * shares) / (total + prior) / shares)
    return lifts
