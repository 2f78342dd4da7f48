"""Which events are fed and scored, and what becomes of files with bad lines."""

import gzip
from pathlib import Path

import pytest

from pipeline.apps.datasets import Dataset
from pipeline.apps.errors import AppError
from pipeline.apps.evaluate import stream as module
from pipeline.apps.evaluate.files import TOLD, Files, read_files
from pipeline.apps.evaluate.stream import Stream, stream_of
from pipeline.stages.extract.config import ExtractConfig
from topics import EVENTS, ITEMS, USERS, codec
from topics.events import Event
from topics.items import Item
from topics.users import User

WEIGHT_OF = ExtractConfig().weight_of


def clicks(*pairs: str) -> list[Event]:
    """Events of "user item", a second apart."""
    return [
        Event(pair[0], pair[1], "click", 1000 * n) for n, pair in enumerate(pairs, 1)
    ]


def streamed(
    events: list[Event], *, all_events: bool = False, limit: int | None = None
) -> Stream:
    dataset = Dataset("made up", [], [], events)
    return stream_of(dataset, WEIGHT_OF, all_events=all_events, limit=limit)


@pytest.mark.parametrize(
    ("kind", "value", "positive"),
    [
        ("rating", 4.0, True),
        ("rating", 3.5, False),
        ("view", None, True),
        ("skip", None, False),
        ("dislike", None, False),
        ("dwell", 60.0, True),
        ("dwell", 1.0, False),
        ("no such type", None, False),
    ],
)
def test_a_rating_of_4_and_a_type_of_positive_weight_are_positive(
    kind: str, value: float | None, positive: bool
) -> None:
    event = Event("u", "i", kind, 1, value=value)
    assert module.is_positive(event, WEIGHT_OF) is positive


def test_users_and_items_are_numbered_by_their_first_event() -> None:
    stream = streamed(clicks("ax", "by", "ay", "bz"))
    assert [(step.user, step.item) for step in stream.steps] == [
        (0, 0),
        (1, 1),
        (0, 1),
        (1, 2),
    ]
    assert stream.item_numbers == {"x": 0, "y": 1, "z": 2}
    assert stream.user_numbers == {"a": 0, "b": 1}
    assert [step.history for step in stream.steps] == [0, 0, 1, 1]


def test_the_first_tenth_and_repeats_are_learnt_and_not_scored() -> None:
    stream = streamed(clicks(*[f"a{n}" for n in range(8)], "a3", "b3"))
    scored = [step.scored for step in stream.steps]
    assert scored == [False, *[True] * 7, False, True]
    assert [step.position for step in stream.steps] == [n / 10 for n in range(10)]


def test_only_positive_events_are_fed_unless_all_are_wanted() -> None:
    events = [Event("a", "x", "skip", 1), *clicks("ax", "ay")]
    assert [event.item_id for event in streamed(events).events] == ["x", "y"]
    both = streamed(events, all_events=True).steps
    assert [step.positive for step in both] == [False, True, True]
    assert [step.scored for step in both] == [False, False, True]  # the user had x
    assert [step.history for step in both] == [0, 0, 1]


def test_a_limit_counts_positive_events_and_keeps_what_lies_between() -> None:
    skip = Event("a", "q", "skip", 2)
    one, two = clicks("ax", "ay")
    stream = streamed([one, skip, two, skip], all_events=True, limit=2)
    assert stream.events == [one, skip, two]
    assert streamed([one, skip, two], limit=1).events == [one]


def test_of_a_long_stream_about_one_in_ten_is_scored_the_same_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = [Event("a", str(n), "click", n + 1) for n in range(5000)]
    assert sum(step.scored for step in streamed(events).steps) == 4500
    monkeypatch.setattr(module, "LONG", 4999)
    stream = streamed(events)
    assert stream.share == 0.1
    assert 350 < sum(step.scored for step in stream.steps) < 550
    assert stream == streamed(events)


def test_a_stream_of_which_nothing_is_positive_is_an_error() -> None:
    with pytest.raises(AppError, match="no event of made up is positive"):
        streamed([Event("a", "x", "skip", 1)])


def test_one_file_may_hold_items_users_and_events_in_any_order(tmp_path: Path) -> None:
    late, early = Event("u", "j", "click", 9), Event("u", "i", "click", 5)
    path = tmp_path / "all.jsonl.gz"
    records = [late, Item("i", title="old"), User("u"), early, Item("i", title="new")]
    path.write_bytes(gzip.compress(b"\n".join(map(codec.write, records))))
    told: list[str] = []
    dataset, left_out = read_files(Files(str(path)), WEIGHT_OF, told.append)
    assert dataset.name == "all.jsonl.gz"
    assert dataset.events == [early, late]
    assert (dataset.items, dataset.users) == ([Item("i", title="new")], [User("u")])
    assert (left_out, told) == (0, [])


def test_items_and_users_may_lie_in_files_of_their_own(tmp_path: Path) -> None:
    paths = {spec.name: tmp_path / spec.name for spec in (EVENTS, ITEMS, USERS)}
    paths["events"].write_bytes(codec.write(Event("u", "i", "click", 5)))
    paths["items"].write_bytes(codec.write(Item("i")))
    paths["users"].write_bytes(codec.write(User("u")))
    files = Files(*(str(path) for path in paths.values()))
    dataset, left_out = read_files(files, WEIGHT_OF, print)
    assert (len(dataset.items), len(dataset.users), left_out) == (1, 1, 0)


def test_a_bad_line_is_told_by_its_number_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    good = codec.write(Event("u", "i", "click", 5))
    lines = [
        good,
        b"{broken",
        b'{"user_id": "u", "item_id": "i", "type": "click"}',
        b'{"user_id": "u", "item_id": "i", "type": "stare", "event_time_ms": 5}',
        b'{"user_id": "u", "item_id": "i", "slate_id": "s", "type": "click", '
        b'"event_time_ms": 5}',
        good,
    ]
    path.write_bytes(b"\n".join(lines))
    told: list[str] = []
    dataset, left_out = read_files(Files(str(path)), WEIGHT_OF, told.append)
    assert len(dataset.events) == 2
    assert left_out == len(told) == 4
    for line, why in ((2, ""), (3, "event_time_ms"), (4, "'stare'"), (5, "")):
        (text,) = [one for one in told if f"events.jsonl, line {line}: " in one]
        assert why in text
        assert text.endswith(": left out")


def test_many_bad_lines_are_not_told_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    good = codec.write(Event("u", "i", "click", 5))
    path.write_bytes(good + b"\n" + b"no\n" * 50)
    told: list[str] = []
    _, left_out = read_files(Files(str(path)), WEIGHT_OF, told.append)
    assert (left_out, len(told)) == (50, TOLD + 1)


def test_a_file_without_any_event_is_an_error_that_shows_what_one_is(
    tmp_path: Path,
) -> None:
    path = tmp_path / "items.jsonl"
    path.write_bytes(codec.write(Item("i")))
    with pytest.raises(AppError, match=r'no event in .*"event_time_ms": 17'):
        read_files(Files(str(path)), WEIGHT_OF, print)
    with pytest.raises(AppError, match="cannot read"):
        read_files(Files(str(tmp_path / "none")), WEIGHT_OF, print)
