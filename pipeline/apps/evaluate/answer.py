"""The outcome of an evaluation as JSON and as a table."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from pipeline.apps.evaluate.contest import Outcome
from pipeline.apps.evaluate.scores import Figures
from pipeline.apps.evaluate.stream import Stream

OURS = "kairec"


def as_json(
    stream: Stream,
    outcomes: Mapping[str, Outcome],
    settings: Mapping[str, Any],
    peak_rss_mb: float,
) -> dict[str, Any]:
    """Everything that was measured, Kairec's figures at the top level.

    Args:
        stream: What was fed.
        outcomes: By contender; Kairec's under `OURS`, others are peers.
        settings: What was asked for.
        peak_rss_mb: Of the process.
    """
    others = {n: _outcome(o) for n, o in outcomes.items() if n != OURS}
    return {
        "dataset": stream.name,
        "events": len(stream.steps),
        "scored": outcomes[OURS].report.all.events,
        **_outcome(outcomes[OURS]),
        "peak_rss_mb": round(peak_rss_mb, 1),
        "settings": dict(settings),
        "peers": others,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    report = outcome.report
    return {
        **_figures(report.all),
        "last_half": _figures(report.last_half),
        "first_3": _figures(report.first_three),
        "coverage": round(report.coverage, 5),
        "intra_list_distance": report.distance,
        "learn_events_per_s": round(outcome.learn_events_per_s, 1),
        "lists_per_s": round(outcome.lists_per_s, 1),
    }


def _figures(figures: Figures) -> dict[str, float]:
    return {
        "hr@10": round(figures.hr_10, 5),
        "hr@20": round(figures.hr_20, 5),
        "ndcg@10": round(figures.ndcg_10, 5),
        "mrr@20": round(figures.mrr_20, 5),
        "scored": figures.events,
    }


def as_table(stream: Stream, outcomes: Mapping[str, Outcome]) -> Table:
    """One line a contender, the best first after Kairec."""
    scored = next(iter(outcomes.values())).report.all
    table = Table(
        title=f"{stream.name}: {len(stream.steps):,} events, {scored.events:,} scored",
        caption=f"one standard error of HR@10 is about {scored.error:.4f}",
    )
    table.add_column("")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    ours = {n: o for n, o in outcomes.items() if n == OURS}
    others = {n: o for n, o in outcomes.items() if n != OURS}
    ranked = sorted(others.items(), key=lambda pair: -pair[1].report.all.hr_10)
    for name, outcome in [*ours.items(), *ranked]:
        table.add_row(name, *_cells(outcome))
    return table


COLUMNS = (
    *("HR@10", "HR@20", "NDCG@10", "MRR@20", "last half", "first 3"),
    *("coverage", "distance", "learnt/s", "lists/s"),
)


def _cells(outcome: Outcome) -> list[str]:
    report = outcome.report
    parts = (
        *(report.all.hr_10, report.all.hr_20, report.all.ndcg_10, report.all.mrr_20),
        *(report.last_half.hr_10, report.first_three.hr_10, report.coverage),
    )
    distance = "-" if report.distance is None else f"{report.distance:.3f}"
    speeds = outcome.learn_events_per_s, outcome.lists_per_s
    return [f"{x:.4f}" for x in parts] + [distance] + [f"{x:,.0f}" for x in speeds]
