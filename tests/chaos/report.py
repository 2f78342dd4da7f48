"""The table of a soak: what each fault did, and which rows are proved elsewhere."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from pipeline.apps.verify import Verdict
from pipeline.apps.verify_log import Place
from pipeline.cli.terminal import console, table
from tests.chaos.ground import Ground
from tests.chaos.growth import Growth
from tests.chaos.rows import ROWS, Injection

NUMBERS = ("row", "injected", "records", "lost", "twice", "p50 s", "max s")


def print_report(
    injections: Sequence[Injection], growth: Growth, verdict: Verdict, ground: Ground
) -> None:
    """Print all; records, and what is wrong with them, go to the fault they met."""
    wrong = {"lost": Counter(verdict.lost), "twice": _twice(verdict)}
    acked = ground.fleet.acked()
    columns = ("row", "fault", *NUMBERS[1:])
    shown = table(*columns, numbers=NUMBERS)
    for fault in ROWS:
        own = [each for each in injections if each.fault is fault]
        if own:
            met = [at for each in own for at in acked[each.first : each.last]]
            shown.add_row(str(fault.number), fault.name, *_cells(own, met, wrong))
    console().print(shown)
    print(f"in all: {len(acked)} records, {len(injections)} faults")
    print(f"lost: {len(verdict.lost)}; twice: {sum(verdict.twice.values())}; ", end="")
    print(f"out of order: {len(verdict.out_of_order)}; ", end="")
    print(f"unaccounted: {len(verdict.unaccounted)}; ", end="")
    print(f"accepted {verdict.accepted} of {verdict.learnt} learnt")
    for fate, count in sorted(verdict.fates.items()):
        print(f"{fate}: {count}")
    _print_growth(growth)
    for surprise in ground.surprises:
        print(f"not foreseen: {surprise}")
    seen = {each.fault.number for each in injections}
    for fault in ROWS:
        if fault.number not in seen:
            why = fault.why_not or "not chosen, or its turn had not come"
            print(f"row {fault.number} was not injected ({fault.name}): {why}")


def _cells(
    own: list[Injection], met: list[Place], wrong: dict[str, Counter[Place]]
) -> list[str]:
    times = [each.recovery_s for each in own]
    counts = [sum(found[at] for at in met) for found in wrong.values()]
    figures = (len(own), len(met), *counts)
    return [*map(str, figures), f"{median(times):.1f}", f"{max(times):.1f}"]


def _twice(verdict: Verdict) -> Counter[Place]:
    """Where what stands somewhere twice is from; lists are not told apart."""
    found: Counter[Place] = Counter()
    for name in ("features", "events.dlq", "feedback.dlq", "examples", "samples"):
        for key, count in verdict.topics[name].units.items():
            found[key[:3]] += count - 1
    return found


def _print_growth(growth: Growth) -> None:
    if growth.samples:
        memory, files = growth.slope(1), growth.slope(2)
        print(f"RSS of a worker: {memory:+.2f} MiB/min; open files: {files:+.2f}/min")
    else:
        print("RSS of a worker: no worker ran long enough")
