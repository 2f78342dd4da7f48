"""The figures of workers on this machine, as their endpoints give them."""

import http.client
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from pipeline.runtime.presence import Presence

TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What one worker says of itself.

    Args:
        presence: Which.
        wrong: What keeps it from working; empty when nothing does.
        units_in: Units consumed.
        fates: Units by fate, `waiting` included.
        records: Records consumed by topic.
        outputs: Units produced by topic.
        lag: Records not yet read.
        commits: Checkpoints.
        task: Figures of what its tasks hold, by name.
    """

    presence: Presence
    wrong: str = ""
    units_in: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    outputs: Counter[str] = field(default_factory=Counter)
    lag: int = 0
    commits: int = 0
    task: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Worker and ordinal in one word."""
        ordinal = self.presence.ordinal
        return self.presence.worker + ("" if ordinal is None else f".{ordinal}")

    @property
    def balanced(self) -> bool:
        """The conservation law: each unit that came in has one fate, or waits."""
        return self.units_in == self.fates.total()


def scrape(presence: Presence) -> Figures | None:
    """Ask one worker; None if it does not answer."""
    try:
        connection = http.client.HTTPConnection(
            presence.host, presence.port, timeout=TIMEOUT_S
        )
        try:
            status, text = _get(connection, "/readyz")
            _, metrics = _get(connection, "/metrics")
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return None
    return read_figures(presence, "" if status == http.HTTPStatus.OK else text, metrics)


def _get(connection: http.client.HTTPConnection, path: str) -> tuple[int, str]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(errors="replace").strip()


def read_figures(presence: Presence, wrong: str, metrics: str) -> Figures:
    """Read what `/metrics` said."""
    fates: Counter[str] = Counter()
    records: Counter[str] = Counter()
    outputs: Counter[str] = Counter()
    task: dict[str, float] = {}
    units_in = lag = commits = 0
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            labels, value = sample.labels, int(sample.value)
            match sample.name:
                case "kairec_units_in_total":
                    units_in += value
                case "kairec_units_total":
                    fates[labels["fate"]] += value
                case "kairec_units_waiting":
                    fates["waiting"] += value
                case "kairec_records_total":
                    records[labels["topic"]] += value
                case "kairec_outputs_total":
                    outputs[labels["topic"]] += value
                case "kairec_lag_records":
                    lag += value
                case "kairec_commit_seconds_count":
                    commits += value
                case "kairec_task":
                    task[labels["name"]] = sample.value
    return Figures(
        presence, wrong, units_in, fates, records, outputs, lag, commits, task
    )
