"""`samples`: the same examples in one log; diversify -> update's dense task."""

from topics.examples import Example
from topics.spec import DAY_MS, Format, Key, TopicSpec

SAMPLES = TopicSpec(
    "samples",
    Example,
    Key.NONE,
    DAY_MS,
    "diversify",
    "update's dense task",
    format=Format.JSON_PACK,
    partitions=1,
)
