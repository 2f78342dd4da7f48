"""The demo from beginning to end."""

from collections.abc import Callable
from contextlib import ExitStack

from pipeline.apps.demo.ground import (
    TURN_MS,
    logs,
    tend,
    topics_of_its_own,
    wait_until_ready,
)
from pipeline.apps.demo.listener import Listener
from pipeline.apps.demo.plan import Plan
from pipeline.apps.demo.screen import Screen
from pipeline.apps.demo.sender import Sender
from pipeline.apps.demo.stream import Stream, send_catalogue
from pipeline.apps.fleet import fleet
from pipeline.apps.lines import outgoing
from pipeline.apps.tempo import Tempo
from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka.cluster import Cluster
from pipeline.runtime.kafka.plain import Producer
from pipeline.runtime.kafka.tail import Reader
from pipeline.runtime.supervisor import Supervisor
from topics import EVENTS, RECOMMENDATIONS


def run_demo(
    plan: Plan, clock: Clock, screen: Screen, before_staying: Callable[[], None]
) -> bool:
    """Send the stream and show what comes of it.

    Args:
        plan: What to do.
        clock: Now.
        screen: Where to speak.
        before_staying: Called when all has been said and the workers are kept.

    Returns:
        Whether the conservation law holds.

    Raises:
        AppError: it cannot be done, or a worker failed.
    """
    names = ", ".join(plan.specs)
    with ExitStack() as stack:
        screen.tell(f"creating topics {plan.place.names.base}.*")
        stack.enter_context(topics_of_its_own(plan))
        folder = stack.enter_context(logs())
        screen.tell(f"starting {len(plan.specs)} workers: {names}")
        counts = dict.fromkeys(plan.specs, 1)
        supervisor = stack.enter_context(fleet(plan.place, counts, folder, screen.tell))
        wait_until_ready(supervisor, clock)
        holds = _stream(plan, supervisor, clock, screen)
        if plan.keep:
            before_staying()
        while plan.keep:
            tend(supervisor)
            clock.sleep_ms(TURN_MS)
        screen.tell("stopping the workers")
    return holds


def _stream(plan: Plan, supervisor: Supervisor, clock: Clock, screen: Screen) -> bool:
    at = plan.place.bootstrap_servers, plan.place.names
    with Cluster(*at) as kafka:
        partitions = kafka.partitions()
    with (
        Producer(*at, partitions) as producer,
        Reader(*at, [RECOMMENDATIONS.name]) as reader,
    ):
        manifest = send_catalogue(plan, supervisor, clock, screen, producer)
        events = (outgoing(EVENTS, event) for event in plan.dataset.events)
        sender = Sender(events, producer, Tempo(clock, plan.rate))
        listener = Listener(reader, clock)
        stream = Stream(plan, supervisor, sender, listener, clock=clock, screen=screen)
        try:
            return stream.run(manifest)
        finally:
            sender.stop()
            listener.stop()
