"""Clicks, each later than the one before, and a steady stream of them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FIRST_MS = 1_700_000_000_000
STEP_MS = 20_000
TURN_S = 0.05


def click(number: int, user_id: str, item_id: str) -> dict[str, object]:
    """The event of this number.

    >>> click(2, "u1", "i1")["event_time_ms"] - click(1, "u1", "i1")["event_time_ms"]
    20000
    """
    return {
        "user_id": user_id,
        "item_id": item_id,
        "type": "click",
        "event_time_ms": FIRST_MS + number * STEP_MS,
    }


def nth_click(number: int, users: int, items: int) -> dict[str, object]:
    """The event of this number, of one of so many users, on one of so many items."""
    return click(number, f"u{number % users}", f"i{number * 7 % items}")


@contextmanager
def steadily(send: Callable[[int], None], per_second: float) -> Iterator[None]:
    """Have so many sent while the block lasts, on a thread.

    Args:
        send: Sends that many.
        per_second: How many.
    """
    with repeatedly(TURN_S, lambda: send(max(1, round(per_second * TURN_S)))):
        yield


@contextmanager
def repeatedly(every_s: float, act: Callable[[], None]) -> Iterator[None]:
    """Do something again and again while the block lasts, on a thread."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(every_s):
            act()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
