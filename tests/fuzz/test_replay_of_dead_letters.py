"""Sending dead letters again, however often and wherever it dies: each once."""

from collections import Counter
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from pipeline.apps.resend import Outcome, Resend
from pipeline.apps.resend_choice import Choice
from pipeline.runtime.clock import ManualClock
from pipeline.runtime.dead_letters import dead_letter, source
from pipeline.runtime.faults import Indefinite
from pipeline.runtime.memory import MemoryLog, MemoryTransport
from pipeline.runtime.transport import Raw, Send
from topics.dead_letters import HEADER_REPLAYED, InvalidRecord, Reason

TOPICS = ("events", "users", "items", "feedback")
ALL = Choice([f"{topic}.dlq" for topic in TOPICS])
Step = Callable[[str], None]
BAD = InvalidRecord(Reason.UNKNOWN_TYPE, "of tomorrow")


class Death(BaseException):
    """The process is gone."""


def a_log() -> MemoryLog:
    partitions = dict.fromkeys(TOPICS, 2)
    return MemoryLog(partitions | {f"{t}.dlq": 2 for t in TOPICS}, ManualClock(1_000))


def die(log: MemoryLog, topic: str, key: str | None, value: bytes | None) -> Raw:
    """Put a record into a topic, and its dead letter where such ones go."""
    partition = len(key or "") % 2
    coded = None if key is None else key.encode()
    raw = log.append(Send(topic, partition, coded, value, (("h", b"\xff"),)))
    log.append(dead_letter(raw, BAD))
    return raw


def never(_: str) -> None:
    """Nothing breaks here."""


def resend(
    log: MemoryLog, choice: Choice = ALL, fail: Step = never, break_at: Step = never
) -> Outcome:
    return Resend(MemoryTransport(log, 0, break_at), choice, fail).run()


def replayed(log: MemoryLog, topic: str) -> list[Raw]:
    return [r for r in log.committed(topic) if HEADER_REPLAYED in dict(r.headers)]


def nth(failing: int, error: type[BaseException]) -> Step:
    """Raise at the nth step that is reached."""
    left = failing

    def step(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise error("on purpose")

    return step


def test_a_record_goes_back_as_it_came_and_keeps_its_id() -> None:
    log = a_log()
    before = die(log, "events", "u1", b"\x00\xff")
    resend(log)
    [again] = replayed(log, "events")
    assert (again.key, again.value) == (before.key, before.value)
    assert again.partition == before.partition
    assert source(again) == source(before)
    assert again.headers[:1] == before.headers
    assert dict(again.headers)[HEADER_REPLAYED] == b"events.dlq-0-0"


def test_a_second_replay_changes_nothing() -> None:
    log = a_log()
    for n in range(5):
        die(log, "events", f"u{n}", b"{}")
    first, second = resend(log), resend(log)
    assert (first.sent.total(), first.left.total()) == (5, 0)
    assert (second.sent.total(), second.left) == (0, {("events", "replayed before"): 5})
    assert len(replayed(log, "events")) == 5


@given(deaths=st.lists(st.integers(1, 40), max_size=6), count=st.integers(0, 12))
def test_wherever_it_is_killed_each_is_sent_once(deaths: list[int], count: int) -> None:
    log = a_log()
    for n in range(count):
        die(log, "events", "u" * (n % 3 + 1), b"%d" % n)
    for death in deaths:
        try:
            resend(log, fail=nth(death, Death), break_at=nth(2 * death, Death))
        except Death:
            continue
    resend(log)
    sent = replayed(log, "events")
    assert Counter(map(source, sent)) == Counter(
        source(r) for r in log.committed("events") if r not in sent
    )
    for partition in range(2):
        offsets = [source(r).offset for r in sent if r.partition == partition]
        assert offsets == sorted(offsets)


@given(breaks=st.integers(1, 60), count=st.integers(1, 12))
def test_an_answer_that_is_missing_is_found_out(breaks: int, count: int) -> None:
    log = a_log()
    for n in range(count):
        die(log, "feedback", f"u{n}", b"{}")
    outcome = resend(log, break_at=nth(breaks, Indefinite))
    assert outcome.sent == {("feedback", "unknown_type"): count}
    assert outcome.left == {}
    assert len(replayed(log, "feedback")) == count


@given(step=st.integers(1, 30))
def test_two_that_run_at_the_same_time_send_each_once(step: int) -> None:
    log = a_log()
    for n in range(6):
        die(log, "events", f"u{n}", b"{}")
    others: list[Outcome] = []
    left = step

    def meanwhile(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            others.append(resend(log))

    resend(log, break_at=meanwhile)
    assert len(replayed(log, "events")) == 6


def test_a_record_that_dies_again_can_be_sent_again_from_its_new_dead_letter() -> None:
    log = a_log()
    die(log, "items", "i1", b"{}")
    resend(log)
    [again] = replayed(log, "items")
    log.append(dead_letter(again, BAD))
    assert resend(log).sent == {("items", "unknown_type"): 1}
    assert resend(log).sent == {}
    assert [source(r).offset for r in replayed(log, "items")] == [0, 0]


def test_what_was_replaced_since_stays_where_it_is() -> None:
    log = a_log()
    die(log, "items", "i1", b"{}")
    log.append(Send("items", 0, b"i1", b'{"item_id": "i1"}'))
    die(log, "items", "i1", b"[]")
    log.append(Send("items", 0, b"i2", b'{"item_id": "i2"}'))
    outcome = resend(log)
    assert outcome.left == {("items", "superseded"): 1}
    assert [r.value for r in replayed(log, "items")] == [b"[]"]


def test_what_a_forgotten_user_did_before_stays_where_it_is() -> None:
    log = a_log()
    die(log, "events", "u1", b'{"event_time_ms": 1}')
    die(log, "users", "u1", b"{}")
    die(log, "events", None, b'{"user_id": "u1"}')
    die(log, "events", "u2", b"{}")
    log.append(Send("users", 0, b"u1", None))
    outcome = resend(log)
    assert outcome.left == {
        ("events", "user forgotten"): 2,
        ("users", "superseded"): 1,
    }
    assert [r.key for r in replayed(log, "events")] == [b"u2"]


def test_a_record_that_was_cut_cannot_be_sent() -> None:
    log = a_log()
    die(log, "events", "u1", b"x" * ((1 << 20) + 1))
    assert resend(log).left == {("events", "cut, too large"): 1}


def test_filters_and_limit_choose() -> None:
    log = a_log()
    for n in range(6):
        die(log, "events", "u1", b"%d" % n)
    span = Choice(["events.dlq"], spans={("events.dlq", 0): (2, 5)}, limit=2)
    assert resend(log, Choice(["events.dlq"], reason="malformed")).sent == {}
    assert resend(log, Choice(["events.dlq"], since_ms=1_001)).sent == {}
    assert resend(log, Choice(["events.dlq"], until_ms=1_000)).sent == {}
    assert resend(log, span).sent.total() == 2
    assert [r.value for r in replayed(log, "events")] == [b"2", b"3"]
    assert resend(log, span).sent.total() == 1
