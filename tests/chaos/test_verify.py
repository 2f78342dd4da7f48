"""`kairec verify` finds nothing in a run that went well, and all that we forge."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.apps.verify import Verdict, verify
from pipeline.apps.verify_rules import Dropped
from pipeline.runtime.kafka.whole import Seen
from tests.chaos.fleet import WORKERS, Fleet
from tests.chaos.oracle import plain_read
from topics import codec

pytestmark = pytest.mark.timeout(200)
T0_MS = 1_700_000_000_000
CLICK = {"kind": "interaction", "user_id": "u", "item_id": "i", "weight": 1.0}


@pytest.fixture
def fleet(bootstrap_servers: str, tmp_path: Path) -> Iterator[Fleet]:
    with Fleet(bootstrap_servers, tmp_path) as fleet:
        yield fleet


def event(number: int, **changed: object) -> bytes:
    fields = {
        "user_id": f"u{number % 20}",
        "item_id": f"i{number % 30}",
        "type": "click",
        "event_time_ms": T0_MS + number * 20_000,
        "event_id": f"e{number}",
    }
    return codec.write(fields | changed)


def sent_lines() -> list[bytes]:
    """Good events; one twice, one that is repeated, and one that is no event."""
    lines = [event(n) for n in range(300)]
    again = event(299, event_id="again", event_time_ms=T0_MS + 299 * 20_000 + 1)
    return [*lines, lines[17], again, b"nonsense"]


@pytest.mark.kafka
def test_a_run_that_went_well_holds_and_a_forged_one_does_not(
    fleet: Fleet, tmp_path: Path
) -> None:
    events, manifest = tmp_path / "events.jsonl", tmp_path / "sent.jsonl"
    events.write_bytes(b"\n".join(sent_lines()))
    written = ("replay", str(events), "--raw", "--manifest", str(manifest))
    assert fleet.run(*written)[0] == 0
    running = [fleet.start(name) for name in WORKERS]
    fleet.wait_until_drained()
    fleet.send_raw("users", "u3", None)
    fleet.wait_until_drained()
    fleet.send_raw("events", "u3", event(3, event_id="late"))
    fleet.wait_until_drained()
    for worker in running:
        worker.terminate()
        worker.wait()

    code, told = fleet.run("verify", "--from", str(manifest))
    assert code == 0, told
    assert "acknowledged: 303" in told
    fates = ("dead letters: 1", "duplicates: 1", "forgotten: 1")
    assert all(f"\n{fate}\n" in told for fate in fates), told
    assert "\nrepeated or contradictory: 1\n" in told

    for topic in ("features", "examples"):
        forged = plain_read(fleet.servers, fleet.names.topic(topic))[0]
        fleet.send_raw(topic, None, forged.value, partition=forged.partition).get(30)
    with manifest.open("ab") as file:
        file.write(b'["events",1,99999,7]\n')
    code, told = fleet.run("verify", "--from", str(manifest))
    assert code == 1
    assert "lost: 1 events-1-99999" in told
    assert "features examples" in told
    assert "NOT EQUAL" in told


def seen(topic: str, offset: int, value: object, **headers: bytes) -> Seen:
    named = {f"kairec.{name}": told for name, told in headers.items()}
    return Seen(topic, 0, offset, T0_MS, b"u", codec.write(value), named)


def audited(features: list[dict[str, Any]], examples: list[int]) -> Verdict:
    """Of the events that stand at 0 to 2, with these features, and these examples."""
    at = ("topic", "partition", "offset")
    made = [
        {
            "origin": "interaction",
            "source": dict(zip(at, ("events", 0, n), strict=True)),
        }
        for n in examples
    ]
    times = [
        {**CLICK, "event_time_ms": T0_MS + 60_000 * n, **f}
        for n, f in enumerate(features)
    ]
    for unit in times:
        unit["source"] = dict(zip(at, ("events", 0, unit["at"]), strict=True))
    records = {
        "events": [seen("events", n, {"user_id": "u"}) for n in range(3)],
        "features": [seen("features", n, [unit]) for n, unit in enumerate(times)],
        "examples": [seen("examples", 0, made)],
    }
    return verify(lambda topic: records.get(topic, []), {}, Dropped())


def test_an_event_of_which_nothing_tells_is_lost() -> None:
    verdict = audited([{"at": 0}, {"at": 2}], [0, 2])
    assert verdict.lost == [("events", 0, 1)]


def test_what_nobody_sent_is_unaccounted_for() -> None:
    verdict = audited([{"at": n} for n in range(4)], [0, 1, 2, 3])
    assert verdict.unaccounted == [("events", 0, 3)]


def test_an_interaction_that_was_not_learnt_needs_a_reason() -> None:
    verdict = audited([{"at": 0}, {"at": 1}, {"at": 2, "weight": 0.0}], [0])
    assert verdict.unaccounted == [("events", 0, 1)]
    assert verdict.fates["neutral"] == 1


def test_an_example_of_nothing_is_unaccounted_for() -> None:
    verdict = audited([{"at": n} for n in range(3)], [0, 1, 2, 9])
    assert verdict.unaccounted == [("events", 0, 9)]


def test_a_user_whose_events_stand_in_another_order_is_named() -> None:
    verdict = audited([{"at": 0}, {"at": 2}, {"at": 1}], [0, 1, 2])
    assert verdict.out_of_order == ["u"]


def test_an_acknowledged_record_with_other_bytes_is_lost() -> None:
    records = {"events": [seen("events", 0, {"user_id": "u"})]}
    verdict = verify(
        lambda topic: records.get(topic, []), {("events", 0, 0): 1}, Dropped()
    )
    assert verdict.lost == [("events", 0, 0)]


def test_what_waited_before_a_repartition_is_accounted_for_by_its_origin() -> None:
    places = [{"topic": "old.feedback", "partition": 0, "offset": n} for n in (3, 4)]
    made = [{"origin": "impression", "source": place} for place in places]
    records = {"examples": [seen("examples", 0, made)]}
    alone = verify(lambda topic: records.get(topic, []), {}, Dropped())
    assert alone.unaccounted == [("old.feedback", 0, 3), ("old.feedback", 0, 4)]
    for waiting in (1, 2):
        origin = {"accepted": 0, "waiting": waiting}
        records["origin"] = [seen("origin", 0, origin)]
        verdict = verify(lambda topic: records.get(topic, []), {}, Dropped())
        assert verdict.holds == (waiting == 2)
