"""`samples`: the same examples in one log; diversify -> update's dense task."""

from dataclasses import dataclass

from topics.examples import Example
from topics.spec import DAY_MS, Format, Key, TopicSpec


@dataclass(frozen=True, slots=True)
class Basis:
    """Principal components of item content, as far as it is known.

    Args:
        version: 1, 2, ...: how often one was fitted.
        mean: Mean hashed vector of the items, base64 of float32 (buckets,).
        components: The first in which items differ most, base64 of float32
            (components, buckets).
    """

    version: int
    mean: str
    components: str


@dataclass(frozen=True, slots=True)
class Sample(Example):
    """One unit: an example, and what a list made just before it would have left out.

    Args:
        had: As in the user's portrait, just before; empty where no list is learnt from
            (an impression, a repeat, what speaks against its item).
        basis: What item content is reduced to from here on, if it was fitted anew.
    """

    had: str = ""
    basis: Basis | None = None


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
