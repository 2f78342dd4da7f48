"""Running `kairec` in the process of a test."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import run as run_cli


@pytest.fixture
def kairec(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command in a folder of the test's own: exit code, output, and errors."""
    monkeypatch.setenv("KAIREC_HOME", str(tmp_path))
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **variables: str) -> tuple[int, str, str]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["kairec", *arguments])
        with pytest.raises(SystemExit) as ended:
            run_cli()
        code = ended.value.code
        assert isinstance(code, int)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
