"""Why an interaction may not have been learnt: the rules of `docs/guarantees.md`, anew.

Written from what diversify promises and not from its code, and generous: what may have
been dropped for a reason is taken to have been.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pipeline.apps.verify_brought import Brought
from pipeline.apps.verify_log import Place, Unit


@dataclass(frozen=True, slots=True)
class Dropped:
    """The settings of diversify that decide what is dropped.

    Args:
        repeat_window_ms: Event time within which the same behaviour counts once.
        user_cap: Interactions of one user per window of an hour.
    """

    repeat_window_ms: int = 10_000
    user_cap: float = 2_000.0


def dropped(
    interactions: list[Unit],
    learnt: Collection[Place],
    rules: Dropped,
    brought: Brought,
) -> Iterator[tuple[Place, str]]:
    """Interactions that are no example, and why; empty: for no reason to be seen."""
    times = defaultdict(list, {at: list(ms) for at, ms in brought.times.items()})
    by_user = Counter(brought.amounts)
    for unit in interactions:
        if not unit.fields.get("duplicate"):
            times[_pair(unit)].append(unit.fields["event_time_ms"])
            by_user[unit.fields["user_id"]] += 1
    for each in times.values():
        each.sort()
    for unit in interactions:
        if unit.place not in learnt:
            crowd = _within(times[_pair(unit)], unit, rules.repeat_window_ms)
            of_user = by_user[unit.fields["user_id"]]
            yield unit.place, _reason(unit, crowd, of_user > rules.user_cap)


def _reason(unit: Unit, crowd: int, capped: bool) -> str:
    if unit.fields.get("duplicate"):
        return "duplicates"
    if not unit.fields.get("weight"):
        return "neutral"
    if crowd > 1:
        return "repeated or contradictory"
    return "over the user's cap" if capped else ""


def _pair(unit: Unit) -> tuple[str, str]:
    return unit.fields["user_id"], unit.fields["item_id"]


def _within(times: list[int], unit: Unit, window_ms: int) -> int:
    """What the user did with the item around that time, this interaction included."""
    at_ms = unit.fields["event_time_ms"]
    return bisect_right(times, at_ms + window_ms) - bisect_left(
        times, at_ms - window_ms
    )
