"""`kairec topics repartition` on a real Kafka: all goes on as if nothing had been."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli import Done, Kairec
from tests.integration.learnt import (
    EVENTS,
    FORGOTTEN,
    all_workers,
    begun,
    drained,
    event,
    impression,
    newest,
    send,
)
from topics import codec
from topics.partitioning import partition_of
from topics.spec import Names

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(500)]
KILLED = -9


def move(kairec: Kairec, to: str, **changed: str) -> Done:
    return kairec.run(
        "topics", "repartition", "--partitions", "4", "--to", to, **changed
    )


def test_four_partitions_go_on_where_two_have_ended(
    kairec: Kairec, tmp_path: Path
) -> None:
    kairec.create_topics()
    later = replace(kairec, names=Names(f"{kairec.names.prefix}x4"))
    to = later.names.prefix
    begun(tmp_path, kairec)
    unread = move(kairec, to)
    assert unread.code == 2
    assert " has not read all of " in unread.err
    with all_workers(kairec):
        drained(kairec)
        assert kairec.run("forget", FORGOTTEN).code == 0
        running = move(kairec, to)
        assert running.code == 2
        assert f"{kairec.names.prefix}.update.dense.0" in running.err
    before = newest(kairec, "profiles")
    lists = newest(kairec, "recommendations")
    audit = kairec.run("verify")
    assert audit.code == 0, audit.out

    for fail_at in ("before_commit:7", "after_commit:2", "before_commit:4"):
        assert move(kairec, to, KAIREC_FAIL_AT=fail_at).code == KILLED
    assert later.run("worker", "publish", "--ordinal", "0").code == 6
    assert later.run("worker", "extract", "--ordinal", "0").code == 6
    refused = later.run("topics", "create")
    assert (refused.code, "was not ended" in refused.err) == (2, True)

    done = move(kairec, to)
    assert done.code == 0, done.err
    assert "made anew" in done.err
    assert "\nimpressions that wait: 5\n" in done.out
    assert f"KAIREC_PREFIX={to} KAIREC_PARTITIONS=4" in done.out
    assert newest(later, "profiles") == before
    lists.pop("~default", None)
    assert newest(later, "recommendations") == lists
    again = move(kairec, to)
    assert (again.code, "was copied from" in again.out) == (0, True)
    assert later.run("topics", "check", "--partitions", "4").code == 0

    goes_on(later, tmp_path, before)


def test_killed_when_all_was_copied_it_only_makes_what_is_missing(
    kairec: Kairec,
) -> None:
    kairec.create_topics()
    later = replace(kairec, names=Names(f"{kairec.names.prefix}x4"))
    to = later.names.prefix
    assert move(kairec, to, KAIREC_FAIL_AT="after_offsets").code == KILLED
    assert later.run("worker", "extract", "--ordinal", "0").code == 6
    done = move(kairec, to)
    assert (done.code, "was copied from" in done.out) == (0, True), done.err
    assert later.run("topics", "check", "--partitions", "4").code == 0
    refused = move(kairec, kairec.names.prefix)
    assert (refused.code, "name a prefix that is free" in refused.err) == (2, True)
    other = replace(kairec, names=Names(f"{kairec.names.prefix}y"))
    other.create_topics()
    assert move(other, to).err.count("has its state from") == 1


def goes_on(later: Kairec, folder: Path, before: dict[str, Any]) -> None:
    """Send more to the new deployment, and look at all that its workers must know."""
    more = [event(n) for n in range(EVENTS + 50, EVENTS + 150)]
    again = event(EVENTS - 1)
    repeated = event(EVENTS - 2, event_id="other")
    forgotten = [line for line in more if line["user_id"] == FORGOTTEN]
    answer = impression("u1", "i29") | {"type": "click"}
    send(later, folder, [again, repeated, answer, *more])
    with all_workers(later):
        drained(later)
    audit = later.run("verify")
    assert audit.code == 0, audit.out
    for fate in ("duplicates: 1", "repeated or contradictory: 1", "waited before: 5"):
        assert f"\n{fate}\n" in audit.out
    assert f"\nforgotten: {len(forgotten)}\n" in audit.out

    portraits = newest(later, "profiles")
    new = Counter(str(line["user_id"]) for line in [repeated, answer, *more])
    del new[FORGOTTEN]
    known = {user: portrait["history"] for user, portrait in before.items()}
    assert {user: p["history"] for user, p in portraits.items()} == {
        user: known[user] + new[user] for user in known
    }
    with later.cluster() as cluster:
        assert cluster.partitions()["profiles"] == 4
    assert len({partition_of(user, 4) for user in portraits}) == 4
    slates = newest(later, "recommendations")
    assert all(slates[user]["items"] for user in new)

    later.send("events", "u1", codec.write(event(999)), {})
    audit = later.run("verify")
    assert audit.code == 1
    assert "\nlost: 1 events-" in audit.out
