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
    shown = table("row", "fault", *NUMBERS[1:], "", numbers=NUMBERS)
    for fault in ROWS:
        own = [each for each in injections if each.fault is fault]
        if own:
            met = [at for each in own for at in acked[each.first : each.last]]
            cells = (*_cells(own, met, wrong), "")
        else:
            why = fault.why_not or "NOT SHOWN: its turn did not come"
            cells = ("0", *[""] * 5, why)
        shown.add_row(str(fault.number), fault.name, *cells)
    console().print(shown)
    print(
        f"33, this run: {len(acked)} records, {len(injections)} faults, "
        f"{ground.worker_kills} kills of workers, {ground.node_kills} of nodes"
    )
    print(
        f"lost: {len(verdict.lost)}; twice: {sum(verdict.twice.values())}; "
        f"out of order: {len(verdict.out_of_order)}; "
        f"unaccounted: {len(verdict.unaccounted)}; "
        f"accepted {verdict.accepted} of {verdict.learnt} learnt"
    )
    for fate, count in sorted(verdict.fates.items()):
        print(f"{fate}: {count}")
    _print_growth(growth)
    for surprise in ground.surprises:
        print(f"not foreseen: {surprise}")


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
    slopes = growth.slopes()
    for kind, (mib, files, minutes) in slopes.items():
        print(
            f"{kind}: RSS {mib:+.2f} MiB/min, open files {files:+.2f}/min, over "
            f"{minutes:.1f} min after its warm-up; the longest, minute by minute: "
            + " ".join(f"{each:.1f}" for each in growth.course(kind))
        )
    if not slopes:
        print("growth: no worker ran for long enough after its warm-up")
