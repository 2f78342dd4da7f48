"""A portrait -> the moment and the items to leave out, as logic takes them."""

from base64 import b64decode

import numpy as np

from pipeline.logic.catalogue import Hashes
from pipeline.logic.expert import Moment
from pipeline.logic.slots import SlotTable
from topics.profiles import Portrait, texts_of


def moment_of(portrait: Portrait, table: SlotTable, now_ms: int) -> Moment:
    """The user as the experts see it; recent items unknown to the model left out.

    What speaks is what the user acted on in favour, as in the samples learnt from.

    Args:
        portrait: Of the user.
        table: Slots of items.
        now_ms: Event time as far as the model knows it; the user may be further.
    """
    slots = np.array([table.get(item) for item in portrait.recent_items], np.int64)
    weights = np.array(portrait.recent_weights, np.float32)
    known = (slots >= 0) & (weights > 0)
    return Moment(
        now_ms=max(portrait.event_time_ms, now_ms),
        recent=slots[known],
        recent_times_ms=np.array(portrait.recent_times_ms, np.int64)[known],
        recent_weights=weights[known],
        attributes=list(texts_of(portrait.attributes)),
        categories=portrait.categories,
        tags=portrait.tags,
        history=portrait.history,
        disliked=slots[(slots >= 0) & (weights < 0)],
    )


def nobody(now_ms: int) -> Moment:
    """A user of whom nothing is known."""
    return Moment(
        now_ms=now_ms,
        recent=np.zeros(0, np.int64),
        recent_times_ms=np.zeros(0, np.int64),
        recent_weights=np.zeros(0, np.float32),
        attributes=[],
        categories={},
        tags={},
        history=0,
    )


def had_of(portrait: Portrait) -> Hashes:
    """Hashes of the items that the user acted on, uint32 (n,)."""
    return np.frombuffer(b64decode(portrait.had), "<u4")


def is_blank(portrait: Portrait) -> bool:
    """Whether nothing is known but that the user was forgotten."""
    return (
        portrait.forgotten_at_ms is not None
        and not portrait.first_seen_ms
        and not portrait.attributes
    )
