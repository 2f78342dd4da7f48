"""Ending in good order, whichever signal asks for it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class EndedBySignal(BaseException):
    """A signal has come; nobody but the command line catches this.

    Args:
        number: Which.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


@contextmanager
def ending_by_signal() -> Iterator[None]:
    """Raise `EndedBySignal` at the first signal; later ones do not disturb the end.

    What the block has opened is closed on the way out; that takes seconds at most.
    """
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def end(number: int, _: object) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise EndedBySignal(number)

    for number in SIGNALS:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
