"""Faults at random under load, for as long as one likes; then the books are audited.

`make chaos MINUTES=30 SEED=1 FAULTS=all`, or by number: `FAULTS=1,5,8`.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.apps.verify import Verdict
from tests.chaos.fleet import Fleet
from tests.chaos.ground import Ground, ground
from tests.chaos.growth import Growth
from tests.chaos.report import print_report
from tests.chaos.rows import Fault, Injection, chosen

MINUTE_S = 60.0


@dataclass(slots=True)
class Soak:
    """A run.

    Args:
        ground: What faults are done to.
        faults: Which.
        growth: Of the workers.
        injections: What was done so far.
    """

    ground: Ground
    faults: list[Fault]
    growth: Growth = field(default_factory=Growth)
    injections: list[Injection] = field(default_factory=list)

    def run(self, until_s: float) -> None:
        """Inject one fault after the other, each as often as the others."""
        turn: list[Fault] = []
        while time.monotonic() < until_s:
            if not turn:
                turn = list(self.faults)
                self.ground.chance.shuffle(turn)
            self.inject(turn.pop())

    def inject(self, fault: Fault) -> None:
        """Inject a fault, and wait until all is well again."""
        assert fault.inject is not None
        self.ground.tend()
        first = self.ground.fleet.sent
        say(f"{fault.number:>2} {fault.name} ...")
        fault.inject(self.ground)
        recovery_s = self.ground.wait_until_worked_off()
        self.growth.sample(self.ground.running.values())
        last = self.ground.fleet.sent
        say(f"   worked off after {recovery_s:.1f} s")
        self.injections.append(Injection(fault, first, last, recovery_s))


def soak(minutes: float, seed: int, faults: list[Fault], per_second: float) -> bool:
    """Run, print the table, and tell whether nothing was wrong."""
    began = time.monotonic()
    with logs() as folder, ground(folder, seed) as place:
        run = Soak(place, faults)
        with place.load(per_second):
            place.wait_until_worked_off()
            say(f"all workers run after {time.monotonic() - began:.0f} s")
            run.run(time.monotonic() + minutes * MINUTE_S)
        place.wait_until_worked_off()
        verdict = audited(place.fleet)
        print_report(run.injections, run.growth, verdict, place)
        held = verdict.holds and not place.surprises
        if not held:
            say(f"logs of the workers are kept in {keep(folder)}")
        return held


def audited(fleet: Fleet) -> Verdict:
    """The verdict, once the last windows have closed."""
    fleet.wait_until_drained()
    return fleet.verdict()


@contextmanager
def logs() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kairec-chaos-") as name:
        yield Path(name)


def keep(folder: Path) -> Path:
    """Copy the logs to where they stay."""
    kept = Path(tempfile.mkdtemp(prefix="kairec-chaos-logs-"))
    for log in folder.glob("*.log"):
        (kept / log.name).write_bytes(log.read_bytes())
    return kept


def say(text: str) -> None:
    """A line for people, beside the table."""
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def main() -> int:
    """Read the command line, run, and return the exit code: 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=chosen, default="all")
    parser.add_argument("--rate", type=float, default=100, help="events per second")
    asked = parser.parse_args()
    return 0 if soak(asked.minutes, asked.seed, asked.faults, asked.rate) else 1


if __name__ == "__main__":
    sys.exit(main())
