"""Through the real workers on Kafka as much is learnt as by the stages in memory."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.apps.test_evaluate import ITEMS, events, lines
from tests.integration.cli import Kairec
from topics import codec

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


def test_update_hits_on_kafka_what_it_hits_in_memory_and_status_is_told(
    kairec: Kairec, tmp_path: Path
) -> None:
    (tmp_path / "items.jsonl").write_bytes(lines(ITEMS))
    (tmp_path / "events.jsonl").write_bytes(lines(events(600)))
    out = tmp_path / "found.json"
    done = kairec.run(
        *("evaluate", "--events", str(tmp_path / "events.jsonl")),
        *("--items", str(tmp_path / "items.jsonl"), "--out", str(out)),
        *("--kafka", "--rate", "60"),
        KAIREC_RANKER_SHARE="1",
        TMPDIR=os.fspath(tmp_path),
    )
    assert done.code == 0, done.err
    found: dict[str, Any] = codec.read_as(dict, out.read_bytes())
    tested, in_memory, live = found["tested"], found["in_memory"], found["live"]
    # One by one the two differ in which negatives are drawn, and in how late rows come.
    assert tested["events"] == in_memory["events"] > 450
    assert found["same_events"]
    assert found["ratio"] > 0.85
    assert tested["hits"] > 1.1 * tested["popularity"]
    assert live["hits"] > live["popularity"]
    assert "update, test then train" in done.out
    with kairec.cluster() as kafka:
        left = [name for name in kafka.existing() if "kairec-evaluate-" in name]
    assert left == []
    assert list(tmp_path.glob("kairec-*")) == []
