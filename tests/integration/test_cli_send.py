"""`kairec send` and `kairec replay`: what goes in, and what does not."""

import gzip
from pathlib import Path

import pytest

from tests.integration.cli import Kairec
from topics import EVENTS, codec

pytestmark = pytest.mark.kafka


def test_an_event_from_arguments_stands_where_send_says(kairec: Kairec) -> None:
    kairec.create_topics()
    done = kairec.run(
        "send", "--user", "u1", "--item", "i1", "--type", "rating", "--value", "4"
    )
    ((key, value),) = kairec.records("events")
    event = codec.read(EVENTS, value or b"")[0]
    assert done.code == 0
    assert done.out.startswith("events-")
    assert key == b"u1"
    assert (event.item_id, event.type, event.value) == ("i1", "rating", 4.0)
    assert event.event_time_ms > 1_700_000_000_000


def test_a_record_from_standard_input_is_sent_byte_for_byte(kairec: Kairec) -> None:
    kairec.create_topics()
    text = '{"item_id":  "i1", "title": "Fargo", "unknown": 1}'
    done = kairec.run("send", "--topic", "items", "--json", "-", stdin=text + "\n")
    assert done.code == 0
    assert kairec.records("items") == [(b"i1", text.encode())]


def test_a_replay_sends_each_line_to_its_topic_and_tells_what_it_left_out(
    kairec: Kairec, tmp_path: Path
) -> None:
    kairec.create_topics()
    lines = [
        b'{"item_id": "i1", "title": "Fargo"}',
        b'{"user_id": "u1", "attributes": {"age": 30}}',
        b"nonsense",
        b'{"user_id": "u1",  "item_id": "i1", "type": "view", "event_time_ms": 5}',
        b'{"user_id": 7, "type": "view"}',
    ]
    path = tmp_path / "stream.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join(lines)))
    done = kairec.run("replay", str(path), "--rate", "1000")
    assert done.code == 1
    assert "line 3 is no JSON" in done.err
    assert "events: 2 records acknowledged" in done.out
    assert kairec.records("items") == [(b"i1", lines[0])]
    assert kairec.records("users") == [(b"u1", lines[1])]
    assert sorted(kairec.records("events"), key=str) == [
        (None, lines[4]),
        (b"u1", lines[3]),
    ]
