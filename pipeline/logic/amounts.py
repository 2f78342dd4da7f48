"""Interest by name, decayed by event time: half is left a half-life later."""

from array import array
from collections.abc import Mapping, Sequence
from math import exp2
from sys import intern

from pipeline.logic.texts import text_bytes

FLOOR = 1e-6
LONG_AGO = 0.25
"""Once so little is left at one go, amounts closer to 0 than `FLOOR` are dropped."""
STEPS = 512
"""Time goes in steps, so many a half-life: within one, nothing is to be decayed."""
AMOUNT_BYTES = 26
"""Of JSON beside a name: quotes, colon, comma, and up to 22 digits of its amount."""


def remaining(from_ms: int, to_ms: int, half_life_ms: int) -> float:
    """Share of an amount of one time that is left at another.

    >>> remaining(from_ms=10_000, to_ms=12_000, half_life_ms=1_000)
    0.25
    >>> remaining(from_ms=10_000, to_ms=10_999, half_life_ms=512_000)
    1.0
    """
    step_ms = max(1, half_life_ms // STEPS)
    steps = to_ms // step_ms - from_ms // step_ms
    return exp2(-steps * step_ms / half_life_ms) if steps else 1.0


class Amounts:
    """Amounts by name; never changed in place.

    The numbers stand side by side, apart from the names: that halves the time of a
    decay against a dictionary of numbers, and the names are shared by what follows.

    Args:
        by_name: The amounts, below 0 for what is not wanted.

    >>> interest = Amounts({"film": 4.0, "song": -1.0})
    >>> interest.after(0.25, ("film", "game"), 1.0, limit=3).by_name
    {'film': 2.0, 'song': -0.25, 'game': 1.0}
    """

    __slots__ = ("_numbers", "_slots", "size")

    def __init__(self, by_name: Mapping[str, float]) -> None:
        # Few names stand in many portraits: each text is kept once.
        self._slots = {intern(name): slot for slot, name in enumerate(by_name)}
        self._numbers = array("d", by_name.values())
        self.size = text_bytes("".join(by_name)) + AMOUNT_BYTES * len(by_name)

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def by_name(self) -> dict[str, float]:
        """The amounts, in the order in which their names came."""
        return dict(zip(self._slots, self._numbers, strict=True))

    def after(
        self, share: float, names: Sequence[str], amount: float, limit: int
    ) -> "Amounts":
        """What is left of all amounts, and one more for some names.

        Args:
            share: How much is left.
            names: To which the amount is added.
            amount: How much.
            limit: Above so many names, the weakest quarter is dropped.
        """
        if share < LONG_AGO:
            return self._left(share).after(1.0, names, amount, limit)
        if share == 1.0 and not names:
            return self
        numbers = self._numbers[:]
        if share != 1.0:
            numbers = array("d", [share * number for number in numbers])
        slots, size = self._slots, self.size
        for name in names:
            slot = slots.get(name)
            if slot is not None:
                numbers[slot] += amount
                continue
            if slots is self._slots:
                slots = slots.copy()
            slots[name] = len(numbers)
            numbers.append(amount)
            size += text_bytes(name) + AMOUNT_BYTES
        grown = Amounts.__new__(Amounts)
        grown._slots, grown._numbers, grown.size = slots, numbers, size
        return grown if len(numbers) <= limit else grown.strongest(limit * 3 // 4)

    def strongest(self, limit: int) -> "Amounts":
        """The names whose amounts are farthest from 0, at most so many.

        >>> Amounts({"film": 4.0, "song": -2.0, "game": 1.0}).strongest(2).by_name
        {'film': 4.0, 'song': -2.0}
        """
        by_name = self.by_name
        ranked = sorted(by_name, key=lambda name: abs(by_name[name]), reverse=True)
        return Amounts({name: by_name[name] for name in ranked[:limit]})

    def _left(self, share: float) -> "Amounts":
        """What is left, without what is next to nothing."""
        left = {name: share * number for name, number in self.by_name.items()}
        return Amounts({n: number for n, number in left.items() if abs(number) > FLOOR})
