"""The same behaviour again, and its opposite, within a window of event time."""

from collections.abc import Iterable

from pipeline.logic.join import Act


def repeats(act: Act, before: Iterable[Act], window_ms: int) -> bool:
    """Whether the same was done before: type, slate and sign, within the window.

    >>> from types import SimpleNamespace as Like
    >>> like = Like(type="like", slate_id=None, event_time_ms=5, sign=1)
    >>> again = Like(type="like", slate_id=None, event_time_ms=9, sign=1)
    >>> repeats(again, [like], window_ms=4), repeats(again, [like], window_ms=3)
    (True, False)
    """
    return any(
        old.type == act.type
        and old.slate_id == act.slate_id
        and old.sign == act.sign
        and abs(old.event_time_ms - act.event_time_ms) <= window_ms
        for old in before
    )


def last_opposite(act: Act, before: Iterable[Act], window_ms: int) -> int | None:
    """Event time of the latest act of the opposite sign within the window.

    >>> from types import SimpleNamespace as Like
    >>> dislike = Like(event_time_ms=5, sign=-1)
    >>> last_opposite(Like(event_time_ms=9, sign=1), [dislike], window_ms=4)
    5
    """
    times = [
        old.event_time_ms
        for old in before
        if old.sign == -act.sign
        and abs(old.event_time_ms - act.event_time_ms) <= window_ms
    ]
    return max(times, default=None)
