"""A stream as it is evaluated: which events are fed, and before which a list is asked.

Positive are ratings of 4 and more, and other events whose type has a weight above 0.
A list is asked for before each positive event of an item that the user did not have,
once a tenth of the stream is over; in a long stream before one in ten, drawn at random.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from pipeline.apps.datasets import Dataset
from pipeline.apps.errors import AppError
from pipeline.apps.evaluate.files import WeightOf
from topics.events import Event
from topics.items import Item
from topics.users import User

LIKED = 4.0
"""A rating of so much is positive: what the settings weigh from 3 up is too faint."""
LONG = 150_000
"""Positive events, beyond which only a share is scored."""
SHARE = 0.1
SEED = 7


@dataclass(frozen=True, slots=True)
class Step:
    """An event of the stream, and what is to be done with it.

    Args:
        event: To be learnt.
        user: Number of its user; users are numbered by their first event.
        item: Number of its item, likewise: at an event the items below its highest
            number so far are those that were seen.
        positive: Whether it speaks for the item.
        scored: Whether a list is asked for before it is learnt.
        history: Positive events that the user had before.
        position: Where in the stream, in [0, 1): the share of positive events before.
    """

    event: Event
    user: int
    item: int
    positive: bool
    scored: bool
    history: int
    position: float


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream, ready to be evaluated.

    Args:
        name: For people.
        items: The catalogue.
        users: Attributes of users.
        steps: Events in time order.
        item_numbers: The number of each item that has an event.
        user_numbers: The number of each user who has one.
        share: Of the events that could be scored, how many are.
    """

    name: str
    items: list[Item]
    users: list[User]
    steps: list[Step]
    item_numbers: Mapping[str, int]
    user_numbers: Mapping[str, int]
    share: float

    @property
    def events(self) -> list[Event]:
        """Those that are fed, in time order."""
        return [step.event for step in self.steps]


def is_positive(event: Event, weight_of: WeightOf) -> bool:
    """Whether an event speaks for its item, so that a list should have had it."""
    if event.type == "rating":
        return event.value is not None and event.value >= LIKED
    return (weight_of(event.type, event.value) or 0.0) > 0


def stream_of(
    dataset: Dataset,
    weight_of: WeightOf,
    *,
    all_events: bool = False,
    limit: int | None = None,
) -> Stream:
    """Decide what is fed and what is scored.

    Args:
        dataset: In time order.
        weight_of: What an event counts for, by the settings.
        all_events: Feed events that are not positive, too; they are not scored.
        limit: End after so many positive events.

    Raises:
        AppError: none of the events is positive.
    """
    marked = _marked(dataset.events, weight_of, all_events, limit)
    positives = sum(positive for _, positive in marked)
    if not positives:
        raise AppError(
            f"no event of {dataset.name} is positive: a rating of {LIKED:g} and more, "
            "or a type whose weight is above 0"
        )
    steps = _steps(marked, positives)
    return Stream(
        dataset.name,
        dataset.items,
        dataset.users,
        steps,
        {step.event.item_id: step.item for step in steps},
        {step.event.user_id: step.user for step in steps},
        _share(positives),
    )


def _marked(
    events: list[Event], weight_of: WeightOf, all_events: bool, limit: int | None
) -> list[tuple[Event, bool]]:
    """Events to be fed, each with whether it is positive."""
    marked = [(event, is_positive(event, weight_of)) for event in events]
    if limit is not None:
        before = accumulate((positive for _, positive in marked), initial=0)
        marked = [mark for mark, n in zip(marked, before, strict=False) if n < limit]
    return [mark for mark in marked if mark[1] or all_events]


def _share(positives: int) -> float:
    return 1.0 if positives <= LONG else SHARE


def _steps(marked: list[tuple[Event, bool]], positives: int) -> list[Step]:
    rng = random.Random(SEED)
    share = _share(positives)
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    had: set[tuple[int, int]] = set()
    history: dict[int, int] = {}
    steps: list[Step] = []
    n = 0
    for event, positive in marked:
        user = users.setdefault(event.user_id, len(users))
        item = items.setdefault(event.item_id, len(items))
        drawn = positive and rng.random() < share  # at each, whatever else holds of it
        scored = drawn and n >= positives // 10 and (user, item) not in had
        before = history.get(user, 0)
        steps.append(Step(event, user, item, positive, scored, before, n / positives))
        had.add((user, item))
        history[user] = before + positive
        n += positive
    return steps
