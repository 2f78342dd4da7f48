"""How many workers, under which ordinals, and when one is started again."""

from pathlib import Path

import pytest

from pipeline.apps.errors import AppError
from pipeline.apps.fleet import scaled
from pipeline.runtime.command import worker_command
from pipeline.runtime.ordinals import Ordinals
from pipeline.runtime.restarts import FINAL, Restarts

KNOWN = ["extract", "update", "update.dense"]


def test_each_worker_runs_once_unless_told_otherwise() -> None:
    assert scaled(KNOWN, ["update=3", "update.dense=2"]) == {
        "extract": 1,
        "update": 3,
        "update.dense": 2,
    }


@pytest.mark.parametrize("text", ["update", "update=", "update=-1", "upgrade=2"])
def test_a_scale_that_makes_no_sense_is_told_with_what_would(text: str) -> None:
    with pytest.raises(AppError, match="WORKER is one of extract, update"):
        scaled(KNOWN, [text])


def test_a_second_holder_gets_the_ordinals_that_are_left(tmp_path: Path) -> None:
    with Ordinals(tmp_path) as first, Ordinals(tmp_path) as second:
        assert first.take("update", range(2)) == [0, 1]
        assert second.take("update", range(4)) == [2, 3]
        assert second.take("publish", range(1)) == [0]


def test_ordinals_come_free_with_their_holder_and_leave_no_file(tmp_path: Path) -> None:
    with Ordinals(tmp_path / "locks") as first:
        first.take("update", range(2))
    assert not (tmp_path / "locks").exists()
    with Ordinals(tmp_path / "locks") as second:
        assert second.take("update", range(2)) == [0, 1]


@pytest.mark.parametrize("code", sorted(FINAL))
def test_a_fault_that_a_restart_does_not_mend_causes_none(code: int) -> None:
    assert Restarts().wait_ms(code, lived_ms=3_600_000) is None


def test_a_worker_that_was_killed_after_a_while_starts_again_at_once() -> None:
    restarts = Restarts()
    assert [restarts.wait_ms(-9, lived_ms=60_000) for _ in range(20)] == [200] * 20


def test_a_long_life_makes_up_for_quick_ends() -> None:
    restarts = Restarts()
    lived = [100, 100, 100, 100, 60_000, 100, 100, 100, 100]
    assert None not in [restarts.wait_ms(1, lived_ms=ms) for ms in lived]


def test_the_dense_part_is_a_worker_of_its_own() -> None:
    command = worker_command("update.dense", 1)
    assert command.name == "update.dense.1"
    assert list(command.argv[4:9]) == [
        "worker",
        "update",
        "--part",
        "dense",
        "--ordinal",
    ]
