"""Things that are done now and then, by a clock that may be set back."""


def has_passed(interval_ms: int, since_ms: int, now_ms: int) -> bool:
    """Whether so much time has passed; or the clock was set back, and nobody knows.

    A host's clock that jumps forward and back must not put off for a day what is done
    each minute.

    >>> [has_passed(10, 100, now_ms) for now_ms in (100, 109, 110, 99)]
    [False, False, True, True]
    """
    return not 0 <= now_ms - since_ms < interval_ms
