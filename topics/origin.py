"""`origin`: which deployment a deployment has its state from; one record, the newest.

There is none where a deployment began empty. `kairec topics repartition` makes it
first, so that what was copied in part is known for that.
"""

from dataclasses import dataclass

from topics.spec import Key, TopicSpec

HEADER_BROUGHT = "kairec.brought"
"""On a record of ours that was copied: where it, or what it is made of, stood."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where state was copied from.

    Args:
        base: Prefix and model of the deployment that it was copied from.
        partitions: How many that one had.
        complete: Whether all was copied; before, no worker may begin.
        accepted: Interactions that the model had learnt by then.
        waiting: Impressions that still waited for what follows.
    """

    base: str
    partitions: int
    complete: bool = False
    accepted: int = 0
    waiting: int = 0


ORIGIN = TopicSpec(
    "origin",
    Origin,
    Key.NONE,
    None,
    "kairec topics repartition",
    "kairec verify",
    partitions=1,
)
