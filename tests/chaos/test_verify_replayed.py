"""`kairec verify` and dead letters that were sent again."""

from pathlib import Path

import pytest

from pipeline.apps.bench.processes import Workers
from pipeline.apps.verify import Verdict, verify
from pipeline.apps.verify_rules import Dropped
from pipeline.runtime.clock import SystemClock
from tests.chaos.fleet import WORKERS, Fleet
from tests.chaos.oracle import Account, plain_read
from tests.chaos.test_verify import CLICK, T0_MS, event, seen
from topics.spec import HOUR_MS

pytestmark = pytest.mark.timeout(200)


def strict_workers(fleet: Fleet) -> Workers:
    """Workers of the same deployment for which what is ahead of time is dead."""
    told = {
        "KAFKA_BOOTSTRAP_SERVERS": fleet.servers,
        "KAIREC_PREFIX": fleet.names.prefix,
        "KAIREC_SKEW_MS": "0",
    }
    return Workers(fleet.home, told)


def replayed(fleet: Fleet) -> None:
    """Send two events that are dead at first, one that stays so, and some good ones."""
    ahead_ms = SystemClock().now_ms() + HOUR_MS
    for n in range(30):
        fleet.send_raw("events", f"u{n % 20}", event(n))
    for n in (3, 4):
        dead = event(n, event_id=f"ahead{n}", event_time_ms=ahead_ms)
        fleet.send_raw("events", f"u{n}", dead)
    fleet.send_raw("events", "u5", b"nonsense")
    for n in range(30, 60):
        fleet.send_raw("events", f"u{n % 20}", event(n))
    first = strict_workers(fleet).start("extract")
    fleet.wait_until_drained("extract")
    first.terminate()
    first.wait()
    running = [fleet.start(name) for name in WORKERS]
    fleet.wait_until_drained()
    code, told = fleet.run("dlq", "replay")
    assert (code, told.splitlines()[-1]) == (0, "3 sent, 0 left")
    fleet.wait_until_drained()
    for worker in running:
        worker.terminate()
        worker.wait()


@pytest.mark.kafka
def test_after_a_replay_verify_holds_and_finds_what_is_lost_or_twice(
    bootstrap_servers: str, tmp_path: Path
) -> None:
    with Fleet(bootstrap_servers, tmp_path, KAIREC_SKEW_MS="9000000") as fleet:
        replayed(fleet)
        code, told = fleet.run("verify")
        assert code == 0, told
        assert "\ndead letters: 1\n" in told
        assert "\nsent again: 3\n" in told
        assert fleet.audit() == Account()

        [letter] = [
            record
            for record in plain_read(fleet.servers, fleet.names.topic("events.dlq"))
            if "kairec.replayed" in dict(record.headers)
        ]
        fleet.send_raw(
            "events.dlq",
            None,
            b"[%d]" % letter.offset,
            partition=letter.partition,
            headers=[("kairec.note", b"replayed")],
        ).get(30)
        code, told = fleet.run("verify")
        lost = "-".join(map(str, fleet.audit().lost[0]))
        assert (code, f"\nlost: 1 {lost}\n" in told) == (1, True), told

        features = plain_read(fleet.servers, fleet.names.topic("features"))
        # Not a tick, which an input that was idle for so long gives: it counts nothing.
        forged = next(r for r in reversed(features) if b'"interaction"' in r.value)
        fleet.send_raw("features", None, forged.value, partition=forged.partition)
        fleet.flush()
        assert fleet.audit().twice.keys() == {"features"}
        assert " features\n" in fleet.run("verify")[1]


def resent(places: list[int], *, noted: bool = True) -> Verdict:
    """Of the event at 0, which died and was sent again to 2, with features of these."""
    source, letter = b"events-0-0", b"events.dlq-0-0"
    fields = CLICK | {"weight": 0.0, "event_time_ms": T0_MS}
    units = [
        {**fields, "source": {"topic": "events", "partition": 0, "offset": n}}
        for n in places
    ]
    again = seen("events", 2, {"user_id": "u"}, source=source, replayed=letter)
    records = {
        "events": [*(seen("events", n, {"user_id": "u"}) for n in range(2)), again],
        "events.dlq": [
            seen("events.dlq", 0, {}, source=source, reason=b"failed"),
            *([seen("events.dlq", 1, [0], note=b"replayed")] if noted else []),
        ],
        "features": [seen("features", n, [unit]) for n, unit in enumerate(units)],
    }
    return verify(lambda topic: records.get(topic, []), {}, Dropped())


def test_what_was_sent_again_stands_where_it_was_sent_again() -> None:
    assert resent([1, 0]).holds
    assert resent([0, 1]).out_of_order == ["u"]


def test_a_letter_that_was_sent_again_tells_of_its_record_no_longer() -> None:
    assert resent([1]).lost == [("events", 0, 0)]


def test_what_was_sent_again_has_its_effect_once() -> None:
    assert resent([1, 0, 0]).twice == {"features": 1}


def test_a_record_that_is_dead_and_has_had_its_effect_all_the_same_is_there_twice() -> (
    None
):
    assert resent([1, 0], noted=False).twice == {"features": 1}
