"""`samples`: the same examples in one log; diversify -> update's dense task."""

from dataclasses import dataclass

from topics.examples import Example
from topics.spec import DAY_MS, Format, Key, TopicSpec


@dataclass(frozen=True, slots=True)
class Sample(Example):
    """One unit: an example, and what a list made just before it would have left out.

    Args:
        had: As in the user's portrait, just before; empty where no list is learnt from
            (an impression, a repeat, what speaks against its item).
    """

    had: str = ""


SAMPLES = TopicSpec(
    "samples",
    Sample,
    Key.NONE,
    DAY_MS,
    "diversify",
    "update's dense task",
    format=Format.JSON_PACK,
    partitions=1,
)
