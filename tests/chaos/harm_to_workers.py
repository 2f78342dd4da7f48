"""Faults of the soak that hit workers: killed, stopped, doubled, too many."""

import contextlib
import signal
import subprocess
import time

from pipeline.runtime.failpoints import POINTS
from tests.chaos.fleet import PARTITIONS, wait_until
from tests.chaos.ground import Ground
from tests.chaos.host import DAY_S, YEAR_S
from tests.chaos.scaling import roll, scale_up_and_down

TRANSACTION_S = 8
"""What `Fleet` sets."""
BURST = 30
FENCED = 3
"""Exit code of a worker whose place another has taken."""


def kill_one(ground: Ground) -> None:
    name = ground.any_worker()
    ground.kill(name)
    ground.start(name)


def kill_at_a_point(ground: Ground, points: tuple[str, ...] = POINTS) -> None:
    """Kill a worker at a line of its checkpoint; the next one finds what it left."""
    name = ground.any_worker()
    ground.kill(name)
    point = ground.chance.choice(points)
    dying = ground.start(name, f"{point}:{ground.chance.randint(1, 4)}")
    ground.send(50)
    with contextlib.suppress(subprocess.TimeoutExpired):  # It has nothing to commit.
        dying.wait(20)
    ground.kill(name)
    ground.start(name)


def kill_somehow(ground: Ground) -> None:
    for _ in range(10):
        kill_one(ground)
        time.sleep(ground.chance.uniform(0.5, 3.0))
    kill_at_a_point(ground)


def leave_a_transaction_open(ground: Ground) -> None:
    kill_at_a_point(ground, ("after_flush", "after_offsets"))


def terminate(ground: Ground) -> None:
    name = ground.any_worker()
    ground.running[name].send_signal(signal.SIGTERM)
    code = ground.running[name].wait(20)
    if code:
        ground.surprises.append(f"{name[0]} ended with {code} after SIGTERM")
    ground.start(name)


def kill_in_bursts(ground: Ground) -> None:
    for _ in range(BURST):
        kill_one(ground)
        time.sleep(ground.chance.uniform(0.1, 1.0))


def kill_all(ground: Ground) -> None:
    names = list(ground.running)
    for name in names:
        ground.running[name].kill()
    for name in names:
        ground.kill(name)
        ground.start(name)


def come_and_go(ground: Ground) -> None:
    kind = ground.chance.choice(["extract", "diversify", "update", "publish"])
    ground.start((kind, 1))
    wait_until(lambda: ground.fleet.members(kind) == 2, f"a second {kind} has joined")
    time.sleep(1)
    ground.remove((kind, 1))


def scale_all(ground: Ground) -> None:
    scale_up_and_down(ground.fleet, ground.running)


def roll_all(ground: Ground) -> None:
    roll(ground.fleet, ground.running)


def crowd(ground: Ground) -> None:
    others = [("extract", n) for n in range(1, PARTITIONS + 2)]
    for name in others:
        ground.start(name)
    wait_until(
        lambda: ground.fleet.members("extract") == len(others) + 1, "all have joined"
    )
    for name in others:
        ground.remove(name)


def stand_still(ground: Ground) -> None:
    """SIGSTOP for longer than session and transaction last; nobody takes its place."""
    process = ground.running[ground.any_worker()]
    process.send_signal(signal.SIGSTOP)
    time.sleep(TRANSACTION_S + 2)
    process.send_signal(signal.SIGCONT)


def have_clocks_jump(ground: Ground) -> None:
    """A day on, a year back, and right again, each for as long as some windows last."""
    for wrong_by_s in (DAY_S, -YEAR_S, 0):
        ground.clock.be_wrong_by(wrong_by_s)
        time.sleep(3)


def replace_one_that_stands_still(ground: Ground) -> None:
    name = ground.any_worker()
    zombie = ground.running[name]
    zombie.send_signal(signal.SIGSTOP)
    ground.start(name)
    time.sleep(2 * TRANSACTION_S)
    zombie.send_signal(signal.SIGCONT)
    ground.send(100)
    if zombie.wait(60) != FENCED:
        ground.surprises.append(f"a zombie ended with {zombie.returncode}")


def start_a_twin(ground: Ground) -> None:
    name = ground.any_worker()
    first = ground.running[name]
    second = ground.start(name)

    def one_has_ended() -> bool:
        ground.send(10)
        return first.poll() is not None or second.poll() is not None

    wait_until(one_has_ended, "one of two of an identity has ended")
    ended, left = (first, second) if first.poll() is not None else (second, first)
    ground.running[name] = left
    if ended.returncode != FENCED:
        ground.surprises.append(f"a twin ended with {ended.returncode}")


def stop_publish(ground: Ground) -> None:
    process = ground.running["publish", 0]
    process.send_signal(signal.SIGSTOP)
    time.sleep(5)
    process.send_signal(signal.SIGCONT)
