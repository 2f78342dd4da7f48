"""Features become examples."""

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from topics.examples import Example, Label, Origin
from topics.features import Feature
from topics.samples import Basis, Sample

FIELDS: Callable[[Example], tuple[Any, ...]] = attrgetter(
    *(each.name for each in fields(Example))
)


def labelled(
    unit: Feature | Example,
    origin: Origin,
    label: Label,
    weight: float,
    last: Example | None = None,
) -> Example:
    """The example that a unit becomes.

    Args:
        unit: A feature, or an example that is to be labelled anew.
        origin: An interaction or an impression.
        label: 1 or 0.
        weight: Above 0.
        last: The impression before. Those of a slate wait together, each with a copy
            of one history: they share one instead.
    """
    same = last is not None and (
        unit.user_id == last.user_id
        and unit.recent_items == last.recent_items
        and unit.recent_times_ms == last.recent_times_ms
        and unit.attributes == last.attributes
    )
    user = last if last is not None and same else unit
    return Example(
        unit.source,
        origin,
        unit.item_id,
        user.user_id,
        label,
        weight,
        unit.type,
        unit.event_time_ms,
        unit.append_time_ms,
        unit.position,
        user.attributes,
        unit.categories,
        unit.tags,
        user.recent_items,
        user.recent_times_ms,
        unit.history,
        unit.repeat,
    )


def sample_of(example: Example, had: str, basis: Basis | None = None) -> Sample:
    """The same for the dense task.

    Args:
        example: The example.
        had: As in the user's portrait, before the event.
        basis: Of item content, if it was fitted anew.
    """
    # A star of unknown length would leave room for no more arguments.
    return Sample(*(*FIELDS(example), had, basis))
