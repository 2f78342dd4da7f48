"""JSON Lines: which topic a line is for, which key it has, what is no line at all."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from pipeline.apps.errors import AppError
from pipeline.apps.lines import Lines, NotJson, recognise
from pipeline.apps.replay import FileStream


@pytest.mark.parametrize(
    ("line", "topic", "key"),
    [
        (b'{"user_id": "u", "item_id": "i", "type": "view"}', "events", "u"),
        (b'{"user_id": "u", "item_id": "i"}', "events", "u"),
        (b'{"user_id": "u", "type": "view"}', "events", "u"),
        (b'{"item_id": "i", "type": "view"}', "events", None),
        (b'{"user_id": "u", "slate_id": "s", "item_id": "i"}', "feedback", "u"),
        (b'{"user_id": "u", "attributes": {}}', "users", "u"),
        (b'{"item_id": "i", "title": "t"}', "items", "i"),
        (b'{"user_id": 7, "type": "view"}', "events", None),
        (b"[1, 2]", "events", None),
        (b"{}", "events", None),
    ],
)
def test_a_line_tells_its_topic_and_key(
    line: bytes, topic: str, key: str | None
) -> None:
    found = recognise(line)
    assert (found.topic, found.key, found.value) == (topic, key, line)


def test_a_topic_that_is_given_is_not_guessed() -> None:
    found = recognise(b'{"item_id": "i", "user_id": "u"}', "items")
    assert (found.topic, found.key) == ("items", "i")


@pytest.mark.parametrize("line", [b"nonsense", b'{"a": NaN}', b"{", b"\xff"])
def test_what_is_no_json_is_told_apart(line: bytes) -> None:
    with pytest.raises(NotJson):
        recognise(line)


@pytest.mark.parametrize(
    ("ending", "pack"),
    [("jsonl", bytes), ("gz", gzip.compress), ("zst", zstandard.compress)],
)
def test_packed_files_are_read_like_plain_ones(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"events.{ending}"
    path.write_bytes(pack(b"one\n\n  two \n") + pack(b"three"))
    with Lines(str(path)) as lines:
        assert list(lines) == [b"one", b"two", b"three"]


@pytest.mark.parametrize(
    ("ending", "pack"), [("gz", gzip.compress), ("zst", zstandard.compress)]
)
def test_a_file_that_was_cut_is_told_with_the_line_it_was_read_to(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"events.{ending}"
    path.write_bytes(pack(b"one\n" * 1_000)[:-4])
    with (
        Lines(str(path)) as lines,
        pytest.raises(AppError, match=r"cannot read .* beyond line \d+"),
    ):
        list(lines)


def test_a_file_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(AppError, match="No such file"):
        Lines(str(tmp_path / "none.jsonl"))


def test_lines_that_cannot_be_sent_are_left_out_and_told_by_number(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_text('{"item_id": "i"}\nnonsense\n\n{"title": "no id"}\n')
    told: list[str] = []
    with Lines(str(path)) as lines:
        stream = FileStream(lines, "items", raw=False, refused=told.append)
        assert [record.key for record in stream] == ["i"]
    assert [text[:7] for text in told] == ["line 2 ", "line 4 "]
    assert stream.left_out == 2


def test_raw_sends_what_is_no_json_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_text("nonsense\n")
    with Lines(str(path)) as lines:
        (record,) = FileStream(lines, None, raw=True, refused=print)
    assert (record.topic, record.key, record.value) == ("events", None, b"nonsense")
