"""Audience, the reading side: items that users like this one act on."""

from math import log1p

import numpy as np

from pipeline.logic.arrays import Mask, Matrix, Slots, Vector
from pipeline.logic.expert import Moment, Part, Section
from pipeline.logic.experts.audience import AudienceConfig
from pipeline.logic.experts.grow import grown
from pipeline.logic.experts.leaders import Leaders
from pipeline.logic.experts.ragged import Ragged
from pipeline.logic.kernels.audience import Audiences, count_again
from pipeline.logic.kernels.audience_features import Kind, audience_features
from pipeline.logic.kernels.leaders import Values
from pipeline.logic.slots import SlotTable

PROPOSED = 40
"""So many items are proposed for the user's stage, and for the session's."""
PRIORS: Values = np.array([10.0, 5.0])
"""A stage of so many interactions, and one of a session, are half believed."""
ATTRIBUTE_PRIOR = 20.0
"""An attribute of this many interactions is half believed."""
NO_CONTEXT: Vector = np.zeros(0, np.float32)


class AudienceReader:
    """Stages, sessions and attributes of the users of all items.

    The share of an item among users of a stage, or of an attribute, is held against
    its share among all users.

    Args:
        config: As of the writer.
        keep: How many of the items that a stage acts on most are looked at.
    """

    name = "audience"
    part: Part = "rows"
    feature_names: tuple[str, ...] = (
        "stage",
        "session",
        "attributes",
        "attribute",
        "experience",
        "apart",
    )
    context_names: tuple[str, ...] = ()

    def __init__(self, config: AudienceConfig, keep: int = 1_000) -> None:
        self._config = config
        columns = len(config.stages) + 2 * len(config.sessions)
        self._leaders = Leaders(columns, keep)
        self._events: Values = np.zeros(1024)
        self._experience: Values = np.zeros(1024)
        self._totals: Values = np.zeros(columns)
        self._ids = SlotTable()
        self._attributes = Ragged()
        self._by_attribute: Values = np.zeros(256)
        self._places: Slots = np.full(256, -1, np.int64)

    def assign(self, slot: int, section: Section) -> None:
        """Take the audience of an item."""
        raw = section.get("stages", b"") + section.get("sessions", b"")
        counts = np.frombuffer(raw, "<u4").astype(np.float64)
        if len(counts) != len(self._totals):
            counts = np.zeros(len(self._totals))
        self._events = grown(self._events, slot + 1, 0)
        self._experience = grown(self._experience, slot + 1, 0)
        self._totals += counts
        if slot < len(self._leaders.values):
            self._totals -= np.maximum(self._leaders.values[slot], 0)
        self._events[slot] = counts[: len(self._config.stages)].sum()
        self._experience[slot] = section.get("experience", 0.0)
        counts[counts == 0] = -np.inf
        self._leaders.assign(slot, counts)
        self._assign_attributes(slot, section)

    def _assign_attributes(self, slot: int, section: Section) -> None:
        ids = [self._ids.add(text) for text in section.get("ids", ())]
        old = self._attributes.get(slot).copy()
        if not ids and not len(old):
            return
        pairs = np.empty(2 * len(ids), np.int64)
        pairs[::2] = ids
        pairs[1::2] = np.frombuffer(section.get("seen", b""), "<f4")
        self._by_attribute = grown(self._by_attribute, self._ids.size, 0)
        self._places = grown(self._places, self._ids.size, -1)
        self._attributes.assign(slot, pairs)
        if count_again(self._by_attribute, old, pairs):
            for attribute in old[::2].tolist():
                if not self._by_attribute[attribute]:
                    self._ids.drop(self._ids.id_of(attribute) or "")

    def assign_shared(self, key: str, section: Section) -> None:
        """Nothing: an audience belongs to an item."""

    def drop(self, slot: int) -> None:
        """The item is gone."""
        if slot < len(self._events):
            self.assign(slot, {})

    def candidates(self, moment: Moment, listable: Mask) -> Slots:
        """What users of this stage, and of this stage of a session, act on most."""
        return self._leaders.first_open(self._buckets(moment), listable, PROPOSED)

    def context(self, moment: Moment) -> Vector:
        """Nothing."""
        return NO_CONTEXT

    def features(self, moment: Moment, slots: Slots, out: Matrix) -> None:
        """How far users like this one prefer an item to all users, logits."""
        audiences = Audiences(
            self._leaders.values,
            self._events,
            self._experience,
            float(self._totals[: len(self._config.stages)].sum()),
        )
        # In the user's order, that sums are the same to the last bit everywhere.
        ids = dict.fromkeys(map(self._ids.get, moment.attributes))
        own = np.array([each for each in ids if each >= 0], np.int64)
        self._places[own] = np.arange(len(own))
        buckets = self._buckets(moment)
        kind = Kind(
            buckets,
            self._totals[buckets],
            PRIORS,
            self._places,
            self._by_attribute[own],
            ATTRIBUTE_PRIOR,
            log1p(moment.history),
        )
        audience_features(audiences, self._attributes.arrays, slots, kind, out)
        self._places[own] = -1

    def because(self, moment: Moment, slots: Slots) -> Slots:
        """No recent item speaks here."""
        return np.full(len(slots), -1, np.int64)

    def _buckets(self, moment: Moment) -> Slots:
        """Columns of the user's stage and of the session's, int64 (2,)."""
        times_ms = moment.recent_times_ms[-self._config.sessions[-1] :].tolist()
        session = self._config.session(moment.history, times_ms, moment.now_ms)
        stage = self._config.stage(moment.history)
        return np.array([stage, len(self._config.stages) + session])
