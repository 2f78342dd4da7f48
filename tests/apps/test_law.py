"""The demo's last question: is everything accounted for?"""

from collections import Counter

from pipeline.apps.demo.law import check_fates, check_handover, check_inputs
from pipeline.apps.manifest import Manifest
from pipeline.apps.scrape import Figures, read_figures
from pipeline.runtime.presence import Presence
from pipeline.settings import Settings
from pipeline.topology import workers
from topics.spec import Position

METRICS = """\
# TYPE kairec_units_in_total counter
kairec_units_in_total{worker="diversify"} 10.0
# TYPE kairec_units_total counter
kairec_units_total{worker="diversify",fate="used",reason=""} 6.0
kairec_units_total{worker="diversify",fate="dropped",reason="repeat"} 1.0
# TYPE kairec_units_waiting gauge
kairec_units_waiting{worker="diversify"} 3.0
# TYPE kairec_records_total counter
kairec_records_total{worker="diversify",topic="features"} 2.0
# TYPE kairec_outputs_total counter
kairec_outputs_total{worker="diversify",topic="examples"} 6.0
# TYPE kairec_lag_records gauge
kairec_lag_records{worker="diversify"} 4.0
# TYPE kairec_task gauge
kairec_task{worker="diversify",name="waiting"} 3.0
"""


def presence(worker: str) -> Presence:
    return Presence("kairec", worker, 0, "127.0.0.1", 1, pid=1)


def figures(
    worker: str,
    units_in: int,
    records: dict[str, int] | None = None,
    outputs: dict[str, int] | None = None,
) -> Figures:
    return Figures(
        presence(worker),
        units_in=units_in,
        fates=Counter(used=units_in),
        records=Counter(records or {}),
        outputs=Counter(outputs or {}),
    )


def acknowledged(**counts: int) -> Manifest:
    manifest = Manifest()
    for topic, count in counts.items():
        for offset in range(count):
            manifest.note(Position(topic, 0, offset))
    return manifest


def test_figures_are_read_from_what_a_worker_shows() -> None:
    found = read_figures(presence("diversify"), "restoring", METRICS)
    assert (found.units_in, found.lag, found.wrong) == (10, 4, "restoring")
    assert found.fates == {"used": 6, "dropped": 1, "waiting": 3}
    assert found.balanced
    assert (found.records["features"], found.outputs["examples"]) == (2, 6)


def test_a_unit_without_a_fate_breaks_the_law() -> None:
    found = read_figures(presence("diversify"), "", METRICS.replace("10.0", "11.0"))
    (check,) = check_fates([found])
    assert not check.holds
    assert "BROKEN: diversify: 11 units in = 1 dropped, 6 used, 3 waiting" in str(check)


def test_an_event_that_nobody_read_breaks_the_law() -> None:
    specs = workers(Settings())
    read = [figures("extract", 5, {"events": 4, "users": 1})]
    checks = check_inputs(specs, read, acknowledged(events=5, users=1))
    assert [check.holds for check in checks] == [False, True]


def test_a_unit_that_is_lost_between_two_workers_breaks_the_law() -> None:
    specs = workers(Settings())
    wrote = figures("extract", 9, outputs={"features": 9})
    for read, holds in ((9, True), (8, False)):
        checks = check_handover(specs, [wrote, figures("diversify", read)], Manifest())
        (features,) = [check for check in checks if "features" in check.text]
        assert features.holds is holds


def test_two_workers_of_a_kind_are_counted_together() -> None:
    specs = workers(Settings())
    wrote = figures("extract", 9, outputs={"features": 9})
    read = [figures("diversify", 4), figures("diversify", 5)]
    checks = check_handover(specs, [wrote, *read], Manifest())
    assert all(check.holds for check in checks)
