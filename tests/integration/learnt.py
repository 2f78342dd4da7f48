"""A deployment that has learnt from a stream, and the ways to go on with it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.apps.bench.processes import Workers
from pipeline.settings import Settings
from pipeline.topology import workers
from tests.integration.cli import Kairec, eventually
from topics import codec

GRAPH = workers(Settings())
T0_MS = 1_700_000_000_000
USERS, ITEMS, EVENTS = 20, 30, 300
STEP_MS = 20_000
FORGOTTEN = "u7"
LAST_MS = T0_MS + EVENTS * STEP_MS
Line = dict[str, Any]


def event(n: int, **changed: object) -> Line:
    fields = {
        "user_id": f"u{n % USERS}",
        "item_id": f"i{n % ITEMS}",
        "type": "click",
        "event_time_ms": T0_MS + n * STEP_MS,
        "event_id": f"e{n}",
    }
    return fields | changed


def impression(user: str, item: str) -> Line:
    return {
        "user_id": user,
        "slate_id": "s1",
        "item_id": item,
        "position": 1,
        "type": "impression",
        "event_time_ms": LAST_MS,
    }


def send(kairec: Kairec, folder: Path, lines: list[Line]) -> None:
    file = folder / "lines.jsonl"
    file.write_bytes(b"\n".join(map(codec.write, lines)))
    sent = kairec.run("replay", str(file), "--raw")
    assert sent.code == 0, sent.err


def drained(kairec: Kairec) -> None:
    inputs = {name: [s.name for s in spec.sources] for name, spec in GRAPH.items()}
    with kairec.cluster() as cluster:
        for name, topics in inputs.items():
            eventually(
                lambda name=name, topics=topics: (
                    not any(  # type: ignore[misc]  # bound now
                        lag.records for lag in cluster.lag({name: topics})
                    )
                ),
                limit_s=90,
            )


@contextmanager
def all_workers(kairec: Kairec) -> Iterator[None]:
    """Every worker; when the block ends, all is worked off, and then they stop."""
    kairec.home.mkdir(exist_ok=True)
    running = Workers(kairec.home, kairec.environment())
    try:
        processes = [running.start(name) for name in GRAPH]
        yield
        drained(kairec)
        for process in processes:
            process.terminate()
            assert process.wait() == 0
    finally:
        running.end()
    with kairec.cluster() as cluster:
        for name in GRAPH:
            cluster.leave(name, [0])


def newest(kairec: Kairec, topic: str) -> dict[str, Any]:
    found = {}
    for key, value in kairec.records(topic):
        found[(key or b"").decode()] = value
    return {key: json.loads(value) for key, value in found.items() if value}


def begun(folder: Path, kairec: Kairec) -> None:
    """A deployment that has learnt, has impressions that wait, and forgot a user."""
    catalogue: list[Line] = [
        {"item_id": f"i{n}", "title": f"item {n}", "categories": [f"c{n % 3}"]}
        for n in range(ITEMS)
    ]
    told: list[Line] = [
        {"user_id": f"u{n}", "attributes": {"plan": "free"}} for n in range(USERS)
    ]
    shown = [impression(f"u{n}", "i29") for n in range(5)]
    send(kairec, folder, catalogue + told + [event(n) for n in range(EVENTS)] + shown)
