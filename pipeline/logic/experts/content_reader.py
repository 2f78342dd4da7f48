"""Content, the reading side: items like those that a user cares for."""

from math import inf

import numpy as np

from pipeline.logic.arrays import Mask, Matrix, Slots, Vector
from pipeline.logic.expert import Moment, Part, Section
from pipeline.logic.experts.latents import Latents
from pipeline.logic.experts.names import Names
from pipeline.logic.kernels.content import (
    content_features,
    content_scores,
    most_alike,
    no_profiles,
    profile,
)
from pipeline.logic.kernels.ranking import distinct
from pipeline.logic.pca import marked
from pipeline.logic.rerank import cosine, one_hot

PROPOSING = 8
"""So many of the names that recent items have propose items."""
NEWEST = 10
"""So many items of one name are looked at: the newest."""
BEST = 40
"""So many besides: those that are worth most."""
PROPOSED = 50
"""So many of all these are proposed."""
NO_CONTEXT: Vector = np.zeros(0, np.float32)
NO_SLOTS: Slots = np.zeros(0, np.int64)


class ContentReader:
    """Categories and tags of all items, held against those of recent items.

    A name lifts an item by how far its share of the user's recent items, counting less
    the longer they are past, exceeds its share of the catalogue. Besides, items are
    near each other by what their names go together with.
    """

    name = "content"
    part: Part = "rows"
    feature_names: tuple[str, ...] = ("mid", "fast", "slow", "most", "latent")
    context_names: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._names = Names()
        self.latents = Latents(self._names)
        self._profiles = no_profiles(256)
        self._of: Moment | None = None

    def assign(self, slot: int, section: Section) -> None:
        """Take the content of an item."""
        self._of = None
        texts = marked(section.get("categories", ()), section.get("tags", ()))
        if self._names.assign(slot, texts, section.get("worth", -inf)):
            self.latents.move(slot)

    def assign_shared(self, key: str, section: Section) -> None:
        """Take the basis to which content is reduced."""
        self.latents.take(section)

    def drop(self, slot: int) -> None:
        """The item is gone."""
        self.assign(slot, {})

    def candidates(self, moment: Moment, listable: Mask) -> Slots:
        """Items of the names that stand out in recent items, those that score best."""
        self._look_at(moment)
        touched = self._profiles.touched[: self._profiles.size[0]]
        if not len(touched):
            return NO_SLOTS
        order = np.argsort(-self._profiles.lifts[touched, 0], kind="stable")
        names = touched[order[:PROPOSING]]
        slots = self._names.items_of(names, listable, NEWEST, BEST)
        slots.sort()
        slots = distinct(slots)
        if len(slots) <= PROPOSED:
            return slots
        scores = np.empty(len(slots), np.float32)
        content_scores(self._names.named, self._profiles, slots, scores)
        return slots[np.argpartition(scores, -PROPOSED)[-PROPOSED:]]

    def context(self, moment: Moment) -> Vector:
        """Nothing."""
        return NO_CONTEXT

    def features(self, moment: Moment, slots: Slots, out: Matrix) -> None:
        """How far the names of items stand out in recent ones, logits; and a cosine."""
        self._look_at(moment)
        content_features(self._names.named, self._profiles, slots, out[:-1])
        self.latents.feature(moment.recent, slots, out[-1])

    def _look_at(self, moment: Moment) -> None:
        """Make the profiles those of this user."""
        if self._of is moment:
            return
        named = self._names.named
        if len(self._profiles.lifts) < len(named.items):
            self._profiles = no_profiles(len(named.items))
        profile(named, moment.recent, self._profiles)
        self._of = moment

    def because(self, moment: Moment, slots: Slots) -> Slots:
        """The recent items that share most names with these, the newest of them."""
        return most_alike(self._names.named, slots, moment.recent)

    def alike(self, slots: Slots) -> Matrix:
        """How alike items are by their names, cosine, 0 to 1, float32 (n, n)."""
        return cosine(one_hot(*self._names.of(slots)))
