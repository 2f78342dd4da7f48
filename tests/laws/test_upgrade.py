"""A worker of this release beside one of the next, in one group."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from pipeline.stage import In, Result, Row
from pipeline.stages.extract import Extract, ExtractConfig
from tests.laws.crew import Crew
from tests.runtime.application import PARTITIONS, USERS, event
from tests.runtime.rig import SPECS, conserved
from topics import EXAMPLES, FEATURES, PROFILES, codec
from topics.features import Feature
from topics.profiles import Portrait

ROUND = 90
ALL = set(range(PARTITIONS))


@dataclass(frozen=True, slots=True)
class FeatureOfTomorrow(Feature):
    """It says more than this release knows."""

    of_tomorrow: str = "yes"


@dataclass(frozen=True, slots=True)
class PortraitOfTomorrow(Portrait):
    """It says more than this release knows."""

    of_tomorrow: tuple[int, ...] = (1, 2)


class ExtractOfTomorrow(Extract):
    """As the next release may be: each of its records has one more field."""

    def on_batch(self, batch: Sequence[In], now_ms: int) -> Result:
        result = super().on_batch(batch, now_ms)
        result.outputs = [
            replace(out, unit=grown(out.unit, FeatureOfTomorrow))
            for out in result.outputs
        ]
        return result

    def touched(self) -> Sequence[Row]:
        return [
            row._replace(value=row.value and grown(row.value, PortraitOfTomorrow))
            for row in super().touched()
        ]


def grown(record: Any, kind: Any) -> Any:
    """The same as a record of the next release."""
    return kind(**{f.name: getattr(record, f.name) for f in fields(record)})


FEATURES_OF_TOMORROW = replace(FEATURES, record=FeatureOfTomorrow)
PROFILES_OF_TOMORROW = replace(PROFILES, record=PortraitOfTomorrow)
TOMORROW = replace(
    SPECS["extract"],
    sinks=(FEATURES_OF_TOMORROW, PROFILES_OF_TOMORROW),
    changelog=PROFILES_OF_TOMORROW,
    make=lambda partition, items: ExtractOfTomorrow(partition, items, ExtractConfig()),
)


def test_this_release_and_the_next_share_a_group_and_take_over_from_each_other(
    crew: Crew,
) -> None:
    """As in a rolling upgrade, and in one that is taken back half-way."""
    today, sent = crew.start(), 0

    def go_on() -> None:
        nonlocal sent
        for _ in range(ROUND):
            crew.send(event(USERS[sent % 9], f"i{sent}"))
            sent += 1
        crew.drain()

    go_on()
    tomorrow = crew.start_as(TOMORROW)
    crew.turn_until(lambda: bool(tomorrow.tasks.active) and bool(today.tasks.active))
    go_on()
    assert {*today.tasks.active, *tomorrow.tasks.active} == ALL
    crew.leave(today)
    crew.turn_until(lambda: set(tomorrow.tasks.active) == ALL)
    go_on()
    back = crew.start()
    crew.turn_until(lambda: bool(back.tasks.active))
    crew.leave(tomorrow)
    crew.turn_until(lambda: set(back.tasks.active) == ALL)
    go_on()
    crew.start("diversify")
    crew.drain()

    features = crew.features()
    assert Counter(f.item_id for f in features) == {f"i{n}": 1 for n in range(sent)}
    for user in USERS:
        own = [f for f in features if f.user_id == user]
        assert [f.history for f in own] == list(range(len(own)))
    portraits = crew.portraits()
    assert {u: p.history for u, p in portraits.items() if p} == {
        user: len(range(n, sent, 9)) for n, user in enumerate(USERS)
    }
    written = [raw.value or b"" for raw in crew.ground.committed("features")]
    of_tomorrow = sum(len(re.findall(rb'"of_tomorrow"', each)) for each in written)
    assert ROUND < of_tomorrow < 3 * ROUND
    examples = [
        unit
        for raw in crew.ground.committed("examples")
        for unit in codec.read(EXAMPLES, raw.value or b"")
    ]
    assert Counter(e.item_id for e in examples) == {f"i{n}": 1 for n in range(sent)}
    assert conserved(crew.registries)
