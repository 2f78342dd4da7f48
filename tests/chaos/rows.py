"""The table of faults: what the soak injects, and where the other rows are proved."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from random import Random

from tests.chaos import harm_by_input as by_input
from tests.chaos import harm_to_brokers as to_brokers
from tests.chaos import harm_to_workers as to_workers
from tests.chaos.ground import Ground

MEMORY = "decided in memory: see `make test`"
OWN = "ends the workers for good: see `make test`, {}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row.

    Args:
        number: Of the row.
        name: In a few words.
        inject: Does it, and undoes what is to be undone; None: not by the soak.
        why_not: If so, why.
        calm: Whether no worker ends by it, so that what they grow by can be seen.
        again: How often it comes besides, once each row has had its turn.
    """

    number: int
    name: str
    inject: Callable[[Ground], None] | None = None
    why_not: str = ""
    calm: bool = False
    again: int = 0


@dataclass(frozen=True, slots=True)
class Injection:
    """One fault that was injected.

    Args:
        fault: Which.
        first: Number of the first record that was sent when it began.
        last: Of the first that was sent after all had been worked off.
        recovery_s: From the end of the harm until all that had been sent by then was
            worked off by all workers.
    """

    fault: Fault
    first: int
    last: int
    recovery_s: float


ROWS = (
    Fault(1, "kill -9 of workers, anywhere", to_workers.kill_somehow, again=2),
    Fault(2, "SIGTERM in a batch", to_workers.terminate),
    Fault(3, "30 kills in a burst", to_workers.kill_in_bursts, again=1),
    Fault(4, "all workers killed", to_workers.kill_all),
    Fault(5, "kill -9 of nodes, 6 times", to_brokers.kill_nodes, calm=True, again=1),
    Fault(6, "no node reachable", to_brokers.cut_off, calm=True),
    Fault(7, "nodes slow or half-open", to_brokers.slow_down, calm=True),
    Fault(8, "an answer lost in a commit", to_brokers.lose_answers, calm=True),
    Fault(9, "a worker comes and goes", to_workers.come_and_go),
    Fault(10, "more workers than partitions", to_workers.crowd),
    Fault(11, "a worker stands still too long", to_workers.stand_still, calm=True),
    Fault(12, "input twice", by_input.send_again, calm=True),
    Fault(13, "out of order and late", None, MEMORY),
    Fault(14, "poison records", by_input.send_poison, calm=True),
    Fault(15, "a flood of dead letters", None, OWN.format("test_stops")),
    Fault(16, "dead letters cannot be written", None, OWN.format("test_stops")),
    Fault(17, "1 MiB records", by_input.send_large, calm=True),
    Fault(18, "odd numbers", None, MEMORY),
    Fault(19, "unknown versions", None, MEMORY),
    Fault(20, "the host's clock jumps", to_workers.have_clocks_jump, calm=True),
    Fault(21, "a node's disk is full", to_brokers.fill_a_disk, calm=True),
    Fault(22, "corrupt changelog", None, OWN.format("test_stops")),
    Fault(23, "topics made anew", None, OWN.format("test_topics_changed")),
    Fault(24, "publish stopped for 5 s", to_workers.stop_publish, calm=True),
    Fault(25, "one user floods", by_input.flood, calm=True),
    Fault(26, "a million new ids", None, MEMORY),
    Fault(27, "two workers of one identity", to_workers.start_a_twin),
    Fault(28, "a zombie, replaced", to_workers.replace_one_that_stands_still),
    Fault(29, "a transaction left open", to_workers.leave_a_transaction_open),
    Fault(30, "own lists echoed", None, MEMORY),
    Fault(31, "users forgotten under load", by_input.forget, calm=True),
    Fault(32, "poll() stuck", None, MEMORY),
    Fault(34, "all scaled from 1 to 4 and back, twice", to_workers.scale_all),
    Fault(35, "all restarted, one after the other", to_workers.roll_all),
)
"""Row 33 is the soak itself."""


def chosen(text: str) -> list[Fault]:
    """Faults by their numbers, `all` that can be injected, or `none`.

    Raises:
        ValueError: a number is none of theirs.

    >>> [fault.number for fault in chosen("5, 1")]
    [1, 5]
    """
    can = {fault.number: fault for fault in ROWS if fault.inject}
    if text == "all":
        return list(can.values())
    if text == "none":
        return []
    wanted = {int(number) for number in text.split(",")}
    if not wanted <= can.keys():
        raise ValueError(f"no such faults: {sorted(wanted - can.keys())}")
    return [can[number] for number in sorted(wanted)]


def turns(faults: Sequence[Fault], chance: Random) -> Iterator[Fault]:
    """Each once, in an order of its own; then again, some of them more often."""
    first = list(faults)
    later = [fault for fault in faults for _ in range(1 + fault.again)]
    for turn in chain([first], repeat(later)):
        order = list(turn)
        chance.shuffle(order)
        yield from order
