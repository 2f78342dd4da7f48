"""`kairec status`: groups, lag, workers of this machine, live quality."""

from collections import Counter

from pipeline.apps.quality import Quality, quality_of
from pipeline.apps.scrape import Figures, scrape
from pipeline.cli.connect import cluster, names
from pipeline.cli.graph import specs
from pipeline.cli.terminal import console, table
from pipeline.runtime.kafka.admin import Lag
from pipeline.runtime.kafka.cluster import Group
from pipeline.runtime.presence import present
from pipeline.settings import load_settings


def status() -> None:
    """Show each group with its members and lag, and the workers of this machine.

    Lag counts Kafka's own control records, too: one a partition may always remain.

    Example: kairec status
    """
    settings = load_settings()
    graph = specs(settings)
    with cluster(settings) as kafka:
        groups = kafka.groups(list(graph))
        lags = kafka.lag({n: [s.name for s in w.sources] for n, w in graph.items()})
    console().print(_groups(groups, lags, len(names(settings).base) + 1))
    figures = [f for f in map(scrape, present(names(settings).base)) if f is not None]
    print()
    if not figures:
        print("no worker runs on this machine")
        return
    console().print(_workers(figures))
    print()
    console().print(_quality(quality_of(figures)))


def _groups(groups: list[Group], lags: list[Lag], prefix: int) -> object:
    shown = table("group", "state", "members", "lag", "by topic", numbers=("lag",))
    for group in groups:
        by_topic: Counter[str] = Counter()
        for lag in lags:
            if lag.group == group.name:
                by_topic[lag.topic[prefix:]] += lag.records
        members = ", ".join(
            f"{m.name[prefix:] if m.name.startswith(group.name) else m.name}"
            f" ({m.partitions} partitions)"
            for m in sorted(group.members, key=lambda m: m.name)
        )
        topics = ", ".join(f"{name} {count}" for name, count in by_topic.items())
        state = "no members yet" if group.state == "Dead" else group.state
        shown.add_row(group.name, state, members, str(by_topic.total()), topics)
    return shown


def _quality(quality: Quality) -> object:
    shown = table("quality", "among the first 10 of each list, beside plain popularity")
    for what, said in quality.lines():
        shown.add_row(what, said)
    return shown


def _workers(figures: list[Figures]) -> object:
    shown = table("worker", "pid", "units in", "lag", "ready", "metrics")
    for each in figures:
        at = each.presence
        url = f"http://{at.host}:{at.port}/metrics"
        ready = each.wrong or "ready"
        shown.add_row(
            each.name, str(at.pid), str(each.units_in), str(each.lag), ready, url
        )
    return shown
