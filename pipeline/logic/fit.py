"""Keeps a portrait within its number of bytes, by dropping what is worth least."""

from pipeline.logic.portrait import Portrait

RECENTS_FIRST = 40
"""Recent items beyond these go first: they weigh next to nothing in a list."""
HAD_KEPT = 250
RECENTS_KEPT = 10
NAMES_KEPT = 8
FIXED_BYTES = 640
"""Field names, the source, times and counts, written as JSON."""


def size_of(portrait: Portrait) -> int:
    """About how many bytes a portrait has, written as JSON without its user's id."""
    return (
        FIXED_BYTES
        + len(portrait.had) * 4 // 3
        + len(portrait.event_ids) * 21 // 8
        + portrait.recents.size
        + portrait.categories.size
        + portrait.tags.size
        + portrait.attributes_size
    )


def fit(portrait: Portrait, room: int) -> None:
    """Drop what is over `room` bytes.

    First the recent items that matter least, then the oldest items had, then more of
    the recent items, then the weakest interests. Some of each is kept in any case.
    """
    over = size_of(portrait) - room
    if over <= 0:
        return
    recents = portrait.recents
    while over > 0 and len(recents) > RECENTS_FIRST:
        over -= recents.drop_oldest()
    spare = len(portrait.had) // 4 - HAD_KEPT
    if over > 0 and spare > 0:
        dropped = min(spare, over * 3 // 16 + 1)
        portrait.had = portrait.had[dropped * 4 :]
        over -= dropped * 16 // 3
    while over > 0 and len(recents) > RECENTS_KEPT:
        over -= recents.drop_oldest()
    if over > 0:
        portrait.tags = portrait.tags.strongest(NAMES_KEPT)
        portrait.categories = portrait.categories.strongest(NAMES_KEPT)
