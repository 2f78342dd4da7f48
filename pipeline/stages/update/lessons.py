"""An example -> a lesson."""

from pipeline.logic.expert import Lesson
from topics.examples import Example

LIGHTEST = 1e-3
"""What one example counts at least."""


def lesson_of(example: Example, heaviest: float) -> Lesson:
    """An example as experts learn it, its weight bounded."""
    return Lesson(
        example.item_id,
        example.label,
        min(max(example.weight, LIGHTEST), heaviest),
        example.origin == "impression",
        example.event_time_ms,
        example.recent_items,
        example.recent_times_ms,
        example.attributes,
        example.categories,
        example.tags,
        example.history,
        example.repeat,
    )
