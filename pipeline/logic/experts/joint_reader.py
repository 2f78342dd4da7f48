"""The joint regression of items on items: the reading side."""

import numpy as np

from pipeline.logic.arrays import Mask, Matrix, Slots, Vector
from pipeline.logic.expert import Moment, Part, Section
from pipeline.logic.experts.grow import grown
from pipeline.logic.experts.joint_rows import WEIGHTS
from pipeline.logic.kernels.joint import add_rows, best_of
from pipeline.logic.slots import SlotTable

PROPOSED = 40
"""How many items it proposes for a list."""


class JointReader:
    """What all items that a user had say together of each item.

    Args:
        slots: The dictionary of ids to slots that all readers of the replica share.
    """

    name = "joint"
    part: Part = "dense"
    feature_names: tuple[str, ...] = ("had",)
    context_names: tuple[str, ...] = ()

    def __init__(self, slots: SlotTable) -> None:
        self._slots = slots
        self._weights: Matrix = np.zeros((0, 0), np.float32)
        self._place_of_id: dict[str, int] = {}
        self._slot_of: Slots = np.zeros(0, np.int64)
        self._place_of: Slots = np.zeros(0, np.int64)
        self._coming: dict[int, Section] = {}
        self._scored: tuple[Moment, Vector] | None = None

    def assign(self, slot: int, section: Section) -> None:
        """The item has this slot; what it is called does not matter here."""
        self._place_of = grown(self._place_of, slot + 1, -1)
        place = self._place_of_id.get(self._slots.id_of(slot) or "", -1)
        if self._place_of[slot] != place:
            self._bind(slot, place)

    def assign_shared(self, key: str, section: Section) -> None:
        """Take a block of weights; they count once all blocks of one fit are there."""
        if key.split("/")[1:2] != [WEIGHTS]:
            return
        if any(each["fit"] < section["fit"] for each in self._coming.values()):
            self._coming.clear()
        newest = max((each["fit"] for each in self._coming.values()), default=0)
        if section["fit"] < newest:  # of an earlier time, when blocks were more
            return
        self._coming[section["first"]] = section
        if sum(len(each["ids"]) for each in self._coming.values()) == section["size"]:
            self._take()

    def drop(self, slot: int) -> None:
        """The item is gone; its slot may be given to another."""
        if slot < len(self._place_of):
            self._bind(slot, -1)

    def candidates(self, moment: Moment, listable: Mask) -> Slots:
        """The items of the highest sums, if above 0, ascending."""
        scores = self._scores(moment)[:-1]
        return best_of(scores, self._slot_of, listable, PROPOSED)

    def context(self, moment: Moment) -> Vector:
        """Nothing."""
        return np.zeros(0, np.float32)

    def features(self, moment: Moment, slots: Slots, out: Matrix) -> None:
        """The sum of the weights from all that the user had; 0 of other items."""
        out[0] = self._scores(moment)[self._places(slots)]

    def because(self, moment: Moment, slots: Slots) -> Slots:
        """The recent items with the largest weights to these."""
        recent = moment.recent[self._places(moment.recent) >= 0]
        if not len(recent) or not len(slots):
            return np.full(len(slots), -1, np.int64)
        places = self._places(slots)
        weights = self._weights[np.ix_(self._places(recent), places)]
        most = np.argmax(weights, axis=0)
        speaks = (places >= 0) & (weights[most, np.arange(len(slots))] > 0)
        return np.where(speaks, recent[most], -1)

    def _scores(self, moment: Moment) -> Vector:
        """Sums by place, and 0 at the end: of the place -1; float32 (n + 1,).

        Asked for several times, worked out once.
        """
        if self._scored is None or self._scored[0] is not moment:
            # Who leaves nothing out of lists does not say either what the user had.
            had = moment.had if len(moment.had) else moment.recent
            if len(moment.disliked):
                had = had[~np.isin(had, moment.disliked)]
            scores = np.zeros(len(self._weights) + 1, np.float32)
            add_rows(self._weights, self._places(had), scores)
            self._scored = moment, scores
        return self._scored[1]

    def _places(self, slots: Slots) -> Slots:
        """Places of slots, -1 for none, int64 (n,)."""
        self._place_of = grown(self._place_of, int(slots.max(initial=-1)) + 1, -1)
        return self._place_of[slots]

    def _bind(self, slot: int, place: int) -> None:
        """A slot has another place, or none."""
        self._scored = None
        old = self._place_of[slot]
        if old >= 0:
            self._slot_of[old] = -1
        self._place_of[slot] = place
        if place >= 0:
            self._slot_of[place] = slot

    def _take(self) -> None:
        """Have the weights of a whole fit take the place of those before."""
        blocks = [self._coming[first] for first in sorted(self._coming)]
        self._coming = {}
        ids = [item for block in blocks for item in block["ids"]]
        flat = np.frombuffer(b"".join(block["weights"] for block in blocks), "<f2")
        self._weights = flat.astype(np.float32).reshape(len(ids), len(ids))
        self._place_of_id = {item: place for place, item in enumerate(ids)}
        self._slot_of = self._slots.get_all(ids)
        known = np.flatnonzero(self._slot_of >= 0)
        self._place_of[:] = -1
        self._place_of = grown(self._place_of, self._slots.size, -1)
        self._place_of[self._slot_of[known]] = known
        self._scored = None
