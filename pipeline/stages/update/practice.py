"""A sample -> the list that its user could have got, ranked and then learnt from."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from pipeline.logic.arrays import Slots
from pipeline.logic.drift import Adwin, Boost
from pipeline.logic.expert import Section
from pipeline.logic.guard import Guard
from pipeline.logic.intervals import has_passed
from pipeline.logic.kernels.ranking import best
from pipeline.logic.prequential import DEPTH, Prequential
from pipeline.logic.ranker_settings import RankerSettings
from pipeline.logic.ranking import most_popular, propose
from pipeline.logic.sampling import in_share
from pipeline.stages.model_replica import GUARD, RANKER, Model
from pipeline.stages.moments import had_of, moment_of
from topics.samples import Sample

LATE_MS = 2_000
"""A pack that waited so long says that there is more to do than time."""
PACE_MS = 1_000
LEAST_SHARE = 0.05
SETTLED = 50_000
"""After so many lists the ranker changes little, and a part of the samples keeps it
up to date: ranking one costs as much as a list that is served."""
SETTLED_SHARE = 0.25


class Part(Protocol):
    """What stands in `~dense`."""

    def section(self) -> dict[str, Any]:
        """What it holds."""

    def load(self, section: Mapping[str, Any]) -> None:
        """Take back what `section` gave."""


class Practice:
    """Test, then train: the ranker, on lists made as publish makes them.

    Beside it stand the figures of the test: how often the item stood in the list, the
    same for plain popularity, whether that has changed (drift; the ranker then learns
    faster for a while), and whether the blend is to be held back (guard).

    Args:
        model: The replica, as it was before the sample.
        settings: Of the ranker.
        share: Of the samples that are ranked; which, is decided by their source. None
            lets it follow the load.
    """

    def __init__(
        self, model: Model, settings: RankerSettings, share: float | None
    ) -> None:
        self._model = model
        self._follows_load = share is None
        self._paced_ms = 0
        self.share = 1.0 if share is None else share
        self.ranker = model.new_ranker(settings)
        self._figures = Prequential()
        self._drift = Adwin()
        self._boost = Boost()
        self._guard = Guard()
        self._parts: dict[str, Part] = {
            RANKER: self.ranker,
            GUARD: self._guard,
            "prequential": self._figures,
            "drift": self._drift,
            "boost": self._boost,
        }

    def pace(self, now_ms: int, lag_ms: int) -> None:
        """Rank fewer samples while they have to wait, and more again later.

        Once a second: a backlog holds many packs, and each says the same.

        Args:
            now_ms: The clock's time.
            lag_ms: How long ago the pack at hand was appended.
        """
        if not self._follows_load or not has_passed(PACE_MS, self._paced_ms, now_ms):
            return
        self._paced_ms = now_ms
        if lag_ms > LATE_MS:
            self.share = max(self.share * 0.8, LEAST_SHARE)
        elif lag_ms < LATE_MS / 2:
            self.share = min(self.share * 1.25, 1.0)

    def ranks(self, sample: Sample) -> bool:
        """Whether a list is to be learnt from: a new item, acted on in favour."""
        if not is_new(sample):
            return False
        share = self.share
        if self._figures.scored >= SETTLED:
            share *= SETTLED_SHARE
        return share >= 1 or in_share(f"rank/{sample.source}", share)

    def practise(self, sample: Sample) -> list[str]:
        """Make the list, see where the item stands, learn from it.

        Args:
            sample: One that `ranks`.

        Returns:
            What people should be told: that hits have changed, or the guard acted.
        """
        place, popular = self._rank(sample)
        self._figures.update(place, popular)
        hit, popular_hit = 0 <= place < DEPTH, 0 <= popular < DEPTH
        notices = []
        if self._drift.update(float(hit)):
            notices.append(self._alarm())
        held = self._guard.held
        if self._guard.update(float(hit), float(popular_hit)) != held:
            notices.append(
                "guard: lists are recovered, the ranker decides again"
                if held
                else "guard: popularity alone does better, lists follow it for now"
            )
        return notices

    def _alarm(self) -> str:
        """Hits have changed; only if they are worse there is something to catch up."""
        hits = f"{self._drift.mean:.3f}"
        if self._drift.direction > 0:
            return f"drift: hits are better than they were, {hits}"
        self._boost.start()
        return f"drift: hits are worse, {hits}; the ranker learns faster for a while"

    def _rank(self, sample: Sample) -> tuple[int, int]:
        """Rank of the item in the list and among the popular ones, from 0; -1 if none.

        Among the popular ones only the first `DEPTH` are looked at.
        """
        model, ranker = self._model, self.ranker
        catalogue = model.catalogue
        # When the next event comes nobody knows beforehand: publish knows no later
        # time than that of the newest event, the user's or anyone's.
        now_ms = max([model.version, *sample.recent_times_ms[-1:]])
        moment = moment_of(sample, catalogue.table, now_ms, sample.attributes)
        proposed = propose(catalogue, moment, had_of(sample.had), ranker, DEPTH)
        slots, slot = proposed.slots, catalogue.table.get(sample.item_id)
        popular = _place(most_popular(catalogue, proposed, DEPTH), slot)
        factor = self._boost.step()
        place = int(np.searchsorted(slots, slot))
        if slot < 0 or place == len(slots) or slots[place] != slot:
            return -1, popular
        scores = ranker.learn(proposed.asked, place, factor)
        order = best(scores, catalogue.hashes(slots), len(scores))
        return _place(order, place), popular

    def sections(self) -> dict[str, Section]:
        """What all of it holds, by name; `load` is inverse to the last bit."""
        return {name: part.section() for name, part in self._parts.items()}

    def load(self, sections: Mapping[str, Section]) -> None:
        """Take back what `sections` gave; a part that is not there stays as it is."""
        for name, part in self._parts.items():
            if name in sections:
                part.load(sections[name])

    def gauges(self) -> dict[str, float]:
        """Figures for metrics, by short name."""
        return {
            "lists_learnt": self.ranker.lists,
            "ranker_share": self.share,
            "ranker_boost": self._boost.factor,
            "drift_alarms": self._drift.alarms,
            **self._figures.all(),
            **self._guard.all(),
        }


def is_new(sample: Sample) -> bool:
    """Whether a user acted in favour of an item for the first time."""
    return bool(sample.origin == "interaction" and sample.label and not sample.repeat)


def _place(slots: Slots, slot: int) -> int:
    found = np.flatnonzero(slots == slot)
    return int(found[0]) if len(found) else -1
