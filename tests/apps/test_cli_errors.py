"""What `kairec` says when something is asked wrongly: one line, cause and remedy."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from pipeline.cli.run import make_app

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["send", "--user", "u"], "an event needs --user and --item"),
        (["send", "--user", "u", "--item", "i", "--type", "rating"], "(missing_field)"),
        (["send", "--user", "u", "--item", "i", "--value", "much"], "'--value'"),
        (["send", "--json", "{"], "(malformed)"),
        (["send", "--json", '{"user_id": "~u"}', "--topic", "users"], "(reserved_id)"),
        (["send", "--json", "{}", "--user", "u"], "--json is the whole record"),
        (["send", "--user", "u", "--item", "i"], "`kairec kafka start`"),
        (["replay", "nothing.jsonl"], "No such file or directory"),
        (["replay", "x", "--rate", "fast"], "records per second, or max"),
        (["up", "--scale", "update"], "--scale update: WORKER=NUMBER"),
        (["watch", "\udcff"], "is not UTF-8"),
        (["upp"], "see `kairec --help`"),
        (["topics", "make"], "see `kairec topics --help`"),
        (["worker", "learn"], "see `kairec worker --help`"),
        (["watch"], "see `kairec watch --help`"),
        (["dlq", "list", "--reason", "sad"], "see `kairec dlq list --help`"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_one_line(
    kairec: Run, arguments: list[str], told: str
) -> None:
    code, _, said = kairec(*arguments)
    assert code == 2
    assert told in said
    assert said.startswith("kairec: ")
    assert said.count("\n") == 1


def test_a_cache_folder_that_cannot_be_written_is_told_in_one_line(
    kairec: Run, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    code, _, said = kairec("replay", "ml-100k", KAIREC_HOME=str(tmp_path / "file"))
    assert code == 1
    assert said.startswith(f"kairec: {tmp_path}/file/datasets: Not a directory; look")
    assert said.count("\n") == 1


def test_a_setting_that_is_not_known_is_told_with_where_to_look(kairec: Run) -> None:
    code, _, said = kairec("topics", "check", KAIREC_PARTITION="3")
    assert code == 2
    assert said == (
        "kairec: unknown setting KAIREC_PARTITION: `kairec settings` lists those there "
        "are\n"
    )


def commands(group: typer.Typer, path: str) -> Iterator[tuple[str, str]]:
    """Path and help of each command."""
    for command in group.registered_commands:
        function = command.callback
        assert function is not None
        name = command.name or function.__name__.replace("_", "-")
        yield f"{path} {name}", function.__doc__ or ""
    for sub in group.registered_groups:
        assert sub.typer_instance is not None
        yield from commands(sub.typer_instance, f"{path} {sub.name}")


@pytest.mark.parametrize(("path", "text"), list(commands(make_app(""), "kairec")))
def test_the_help_of_each_command_has_an_example_of_it(path: str, text: str) -> None:
    examples = [line for line in text.splitlines() if "Example: " in line]
    assert examples, path
    assert any(path in example for example in examples)
