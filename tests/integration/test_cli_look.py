"""`kairec watch` and `kairec dlq`: what comes out, and what went wrong."""

import pytest

from tests.integration.cli import Kairec
from topics import codec
from topics.partitioning import partition_of
from topics.recommendations import Reason, Recommended, Slate
from topics.spec import Position

pytestmark = pytest.mark.kafka

DETAIL = "JSON is malformed: trailing [bold] characters"
DEAD = {
    "v": b"1",
    "kairec.source": b"events-1-7",
    "kairec.reason": b"malformed",
    "kairec.detail": DETAIL.encode(),
}


def slate(user: str, *items: str) -> bytes:
    reasons = [Reason("covisitation", 0.8, "i9"), Reason("popularity", 0.2)]
    listed = [Recommended(i, n, 1.0, 1.0, reasons) for n, i in enumerate(items, 1)]
    at = Position("events", 0, 3)
    return codec.write(Slate(str(at), user, listed, "main", 1, 1, 1, at))


def test_watch_prints_the_newest_list_with_titles_and_reasons(kairec: Kairec) -> None:
    kairec.create_topics()
    kairec.send("items", "i1", b'{"item_id": "i1", "title": "Fargo [1996]"}', {})
    kairec.send("items", "i9", b'{"item_id": "i9", "title": "Heat"}', {})
    kairec.send("items", "bad", b"nonsense", {})
    kairec.send("recommendations", "u1", slate("u1", "i2"), {})
    kairec.send("recommendations", "u1", slate("u1", "i1", "i2"), {})
    done = kairec.run("watch", "u1", "--once")
    assert done.code == 0
    assert "u1: 2 items" in done.out
    first = " ".join(done.out.splitlines()[2].split())
    why = "covisitation 80 % (because of Heat), popularity 20 %"
    assert first == f"1 i1 Fargo [1996] 1.000 {why}"


def test_watch_once_says_what_to_do_when_there_is_no_list(kairec: Kairec) -> None:
    kairec.create_topics()
    done = kairec.run("watch", "u1", "--once")
    assert done.code == 2
    assert done.err.startswith("kairec: there is no list for u1 yet: send an event")
    assert done.err.count("\n") == 1


def test_dead_letters_are_listed_and_shown_with_their_original_bytes(
    kairec: Kairec,
) -> None:
    kairec.create_topics()
    original = b'{"user_id": "u1"} \xff\x00 not json'
    kairec.send("events.dlq", "u1", original, DEAD)
    kairec.send("events.dlq", "u1", original, DEAD | {"kairec.reason": b"empty"})
    listed = kairec.run("dlq", "list", "--reason", "malformed", "--topic", "events")
    (row,) = listed.out.splitlines()[1:]
    shown = kairec.run("dlq", "show", row.split()[0])
    assert row.split(maxsplit=3)[1:] == ["events-1-7", "malformed", DETAIL]
    assert "key: u1\n" in shown.out
    assert f"kairec.detail: {DETAIL}\n" in shown.out
    assert shown.out.encode(errors="surrogateescape").endswith(b"\n" + original + b"\n")


def test_a_dead_letter_can_be_asked_for_by_what_it_was(kairec: Kairec) -> None:
    kairec.create_topics()
    partition = partition_of("u1", 2)
    source = f"events-{partition}-7"
    kairec.send("events.dlq", "u1", b"{}", {"kairec.source": source.encode()})
    done = kairec.run("dlq", "show", source, "--value")
    none = kairec.run("dlq", "show", f"events-{partition}-8")
    assert (done.code, done.out) == (0, "{}")
    assert none.code == 2
    assert none.err.startswith(f"kairec: no dead letter events-{partition}-8: ")
    assert none.err.count("\n") == 1
