"""Test, then train: each contender is asked before it learns, event by event."""

import resource
import sys
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pipeline.apps.evaluate.peers import Peer
from pipeline.apps.evaluate.scores import LIST, Report, Scores
from pipeline.apps.evaluate.stream import Step, Stream

TOLD_EVERY = 64
ItemT = TypeVar("ItemT", bound=Hashable)
ItemT_co = TypeVar("ItemT_co", bound=Hashable, covariant=True)
Progress = Callable[[int], None]
"""Told how many more events are done."""


class Contender(Protocol[ItemT_co]):
    """What makes lists and learns."""

    def ask(self, step: Step) -> Sequence[ItemT_co]:
        """Up to 20 items, the best first, for the user of an event, just before it."""

    def wanted(self, step: Step) -> ItemT_co:
        """The item of the event, as lists name it."""

    def learn(self, step: Step) -> None:
        """Take the event."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a contender did.

    Args:
        report: Its lists.
        learn_events_per_s: Events learnt in a second, lists apart.
        lists_per_s: Lists made in a second.
    """

    report: Report
    learn_events_per_s: float
    lists_per_s: float


class Theirs:
    """A peer.

    Args:
        peer: Knows users and items by number.
    """

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def ask(self, step: Step) -> Sequence[int]:
        """The list that the peer makes."""
        return self._peer.top(step.user, step.event.event_time_ms, LIST)

    def wanted(self, step: Step) -> int:
        """The number."""
        return step.item

    def learn(self, step: Step) -> None:
        """Let the peer learn; what speaks against an item it only passes over."""
        if step.positive:
            self._peer.learn(step.user, step.item, step.event.event_time_ms)
        else:
            self._peer.pass_over(step.user, step.item)


def compete(
    stream: Stream,
    contender: Contender[ItemT],
    names: Mapping[ItemT, frozenset[str]],
    progress: Progress,
) -> Outcome:
    """Drive a contender over a stream.

    Args:
        stream: What is fed and scored.
        contender: One that has learnt nothing yet.
        names: Categories and tags by item.
        progress: Told now and then.
    """
    scores: Scores[ItemT] = Scores(names)
    asking = learning = 0.0
    lists = 0
    for number, step in enumerate(stream.steps, start=1):
        began = time.perf_counter()
        if step.scored:
            listed = contender.ask(step)
            asked = time.perf_counter()
            asking += asked - began
            lists += 1
            scores.add(step, contender.wanted(step), listed)
            began = time.perf_counter()
        contender.learn(step)
        learning += time.perf_counter() - began
        if number % TOLD_EVERY == 0:
            progress(TOLD_EVERY)
    progress(len(stream.steps) % TOLD_EVERY)
    return Outcome(
        scores.report(len(stream.item_numbers)),
        len(stream.steps) / max(learning, 1e-9),
        lists / max(asking, 1e-9),
    )


def peak_rss_mb() -> float:
    """The most memory that this process and its largest child held, in 10^6 bytes."""
    whose = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    peak = sum(resource.getrusage(who).ru_maxrss for who in whose)
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6
