"""`diversify.changelog`: waiting impressions and recent behaviour; diversify's own.

Appended, not compacted: one pack per partition and commit, read from the beginning. A
later unit of a key replaces an earlier one. What is still needed is appended again
before retention takes it.
"""

from dataclasses import dataclass
from typing import Literal

from topics.features import Feature
from topics.spec import DAY_MS, Format, Key, TopicSpec

Entry = Literal["waiting", "joined", "recent", "watermark", "gone"]


@dataclass(frozen=True, slots=True)
class Memory:
    """One unit of what a task of diversify remembers.

    Args:
        entry: What it is; `gone` removes the key.
        key: Which one, within the task.
        event_time_ms: Event time of the entry, which decides when it is of no more use.
        feature: Of a waiting impression, the unit that waits.
        count: Of an entry that counts, the number.
    """

    entry: Entry
    key: str
    event_time_ms: int
    feature: Feature | None = None
    count: int = 0


DIVERSIFY_CHANGELOG = TopicSpec(
    "diversify.changelog",
    Memory,
    Key.NONE,
    DAY_MS,
    "diversify",
    "diversify",
    format=Format.JSON_PACK,
)
