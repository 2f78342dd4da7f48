"""Committed offsets that do not fit the log: to go on would lose, or learn twice.

A topic that was deleted and made anew, records that were deleted before they were read,
offsets that Kafka has forgotten: a consumer that just begins somewhere hides all three.
"""

from collections.abc import Mapping
from typing import NoReturn

from pipeline.runtime.faults import BadTopics
from pipeline.runtime.transport import Bounds, Committed

REMEDY = (
    "To go on with what is there: `kafka-consumer-groups --reset-offsets "
    "--to-earliest` for this group, and for TOPIC:PARTITION of this line alone; see "
    "exit code 6 in deploy/README.md"
)


def check_offsets(committed: Committed, bounds: Bounds) -> None:
    """Compare what is committed with what the log holds.

    All topics of a partition are committed together, so some without an offset beside
    others with one were made anew: Kafka drops the offsets of a deleted topic.

    Args:
        committed: Of the partitions that are assigned.
        bounds: First offset, and the one after the last, of the same.

    Raises:
        BadTopics: they do not fit.
    """
    known = {partition for (_, partition), at in committed.items() if at is not None}
    for (topic, partition), at in committed.items():
        first, end = bounds[topic, partition]
        if at is not None and not first <= at <= end:
            refuse_range(topic, partition, at, f"it holds {first} to {end}")
        if at is None and partition in known and end:
            raise BadTopics(
                f"{topic} partition {partition}: this worker has read it before, and "
                f"its committed offset is gone: the topic was made anew. {REMEDY}"
            )


def refuse_range(topic: str, partition: int, at: int, holds: str) -> NoReturn:
    """Stop at an offset that a topic does not hold.

    Raises:
        BadTopics: always.
    """
    raise BadTopics(
        f"{topic} partition {partition}: this worker goes on at offset {at}, but "
        f"{holds}: records were deleted before they were read, or the topic was made "
        f"anew. {REMEDY}"
    )


def check_partitions(topic: str, noted: str, now: int) -> None:
    """Compare how many partitions a topic had when offsets were committed with now.

    Args:
        topic: Which.
        noted: What was noted with the offsets; nothing if by somebody else.
        now: How many it has; 0: that is not known now.

    Raises:
        BadTopics: another number, so that keys lead elsewhere than to their memory.

    >>> for noted in ("4", ""):
    ...     check_partitions("events", noted, 4)
    """
    if now and noted.isdigit() and int(noted) != now:
        raise BadTopics(
            f"{topic} has {now} partitions, and had {noted} when this worker committed "
            "last: keys lead elsewhere than to their memory; see exit code 6 in "
            "deploy/README.md"
        )


def check_memory(
    partition: int, rows: int, committed: Mapping[str, int | None]
) -> None:
    """Compare what was restored with what is committed: both are written together.

    Args:
        partition: Which.
        rows: How many were restored, all of this worker's own.
        committed: Offsets by topic.

    Raises:
        BadTopics: there are rows, and no offset.
    """
    if rows and all(at is None for at in committed.values()):
        raise BadTopics(
            f"partition {partition} of {', '.join(committed)}: there is state, {rows} "
            "rows, and no committed offset: to read from the beginning would learn all "
            "twice. Put the group to where it stood (`kafka-consumer-groups "
            "--reset-offsets --to-datetime`), or begin with new topics; see exit code "
            "6 in deploy/README.md"
        )
