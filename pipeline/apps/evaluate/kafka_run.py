"""The same events through the real workers on Kafka, beside the stages in memory.

Workers learn late and in batches: an example waits for a commit or two, rows reach the
dense task's replica a moment after that. What it costs is seen in three hit rates on
the same events: what the dense task's own test finds before it learns, what the lists
that publish really sent were worth, and what the stages joined in memory reach with
batches of the size that update had.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.apps.demo.board import moved, settled
from pipeline.apps.demo.ground import (
    TURN_MS,
    logs,
    scrape_all,
    tend,
    topics_of_its_own,
    wait_until_ready,
)
from pipeline.apps.demo.plan import Plan
from pipeline.apps.demo.screen import Screen
from pipeline.apps.demo.sender import Sender
from pipeline.apps.demo.stream import send_catalogue
from pipeline.apps.errors import AppError
from pipeline.apps.evaluate.contest import Progress
from pipeline.apps.evaluate.in_memory import tested_in_memory
from pipeline.apps.evaluate.learner import Configs
from pipeline.apps.fleet import fleet
from pipeline.apps.lines import outgoing
from pipeline.apps.quality import Quality, Rate, quality_of
from pipeline.apps.scrape import Figures
from pipeline.apps.tempo import Tempo
from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka.cluster import Cluster
from pipeline.runtime.kafka.plain import Producer
from pipeline.runtime.supervisor import Supervisor
from pipeline.stages.extract import ExtractConfig
from topics import EVENTS

QUIET_MS = 4_000
"""Longer than the dense task takes to commit and a worker to tell its figures."""
PATIENCE_MS = 120_000
BAR = 0.95
"""What the workers' test is to reach of the one in memory."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Hit rates at 10 on the same events, popularity's beside each.

    Args:
        tested: Of lists that the dense task makes before it learns.
        live: Of lists that publish sent.
        in_memory: As `tested`, by the stages joined in memory.
        batch: Mean number of units in a commit of update's rows.
        share: Of the samples, that the ranker learnt from at the end.
        seconds: From the first event until the last was learnt.
    """

    tested: Rate
    live: Rate
    in_memory: Rate
    batch: float
    share: float
    seconds: float

    @property
    def same_events(self) -> bool:
        """Whether both tests are of the same events: late workers leave some out."""
        return self.tested.events > BAR * self.in_memory.events

    @property
    def ratio(self) -> float:
        """What the workers' test reaches of the one in memory."""
        return self.tested.hits / max(self.in_memory.hits, 1e-9)

    def as_json(self) -> dict[str, Any]:
        """All figures."""
        return {
            **asdict(self),
            "same_events": self.same_events,
            "ratio": self.ratio,
        }


def compare(
    plan: Plan,
    extract: ExtractConfig,
    clock: Clock,
    screen: Screen,
    progress: Callable[[str], Progress],
) -> Compared:
    """Run the workers over a stream, then the stages in memory.

    Args:
        plan: Kafka, and what is sent how fast.
        extract: Of the stage in memory.
        clock: Now.
        screen: Where to speak.
        progress: Given a name, begins to show how far it is.

    Raises:
        AppError: a worker failed, or nothing moves any more.
    """
    quality, batch, seconds = _on_kafka(plan, clock, screen, progress)
    whole = round(max(1.0, batch))
    screen.tell(f"in memory, {plan.partitions} partitions, batches of {whole}")
    configs = Configs(plan.partitions, whole, extract=extract)
    in_memory = tested_in_memory(plan.dataset, configs, progress("in memory"))
    return Compared(
        quality.tested[""], quality.live[""], in_memory, batch, quality.share, seconds
    )


def _on_kafka(
    plan: Plan, clock: Clock, screen: Screen, progress: Callable[[str], Progress]
) -> tuple[Quality, float, float]:
    """Live quality at the end, mean batch of update's rows, and seconds."""
    with ExitStack() as stack:
        screen.tell(f"creating topics {plan.place.names.base}.*")
        stack.enter_context(topics_of_its_own(plan))
        folder = stack.enter_context(logs())
        counts = dict.fromkeys(plan.specs, 1)
        supervisor = stack.enter_context(fleet(plan.place, counts, folder, screen.tell))
        wait_until_ready(supervisor, clock)
        at = plan.place.bootstrap_servers, plan.place.names
        with Cluster(*at) as kafka:
            partitions = kafka.partitions()
        producer = stack.enter_context(Producer(*at, partitions))
        send_catalogue(plan, supervisor, clock, screen, producer)
        before = _update(scrape_all(supervisor))
        began_ms = clock.monotonic_ms()
        _send(plan, clock, supervisor, producer, progress("on Kafka"))
        figures = _settle(supervisor, clock)
        seconds = (clock.monotonic_ms() - QUIET_MS - began_ms) / 1000
        after = _update(figures)
    commits = max(1, after.commits - before.commits)
    batch = (after.units_in - before.units_in) / commits
    return quality_of(figures), batch, seconds


def _update(figures: list[Figures]) -> Figures:
    (found,) = (each for each in figures if each.presence.worker == "update")
    return found


def _send(
    plan: Plan,
    clock: Clock,
    supervisor: Supervisor,
    producer: Producer,
    shown: Progress,
) -> None:
    events = (outgoing(EVENTS, event) for event in plan.dataset.events)
    sender = Sender(events, producer, Tempo(clock, plan.rate))
    sender.start()
    told = 0
    try:
        while sender.finished() is None:
            tend(supervisor)
            shown(sender.handed_over - told)
            told = sender.handed_over
            clock.sleep_ms(TURN_MS)
        shown(sender.handed_over - told)
    finally:
        sender.stop()


def _settle(supervisor: Supervisor, clock: Clock) -> list[Figures]:
    """Wait until nothing moves any more; the last figures of all workers.

    Raises:
        AppError: something waits, yet nothing moves.
    """
    before, since_ms = scrape_all(supervisor), clock.monotonic_ms()
    while True:
        tend(supervisor)
        clock.sleep_ms(TURN_MS)
        now, now_ms = scrape_all(supervisor), clock.monotonic_ms()
        if moved(before, now):
            before, since_ms = now, now_ms
        elif settled(now) and now_ms - since_ms > QUIET_MS:
            return now
        elif now_ms - since_ms > PATIENCE_MS:
            raise AppError("records wait, yet nothing moves: is Kafka up?")
