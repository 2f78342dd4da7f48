"""Is everything accounted for? Asked when nothing moves any more."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.apps.manifest import Manifest
from pipeline.apps.scrape import Figures
from pipeline.stage import WorkerSpec


@dataclass(frozen=True, slots=True)
class Check:
    """One statement, and whether it holds."""

    text: str
    holds: bool

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{'holds' if self.holds else 'BROKEN'}: {self.text}"


def check_fates(figures: Iterable[Figures]) -> list[Check]:
    """The conservation law of each worker: what came in is what has a fate."""
    checks = []
    for each in figures:
        name = each.presence.worker
        fates = ", ".join(
            f"{n:,} {fate}" for fate, n in sorted(each.fates.items()) if n
        )
        text = f"{name}: {each.units_in:,} units in = {fates or 'none'}"
        checks.append(Check(text, each.balanced))
    return checks


def check_inputs(
    specs: Mapping[str, WorkerSpec], figures: Iterable[Figures], manifest: Manifest
) -> list[Check]:
    """What Kafka acknowledged to the application is what its readers have read."""
    read: Counter[tuple[str, str]] = Counter()
    for each in figures:
        for topic, count in each.records.items():
            read[each.presence.worker, topic] += count
    checks = []
    for worker, spec in specs.items():
        for topic in (s.name for s in spec.sources if s.public):
            acked, got = manifest.total(topic), read[worker, topic]
            if acked or got:
                text = f"{topic}: {acked:,} acknowledged = {got:,} read by {worker}"
                checks.append(Check(text, acked == got))
    return checks


def check_handover(
    specs: Mapping[str, WorkerSpec], figures: Iterable[Figures], manifest: Manifest
) -> list[Check]:
    """What one worker wrote is what the next has read, unit for unit.

    Rows of a changelog are not units; a worker that reads one is left out.
    """
    written: Counter[str] = Counter()
    units_in: Counter[str] = Counter()
    for each in figures:
        written.update(each.outputs)
        units_in[each.presence.worker] += each.units_in
    changelogs = {s.changelog.name for s in specs.values() if s.changelog is not None}
    checks = []
    for worker, spec in specs.items():
        inner = [s.name for s in spec.sources if not s.public]
        if not inner or changelogs & set(inner):
            continue
        given = sum(written[name] for name in inner)
        given += sum(manifest.total(s.name) for s in spec.sources if s.public)
        topics = " + ".join(s.name for s in spec.sources)
        text = (
            f"{topics}: {given:,} units written = {units_in[worker]:,} read by {worker}"
        )
        checks.append(Check(text, given == units_in[worker]))
    return checks
