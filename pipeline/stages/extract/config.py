"""Parameters of extract."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, nan

from pipeline.logic.weights import dwell_weight, rating_weight
from topics.spec import DAY_MS

WEIGHTS: Mapping[str, float] = {
    "view": 0.5,
    "click": 1.0,
    "play": 1.0,
    "like": 2.0,
    "dislike": -2.0,
    "share": 2.0,
    "save": 2.0,
    "add_to_cart": 2.0,
    "purchase": 3.0,
    "rating": 1.0,
    "dwell": 1.0,
    "skip": -0.5,
}
"""A click is 1. `rating` and `dwell` multiply the weight that their value gives."""


def weights_with(text: str) -> Mapping[str, float]:
    """The weights, with some in their place or beside them: `buy=3, view=0.1`.

    Raises:
        ValueError: a pair has no name, or no finite number.

    >>> weights = weights_with("buy=3, view=0.1,")
    >>> weights["buy"], weights["view"], weights["click"]
    (3.0, 0.1, 1.0)
    """
    own = {}
    for pair in filter(str.strip, text.split(",")):
        name, _, number = map(str.strip, pair.partition("="))
        try:
            own[name] = float(number)
        except ValueError:
            own[name] = nan
        if not name or not isfinite(own[name]):
            raise ValueError(f"{pair.strip()!r} has no name, or no number")
    return {**WEIGHTS, **own}


@dataclass(frozen=True, slots=True)
class ExtractConfig:
    """Parameters of extract.

    Args:
        weights: By event type, what an event counts for; below 0 it speaks against the
            item. A type that is not there is a dead letter.
        half_life_ms: Event time in which an interest in a category or tag halves.
        recent_items: Last interactions that a portrait keeps.
        feature_items: Last items in favour that a feature carries.
        had_items: Distinct items that a portrait remembers as had.
        event_ids: Event ids that a portrait remembers, to tell duplicates.
        names: Categories, and as many tags, in which a portrait keeps an interest.
        skew_ms: How far an event time may be beyond its record's append time.
        lateness_ms: How long after a user was forgotten events from before may come.
        tick_idle_ms: Inputs read to the end and idle for so long give a tick.
        portrait_bytes: Of a portrait's JSON, about the most; see `logic.fit`.
        attribute_bytes: Of a user's attributes as JSON, the most.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    half_life_ms: int = 14 * DAY_MS
    recent_items: int = 60
    feature_items: int = 60
    had_items: int = 1000
    event_ids: int = 64
    names: int = 32
    skew_ms: int = 300_000
    lateness_ms: int = DAY_MS
    tick_idle_ms: int = 5_000
    portrait_bytes: int = 12 * 1024
    attribute_bytes: int = 4096

    def weight_of(self, event_type: str, value: float | None) -> float | None:
        """What an event counts for; None if its type is not known.

        >>> config = ExtractConfig()
        >>> config.weight_of("skip", None), config.weight_of("rating", 5)
        (-0.5, 2.0)
        """
        weight = self.weights.get(event_type)
        if weight is not None and value is not None:
            if event_type == "rating":
                return weight * rating_weight(value)
            if event_type == "dwell":
                return weight * dwell_weight(value)
        return weight
