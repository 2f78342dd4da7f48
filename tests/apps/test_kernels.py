"""Kernels are compiled once on a machine: who finds them there does nothing."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from numba.core.dispatcher import Dispatcher

from pipeline.apps.kernels import USERS, WAITING, compile_once, compiled, compiling
from pipeline.logic import experts
from pipeline.runtime.broker.filelock import file_lock
from pipeline.settings import Settings
from pipeline.topology import workers
from topics import MODEL


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache as `kernels` sees it; numba itself goes on with its own."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    return tmp_path / "kernels"


def test_once_all_is_compiled_that_is_known_without_trying(folder: Path) -> None:
    assert not compiled()
    compile_once(lambda _: None)
    assert compiled()
    told: list[str] = []
    compile_once(told.append)
    with compiling() as wait_for_kernels:
        wait_for_kernels()
    assert told == []


def test_what_another_version_compiled_does_not_count(folder: Path) -> None:
    folder.mkdir()
    (folder / "compiled-elsewhere-3.11.0-0.1").touch()
    assert not compiled()


def test_while_another_process_compiles_one_waits_and_then_finds_it_done(
    folder: Path,
) -> None:
    told: list[str] = []

    def finish(text: str) -> None:
        """The other one is done: what it leaves is there before the lock is free."""
        told.append(text)
        for mark in made:
            (folder / mark).touch()
        lock.__exit__(None, None, None)

    compile_once(lambda _: None)
    made = [path.name for path in folder.glob("compiled-*")]
    for mark in made:
        (folder / mark).unlink()
    lock = file_lock(folder / "lock", lambda: None)
    lock.__enter__()
    compile_once(finish)
    assert told == [WAITING]


def test_a_cache_that_cannot_be_written_is_told_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "kernels"))
    told: list[str] = []
    compile_once(told.append)
    (said,) = told
    assert said.startswith("compiled kernels cannot be kept: ")


def test_workers_that_write_or_read_the_model_are_those_that_need_kernels() -> None:
    touching = {
        name
        for name, spec in workers(Settings()).items()
        if MODEL in {*spec.sinks, spec.replica}
    }
    assert touching == USERS


@pytest.mark.parametrize("name", sorted(workers(Settings()).keys() - USERS))
def test_a_worker_that_needs_no_kernels_starts_without_what_makes_them(
    name: str,
) -> None:
    start = f"""
import sys
from pipeline.cli.run import make_app
from pipeline.cli.graph import spec
from pipeline.settings import Settings

make_app("worker")
node = spec({name!r}, Settings())
node.make(0, node.make_replica and node.make_replica())
print(*sys.modules)
"""
    command = [sys.executable, "-P", "-c", start]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = set(run.stdout.split())
    assert f"pipeline.stages.{name}" in imported
    slow = {"numba", "numpy", "scipy", "matplotlib", "implicit", "pyarrow", "rich"}
    assert not imported & slow


def test_kernels_that_are_loaded_bring_nothing_that_compiles() -> None:
    compile_once(lambda _: None)
    load = """
import sys
from pipeline.apps.evaluate.warm import warm

warm(lambda: sys.exit("a kernel was compiled"))
print(*sys.modules)
"""
    command = [sys.executable, "-P", "-c", load]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = set(run.stdout.split())
    assert "pipeline.logic.kernels.leaders" in imported
    assert not imported & {"numba.np.arraymath", "scipy.linalg"}


def test_whatever_an_expert_calls_is_compiled_before() -> None:
    compile_once(lambda _: None)
    called: list[Any] = [
        kernel
        for module in iter_modules(experts.__path__, f"{experts.__name__}.")
        for kernel in vars(import_module(module.name)).values()
        if isinstance(kernel, Dispatcher)
    ]
    assert called
    for kernel in called:
        assert Path(kernel._cache._cache_file._index_path).exists(), kernel


def test_nothing_is_compiled_for_an_item_that_goes_and_comes_back() -> None:
    compile_once(lambda _: None)
    go = """
import sys
from pipeline.apps.evaluate.product import Product
from pipeline.logic.kernels.jit import tell_when_compiling
from topics.events import Event
from topics.items import Item

tell_when_compiling(lambda: sys.exit("a kernel was compiled"))
product = Product()
product.describe([Item("i0"), Item("i1")], [], 0)
for n in range(4):
    product.learn(Event(f"u{n % 2}", f"i{n // 2}", "click", n))
assert product.model.catalogue.items == 2
for item in ("i0", "i1"):
    product.model.catalogue.drop(item)
assert product.model.catalogue.items == 0
product.learn(Event("u0", "i1", "click", 4))
"""
    subprocess.run([sys.executable, "-P", "-c", go], check=True)
