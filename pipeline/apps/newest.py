"""The newest record of a key, without reading a whole partition."""

from pipeline.runtime.kafka.tail import Reader
from pipeline.runtime.transport import Raw
from topics.partitioning import partition_of

WINDOW = 2_000
GROWTH = 8


def newest_of(
    reader: Reader, topic: str, key: str
) -> tuple[Raw | None, dict[tuple[str, int], int]]:
    """Look for it from the end backwards, in windows that grow.

    Returns:
        The record, and where the key's partition is to be read on.
    """
    bounds = reader.bounds(topic)
    partition = partition_of(key, len(bounds))
    first, end = bounds[topic, partition]
    on = {(topic, partition): end}
    wanted, window, upper = key.encode(), WINDOW, end
    while upper > first:
        lower = max(first, upper - window)
        found = None
        for record in reader.read({(topic, partition): (lower, upper)}):
            if record.key == wanted:
                found = record
        if found is not None:
            return found, on
        upper, window = lower, window * GROWTH
    return None, on
