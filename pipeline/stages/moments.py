"""What a record tells of a user -> the moment, as logic takes it."""

from base64 import b64decode
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from pipeline.logic.catalogue import Hashes
from pipeline.logic.expert import Moment
from pipeline.logic.slots import SlotTable


class Known(Protocol):
    """What portraits and samples alike tell of a user."""

    @property
    def recent_items(self) -> list[str]:
        """Items of the last interactions, the newest last."""

    @property
    def recent_times_ms(self) -> list[int]:
        """Their event times."""

    @property
    def history(self) -> int:
        """Interactions in all."""


def moment_of(
    user: Known,
    table: SlotTable,
    now_ms: int,
    attributes: list[str],
    weights: Sequence[float] | None = None,
) -> Moment:
    """The user as the experts see it; recent items unknown to the model left out.

    Args:
        user: What is known.
        table: Slots of items.
        now_ms: Event time as far as it is known.
        attributes: Each as `name=value`.
        weights: Of the recent items: only what is above 0 speaks, what is below is
            listed no more. None: all speak.
    """
    slots = table.get_all(user.recent_items)
    times_ms = np.array(user.recent_times_ms, np.int64)
    known = slots >= 0
    if weights is None or min(weights, default=1.0) > 0:
        return Moment(now_ms, slots[known], times_ms[known], attributes, user.history)
    weighed = np.array(weights)
    speaks = known & (weighed > 0)
    disliked = slots[known & (weighed < 0)]
    recent, at_ms = slots[speaks], times_ms[speaks]
    return Moment(now_ms, recent, at_ms, attributes, user.history, disliked)


def had_of(written: str) -> Hashes:
    """Hashes of the items that a user acted on, uint32 (n,), from their base64."""
    return np.frombuffer(b64decode(written), "<u4")
