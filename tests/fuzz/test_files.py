"""Files that a command is given: read, or refused in one line; never for ever."""

import contextlib
import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.apps.errors import AppError
from pipeline.apps.lines import Lines, NotJson, recognise
from pipeline.apps.resend_choice import spans_of
from pipeline.runtime.presence import present
from pipeline.settings import BadSettings, Settings, load_settings
from tests.fuzz.mutants import GOLDEN, bytes_for, damaged
from topics import EVENTS

ENDLESS_BYTES = 32 << 20
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
STREAM = b"\n".join([GOLDEN["events"], b"", GOLDEN["items"], b"\xff", b"["]) * 20
PACKED = {
    "jsonl": STREAM,
    "gz": gzip.compress(STREAM, mtime=0),
    "zst": zstandard.compress(STREAM) * 2,
}
TOML = b"""
# as in deploy/kairec.toml
partitions = 8
lateness_ms = 86_400_000
prefix = "kairec"
dead_letter_ratio = 0.5
"""


@pytest.mark.parametrize("kind", PACKED)
@SAME_FOLDER
@given(data=st.data())
def test_a_damaged_stream_gives_lines_or_one_error(
    kind: str, data: st.DataObject, tmp_path: Path
) -> None:
    path = tmp_path / f"stream.{kind}"
    path.write_bytes(data.draw(damaged(PACKED[kind])))
    with contextlib.suppress(AppError), Lines(str(path)) as lines:
        for line in lines:
            with contextlib.suppress(NotJson):
                recognise(line)


@given(value=bytes_for(EVENTS), topic=st.sampled_from([None, "users", "items"]))
def test_any_line_is_recognised_or_refused(value: bytes, topic: str | None) -> None:
    with contextlib.suppress(NotJson):
        found = recognise(value, topic)
        assert found.value == value
        assert found.key != ""


@SAME_FOLDER
@given(value=damaged(TOML) | st.binary(max_size=80))
def test_any_settings_file_gives_settings_or_one_error(
    value: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "kairec.toml"
    path.write_bytes(value)
    with contextlib.suppress(BadSettings):
        assert isinstance(load_settings({"KAIREC_CONFIG": str(path)}), Settings)


@pytest.mark.parametrize("kind", ["jsonl", "gz", "zst"])
def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(
    kind: str, tmp_path: Path
) -> None:
    packs: dict[str, Callable[[bytes], bytes]] = {
        "jsonl": bytes,
        "gz": gzip.compress,
        "zst": zstandard.compress,
    }
    path = tmp_path / f"stream.{kind}"
    path.write_bytes(packs[kind](bytes(ENDLESS_BYTES)))
    tracemalloc.start()
    try:
        with Lines(str(path)) as lines, pytest.raises(AppError, match="line 1"):
            list(lines)
        assert tracemalloc.get_traced_memory()[1] < ENDLESS_BYTES // 2
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "value", [b"a = " + b"[" * 5000, b"a = " + b"{a = " * 5000], ids=["list", "table"]
)
def test_a_settings_file_that_is_nested_too_deeply_is_refused(
    value: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "kairec.toml"
    path.write_bytes(value)
    with pytest.raises(BadSettings):
        load_settings({"KAIREC_CONFIG": str(path)})


@given(text=st.text(max_size=20))
def test_any_text_of_a_variable_gives_settings_or_one_error(text: str) -> None:
    for name in ("PARTITIONS", "DEAD_LETTER_RATIO", "PREFIX"):
        with contextlib.suppress(BadSettings):
            load_settings({f"KAIREC_{name}": text})


@SAME_FOLDER
@given(value=st.binary(max_size=80) | damaged(b'{"base":"b","worker":"w","port":1}'))
def test_a_damaged_announcement_of_a_worker_is_passed_over(
    value: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "workers"
    folder.mkdir(exist_ok=True)
    (folder / "extract-1.json").write_bytes(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAIREC_HOME", str(tmp_path))
        assert present() == []


@given(texts=st.lists(st.text(max_size=20), max_size=3))
def test_any_place_is_taken_or_refused(texts: list[str]) -> None:
    with contextlib.suppress(AppError):
        spans_of(texts, [])
