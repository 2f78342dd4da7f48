"""Whose lists are shown: users who are there all along, and who is there now."""

from collections import defaultdict
from collections.abc import Sequence

from topics.events import Event

SLICES = 50
HOLD_MS = 3_000


def steady_users(events: Sequence[Event], count: int) -> list[str]:
    """Users whose events are spread most evenly over a stream.

    The stream is cut into 50 slices of equal numbers of events; those who are in most
    of them come first.
    """
    slices: dict[str, set[int]] = defaultdict(set)
    for number, event in enumerate(events):
        slices[event.user_id].add(number * SLICES // len(events))
    by_spread = sorted(slices, key=lambda user: (-len(slices[user]), user))
    return by_spread[:count]


class Following:
    """Follows whoever is active, and stays with a user for three seconds at least.

    >>> following = Following()
    >>> [following.see(*seen) for seen in (("a", 1), ("b", 2_000), ("b", 3_100))]
    ['a', 'a', 'b']
    """

    def __init__(self) -> None:
        self._user = ""
        self._last_ms = 0

    def see(self, user: str, now_ms: int) -> str:
        """Whom to follow now.

        Args:
            user: Whose list is the newest.
            now_ms: Monotonic time.
        """
        if user == self._user:
            self._last_ms = now_ms
        elif not self._user or now_ms - self._last_ms > HOLD_MS:
            self._user, self._last_ms = user, now_ms
        return self._user
