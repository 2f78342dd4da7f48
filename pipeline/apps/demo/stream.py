"""The stream on its way: shown until nothing moves any more, then checked."""

from pipeline.apps.demo.board import Board, moved, settled
from pipeline.apps.demo.ground import TURN_MS, scrape_all, tend
from pipeline.apps.demo.law import Check, check_fates, check_handover, check_inputs
from pipeline.apps.demo.listener import Listener
from pipeline.apps.demo.plan import Plan
from pipeline.apps.demo.screen import Screen
from pipeline.apps.demo.sender import Sender
from pipeline.apps.demo.show import Words
from pipeline.apps.demo.summary import summary, verdict
from pipeline.apps.demo.watchlist import steady_users
from pipeline.apps.errors import AppError
from pipeline.apps.manifest import Manifest
from pipeline.apps.replay import catalogue, send_all
from pipeline.apps.tempo import Tempo
from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka.plain import Producer
from pipeline.runtime.supervisor import Supervisor

QUIET_MS = 1_000
STILL_MS = 2_000
PATIENCE_MS = 120_000
CHECK_LIMIT_MS = 15_000


def send_catalogue(
    plan: Plan, supervisor: Supervisor, clock: Clock, screen: Screen, producer: Producer
) -> Manifest:
    """Send items and users, and wait until each has had its effect.

    A user's attributes cause a list, too: the events shall not wait behind those.
    """
    items, users = len(plan.dataset.items), len(plan.dataset.users)
    screen.tell(f"sending {items:,} items and {users:,} users")
    manifest = send_all(catalogue(plan.dataset), producer, Tempo(clock, None))
    deadline = clock.monotonic_ms() + PATIENCE_MS
    before, still_since_ms = scrape_all(supervisor), clock.monotonic_ms()
    while True:
        tend(supervisor)
        clock.sleep_ms(TURN_MS)
        now, now_ms = scrape_all(supervisor), clock.monotonic_ms()
        read = all(c.holds for c in check_inputs(plan.specs, now, manifest))
        if moved(before, now) or not read or not settled(now):
            before, still_since_ms = now, now_ms
        elif now_ms - still_since_ms > QUIET_MS:
            return manifest
        if now_ms > deadline:
            raise AppError("items and users are not read to their end: is it stuck?")


class Stream:
    """The events of one run.

    Args:
        plan: What to do.
        supervisor: Of the workers.
        sender: Of the events.
        listener: To the lists.
        clock: Now.
        screen: Where to speak.
    """

    def __init__(
        self,
        plan: Plan,
        supervisor: Supervisor,
        sender: Sender,
        listener: Listener,
        *,
        clock: Clock,
        screen: Screen,
    ) -> None:
        self._plan = plan
        self._supervisor = supervisor
        self._sender = sender
        self._listener = listener
        self._clock = clock
        self._screen = screen
        events = plan.dataset.events
        self._board = Board(
            clock,
            sender,
            listener,
            Words(plan.dataset.items, plan.dataset.users, sender.kept),
            plan.users or steady_users(events, 1),
            total=len(events),
            following=not plan.users,
        )

    def run(self, manifest: Manifest) -> bool:
        """Send, show, check, sum up.

        Args:
            manifest: What was acknowledged before.

        Returns:
            Whether the conservation law holds.
        """
        self._screen.tell(f"sending {len(self._plan.dataset.events):,} events")
        self._listener.start()
        self._sender.start()
        began_ms = self._clock.monotonic_ms()
        with self._screen:
            while (sent := self._sender.finished()) is None:
                self._turn("sending")
            seconds = (self._clock.monotonic_ms() - began_ms) / 1000
            manifest.add(sent)
            self._settle()
        checks = self._check(manifest)
        said = summary(manifest, self._listener, self._board, seconds)
        for line in said + verdict(checks):
            self._screen.tell(line)
        return all(check.holds for check in checks)

    def _turn(self, state: str) -> None:
        """Look at everything once, and show it."""
        tend(self._supervisor)
        self._listener.check()
        self._board.look(lambda: scrape_all(self._supervisor))
        self._screen.show(self._board.snapshot(state))
        self._clock.sleep_ms(TURN_MS)

    def _settle(self) -> None:
        """Wait until nothing has moved for two seconds, and nothing waits.

        Raises:
            AppError: something waits, yet nothing moves.
        """
        before, since_ms = self._board.figures, self._clock.monotonic_ms()
        while True:
            self._turn("finishing")
            now, now_ms = self._board.figures, self._clock.monotonic_ms()
            if moved(before, now):
                before, since_ms = now, now_ms
            elif settled(now) and now_ms - since_ms > STILL_MS:
                return
            elif now_ms - since_ms > PATIENCE_MS:
                raise AppError("records wait, yet nothing moves: is Kafka up?")

    def _check(self, manifest: Manifest) -> list[Check]:
        """Check all laws; a tick on its way between two workers is waited for."""
        deadline = self._clock.monotonic_ms() + CHECK_LIMIT_MS
        while True:
            figures = scrape_all(self._supervisor)
            checks = check_fates(figures)
            if self._supervisor.restarted:
                self._screen.tell(
                    "a worker was started again, and counts from then on: only the "
                    "fates of its units are checked"
                )
            else:
                checks += check_inputs(self._plan.specs, figures, manifest)
                checks += check_handover(self._plan.specs, figures, manifest)
            late = self._clock.monotonic_ms() > deadline
            if late or all(check.holds for check in checks):
                return checks
            self._clock.sleep_ms(TURN_MS)
