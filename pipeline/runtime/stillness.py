"""Inputs that hold more, and are not read on."""

from collections.abc import Mapping

from pipeline.runtime.clock import Clock

At = tuple[str, int]
LIMIT_MS = 60_000
"""Longer than any transaction of ours stays open."""


class Stillness:
    """Notes for how long the position in a partition that holds more has not moved.

    Args:
        clock: Now.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[At, tuple[int, int]] = {}
        self.told = ""

    def note(self, unread: Mapping[At, tuple[int, int]]) -> bool:
        """Look at all partitions that are read, now and then.

        Args:
            unread: By topic and partition, the position and how many records follow.

        Returns:
            Whether there is something new to tell, which is in `told` as long as it
            holds.
        """
        now_ms = self._clock.monotonic_ms()
        before, self._since = self._since, {}
        still = []
        for at, (position, records) in sorted(unread.items()):
            if not records:
                continue
            known, since_ms = before.get(at, (position, now_ms))
            since_ms = since_ms if known == position else now_ms
            self._since[at] = position, since_ms
            if now_ms - since_ms >= LIMIT_MS:
                still.append(f"{at[0]} partition {at[1]} at offset {position}")
        told, self.told = self.told, ""
        if still:
            self.told = (
                f"{', '.join(still)}: nothing could be read for a minute, though there "
                "is more: is a transaction open there? See 'reads nothing' in "
                "deploy/README.md"
            )
        return bool(self.told) and not told
