"""Faults at random under load, for as long as one likes; then the books are audited.

`make chaos MINUTES=30 SEED=1 FAULTS=all`, or by number: `FAULTS=1,5,8`; or `none`.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.runtime.faults import NoKafka
from tests.chaos.ground import Ground, ground
from tests.chaos.growth import Growth
from tests.chaos.report import print_report
from tests.chaos.rows import Fault, Injection, chosen, turns

MINUTE_S = 60.0
CALM = 0.25
"""Share of a long run, at its end, in which no worker is ended: do they grow?"""
LONG_MIN = 15.0


@dataclass(slots=True)
class Soak:
    """A run.

    Args:
        ground: What faults are done to.
        faults: Which.
        injections: What was done so far.
    """

    ground: Ground
    faults: list[Fault]
    injections: list[Injection]

    def run(self, until_s: float) -> None:
        """Inject one fault after the other until then."""
        for fault in turns(self.faults, self.ground.chance):
            if time.monotonic() > until_s:
                return
            self.inject(fault)

    def inject(self, fault: Fault) -> None:
        """Inject a fault, and wait until all is well again."""
        assert fault.inject is not None
        self.ground.tend()
        first = self.ground.fleet.sent
        say(f"{fault.number:>2} {fault.name} ...")
        try:
            fault.inject(self.ground)
        except (AssertionError, subprocess.TimeoutExpired, NoKafka) as error:
            self.ground.surprises.append(f"row {fault.number}: {error}")
        recovery_s = self.ground.wait_until_worked_off()
        last = self.ground.fleet.sent
        say(f"   worked off after {recovery_s:.1f} s")
        self.injections.append(Injection(fault, first, last, recovery_s))


def soak(minutes: float, seed: int, faults: list[Fault], per_second: float) -> bool:
    """Run, print the table, and tell whether nothing was wrong."""
    growth = Growth()
    injections: list[Injection] = []
    with logs() as folder, ground(folder, seed) as place:
        try:
            with place.load(per_second), growth.watching(place.pids):
                do_harm(place, minutes, faults, injections)
            place.wait_until_worked_off()
            place.fleet.wait_until_drained()
        except AssertionError as error:
            place.surprises.append(f"the run ended early: {error}")
        verdict = place.fleet.verdict()
        print_report(injections, growth, verdict, place)
        held = verdict.holds and not place.surprises
        if not held:
            say(f"logs of the workers are kept in {keep(folder)}")
        return held


def do_harm(
    place: Ground, minutes: float, faults: list[Fault], injections: list[Injection]
) -> None:
    """Inject faults for so long; at the end of a long run only those that end none."""
    began = time.monotonic()
    place.wait_until_worked_off()
    say(f"all workers run after {time.monotonic() - began:.0f} s")
    if not faults:
        time.sleep(minutes * MINUTE_S)
        return
    end_s = time.monotonic() + minutes * MINUTE_S
    calm = [fault for fault in faults if fault.calm]
    if minutes >= LONG_MIN and calm:
        Soak(place, faults, injections).run(end_s - CALM * minutes * MINUTE_S)
        say("from here on no worker is ended")
        Soak(place, calm, injections).run(end_s)
    else:
        Soak(place, faults, injections).run(end_s)


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
