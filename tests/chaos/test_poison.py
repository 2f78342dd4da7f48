"""Bytes of any kind between good events: one dead letter each, and nothing else."""

from pathlib import Path

import pytest

from tests.chaos.fleet import Fleet
from tests.chaos.oracle import Account, plain_read

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(200)]
GOOD = b'{"user_id":"u1","item_id":"i1","type":"view","event_time_ms":1700000000000'
CORPUS = {
    "malformed": [b"{", GOOD, b"\x00\x01\x02", b"nonsense", GOOD + b"}}"],
    "not_utf8": [b'{"user_id":"\xff\xfe"}', b"\xff" * 40],
    "too_deep": [b'{"a":' * 2_000, b'{"odd":' + b"[" * 2_000],
    "empty": [b""],
    "wrong_type": [b"null", b"[]", b"7", GOOD.replace(b'"u1"', b"1") + b"}"],
    "missing_field": [b"{}", GOOD.replace(b'"item_id":"i1",', b"") + b"}"],
    "not_finite": [GOOD + b',"value":NaN}', GOOD + b',"value":Infinity}'],
    "out_of_range": [GOOD.replace(b":17", b":-17") + b"}", GOOD + b',"value":1e999}'],
    "unknown_type": [GOOD.replace(b"view", b"teleport") + b"}"],
    "reserved_id": [GOOD.replace(b'"u1"', b'"~u1"') + b"}"],
}


class OddName(str):
    """The name of a header that is no text, as Kafka allows."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


def test_each_poison_record_is_one_dead_letter_and_its_neighbours_go_through(
    bootstrap_servers: str, tmp_path: Path
) -> None:
    with Fleet(bootstrap_servers, tmp_path) as fleet:
        wanted: dict[tuple[int, int], tuple[str, bytes | None]] = {}
        for reason, values in CORPUS.items():
            for value in values:
                fleet.send(10)
                headers = [("trace", b"t1"), ("odd", b"\xff")]
                at = fleet.send_raw("events", "u1", value, headers=headers).get(30)
                wanted[at.partition, at.offset] = (reason, value)
        tombstone = fleet.send_raw("events", "u1", None).get(30)
        wanted[tombstone.partition, tombstone.offset] = ("empty", None)
        fleet.send(10)
        fleet.start("extract")
        fleet.wait_until_drained("extract")

        topic = fleet.names.dead_letters("events")
        found = {}
        for letter in plain_read(bootstrap_servers, topic):
            told = dict(letter.headers)
            name, partition, offset = told["kairec.source"].decode().rsplit("-", 2)
            assert name == "events"
            assert letter.key == b"u1"
            if letter.value is not None:
                assert told["trace"] == b"t1"
                assert told["odd"] == b"\xff"
            reason = told["kairec.reason"].decode()
            found[int(partition), int(offset)] = (reason, letter.value)
        assert found == wanted
        assert fleet.audit() == Account()


def test_odd_headers_and_records_that_grow_too_large_stop_nothing(
    bootstrap_servers: str, tmp_path: Path
) -> None:
    with Fleet(bootstrap_servers, tmp_path) as fleet:
        fleet.send(10)
        view = GOOD + b"}"
        fleet.send_raw("events", "u1", view, headers=[(OddName("xx"), b"\xff")])
        fleet.send_raw("events", "u1", b"{", headers=[(OddName("xx"), b"h")])
        # It is within Kafka's limit; the feature made of it would not be.
        large = GOOD + b',"context":{"note":"%s"}}' % (b"x" * (1_048_000 - len(GOOD)))
        at = fleet.send_raw("events", "u1", large).get(30)
        fleet.send(10)
        fleet.start("extract")
        fleet.wait_until_drained("extract")
        assert fleet.audit() == Account()
        letters = plain_read(bootstrap_servers, fleet.names.dead_letters("events"))
        told = {each.offset: dict(each.headers) for each in letters}
        reasons = [headers["kairec.reason"] for headers in told.values()]
        assert reasons == [b"malformed", b"too_large"]
        assert (letters[1].value, letters[1].partition) == (large, at.partition)
