"""Every metric of a worker, declared once."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pipeline.runtime.checkpoint import Batch
from pipeline.stage import Fate


class Metrics:
    """Metrics of one worker; no id is ever a label.

    The conservation law: `kairec_units_in_total` is the sum over all fates of
    `kairec_units_total`, plus `kairec_units_waiting` (net since the start: a unit that
    waited before a restart counts -1 here when its fate comes).

    Args:
        worker: Value of the label `worker`.
        registry: Where they are registered.
    """

    def __init__(self, worker: str, registry: CollectorRegistry) -> None:
        self.registry = registry
        label = ["worker"]
        self._worker = worker
        self.records = Counter(
            "kairec_records_total",
            "Records consumed",
            ["worker", "topic"],
            registry=registry,
        )
        self.units_in = Counter(
            "kairec_units_in_total", "Units consumed", label, registry=registry
        ).labels(worker)
        self.units = Counter(
            "kairec_units_total",
            "Units by fate",
            ["worker", "fate", "reason"],
            registry=registry,
        )
        self.waiting = Gauge(
            "kairec_units_waiting",
            "Units that began to wait minus those whose fate came",
            label,
            registry=registry,
        ).labels(worker)
        self.outputs = Counter(
            "kairec_outputs_total",
            "Units produced",
            ["worker", "topic"],
            registry=registry,
        )
        self.commits = Histogram(
            "kairec_commit_seconds",
            "Time of a checkpoint",
            label,
            registry=registry,
            buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
        ).labels(worker)
        self.indefinite = Counter(
            "kairec_indefinite_total",
            "Checkpoints whose outcome had to be asked",
            label,
            registry=registry,
        ).labels(worker)
        self.rebalances = Counter(
            "kairec_rebalances_total", "Changes of assignment", label, registry=registry
        ).labels(worker)
        self.restored = Counter(
            "kairec_restored_rows_total", "Rows restored", label, registry=registry
        ).labels(worker)
        self.behind = Gauge(
            "kairec_lag_records", "Records not yet read", label, registry=registry
        ).labels(worker)
        self.replica_lag = Gauge(
            "kairec_replica_lag_records",
            "Records of its replica's topic that a worker does not reflect yet",
            label,
            registry=registry,
        ).labels(worker)
        self.ready = Gauge(
            "kairec_ready",
            "1 when working, 0 when joining or restoring",
            label,
            registry=registry,
        ).labels(worker)
        self.task = Gauge(
            "kairec_task",
            "Figures of what the tasks hold, summed",
            ["worker", "name"],
            registry=registry,
        )

    def committed(self, batch: Batch, seconds: float) -> None:
        """Count a batch, now that it is durable."""
        self.commits.observe(seconds)
        self.units_in.inc(batch.units_in)
        for topic, count in batch.records_in.items():
            self.records.labels(self._worker, topic).inc(count)
        for (fate, reason), count in batch.fates.items():
            if fate is Fate.WAITING:
                self.waiting.inc(count)
            else:
                self.units.labels(self._worker, fate, reason).inc(count)
        for out in batch.outputs:
            self.outputs.labels(self._worker, out.topic).inc()

    def show(self, gauges: list[dict[str, float]]) -> None:
        """Sum the tasks' figures; of a time, or of what they share, the largest."""
        shown: dict[str, float] = {}
        for figures in gauges:
            for name, value in figures.items():
                largest = name.endswith("_seconds") or name.startswith("shared_")
                before = shown.get(name, 0.0)
                shown[name] = max(before, value) if largest else before + value
        for name, value in shown.items():
            self.task.labels(self._worker, name).set(value)
