"""How what is remembered of a user with an item changes; a pair is never mutated."""

from collections.abc import Collection

from pipeline.logic.join import IMPRESSION
from topics.diversify_changelog import Act, Pair, Waiting

ACTS = 16
"""So many acts of a pair are remembered: the newest."""
WAITING = 16
"""So many impressions of one item to one user may wait at once."""
NOTHING = Pair()


def due_ms(pair: Pair) -> int:
    """Event time at which time itself will next change a pair."""
    if not pair.waiting:
        return pair.until_ms
    return min(impression.due_ms for impression in pair.waiting)


def remember(
    pair: Pair, act: Act, answered: Collection[Waiting], until_ms: int
) -> Pair:
    """With one more act, and without the impressions that it answers."""
    if pair is NOTHING:
        return Pair((act,), (), until_ms)
    acts, waiting = (*pair.acts, act), pair.waiting
    if answered:
        acts += tuple(map(shown, answered))
        slates = {w.slate_id for w in answered}
        waiting = tuple(w for w in waiting if w.slate_id not in slates)
    return Pair(acts[-ACTS:], waiting, max(until_ms, pair.until_ms))


def shown(impression: Waiting) -> Act:
    """What is remembered of an impression that was acted on."""
    time_ms = impression.example.event_time_ms
    return Act(IMPRESSION, impression.slate_id, time_ms, 0)


def wait(pair: Pair, impression: Waiting) -> Pair:
    """With one more impression that waits."""
    return Pair(pair.acts, (*pair.waiting, impression), pair.until_ms)


def was_shown(pair: Pair, slate_id: str) -> bool:
    """Whether an impression of this slate waits or is remembered."""
    return any(w.slate_id == slate_id for w in pair.waiting) or any(
        act.type == IMPRESSION and act.slate_id == slate_id for act in pair.acts
    )


def close(pair: Pair, time_ms: int) -> tuple[Collection[Waiting], Pair | None]:
    """What is due at `time_ms`, and what is left, if anything."""
    if not pair.waiting:
        return (), None if pair.until_ms <= time_ms else pair
    closed = tuple(w for w in pair.waiting if w.due_ms <= time_ms)
    waiting = tuple(w for w in pair.waiting if w.due_ms > time_ms)
    if not waiting and pair.until_ms <= time_ms:
        return closed, None
    return closed, Pair(pair.acts, waiting, pair.until_ms)
