"""What is dropped for its own sake, and why; the rest needs memory to judge."""

from math import isfinite

from pipeline.stages.diversify.config import DiversifyConfig
from topics.features import Feature

TOO_FAR_IN_FUTURE = "too_far_in_future"
DUPLICATE = "duplicate"
MISSING = "missing"
OUT_OF_RANGE = "out_of_range"
NEUTRAL = "neutral"
LATE = "late"
REPEATED = "repeated"
CONTRADICTORY = "contradictory"
USER_CAP = "user_cap"
FORGOTTEN = "forgotten"
REASONS = (
    TOO_FAR_IN_FUTURE,
    DUPLICATE,
    MISSING,
    OUT_OF_RANGE,
    NEUTRAL,
    LATE,
    REPEATED,
    CONTRADICTORY,
    USER_CAP,
    FORGOTTEN,
)
"""Why a unit may be dropped, in the order in which it is asked."""


def believed(unit: Feature, append_time_ms: int, config: DiversifyConfig) -> bool:
    """Whether a unit's time may be true: else it must not move the watermark."""
    appended_ms = unit.append_time_ms or append_time_ms
    ahead = unit.event_time_ms > appended_ms + config.future_skew_ms
    return not ahead or unit.kind == "tick"  # A tick is extract's own.


def unusable(unit: Feature, config: DiversifyConfig) -> str:
    """Why a unit teaches nothing, whatever came before it; empty if it does."""
    if unit.duplicate:
        return DUPLICATE
    if not unit.user_id or not unit.item_id or not unit.type:
        return MISSING
    if unit.event_time_ms <= 0:
        return OUT_OF_RANGE
    weight = unit.weight
    if unit.kind == "impression":
        return "" if unit.slate_id else MISSING
    if not isfinite(weight) or abs(weight) > config.max_weight:
        return OUT_OF_RANGE
    return "" if weight else NEUTRAL
