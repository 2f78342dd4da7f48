"""How a kernel is compiled: at its first call, once, and kept in the user's cache."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

import numba
from numba.core import environment, event
from numba.core.runtime.nrt import rtsys

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a function of arrays and numbers to machine code.

    It runs without the interpreter's lock, divides by zero as numpy does, and is kept
    between runs, in the folder that `pipeline` names.
    """
    return _compiled(function, fastmath=False)


def lanes(function: Function) -> Function:
    """Compile as `kernel` does, but let numbers be added in any order."""
    return _compiled(function, fastmath={"reassoc", "contract"})


def _compiled(function: Function, fastmath: bool | set[str]) -> Function:
    compiled: Any = numba.njit(
        cache=True, nogil=True, error_model="numpy", fastmath=fastmath
    )(function)
    cache = compiled._cache
    cache.save_overload = _if_it_can(cache.save_overload)
    cache.load_overload = _without_compiler(cache._load_overload)
    return cast(Function, compiled)


def _without_compiler(load: Callable[..., Any]) -> Callable[..., Any]:
    """Load a kernel without what numba compiles with, which takes .1 s to import.

    Where there is something to compile it imports that by itself.
    """

    def load_it(signature: object, target: Any) -> Any:
        rtsys.initialize(target)
        return load(signature, target)

    return load_it


def _environment(module: str, constants: list[object], name: str) -> Any:
    """What a loaded function has beside its code, without importing its module.

    The globals are for functions that numba could not compile. It imports modules for
    them that import scipy: .3 s.
    """
    found = environment.Environment._memo.get(name)
    if found is None:
        found = environment.Environment({"__name__": module})
        found.consts[:] = constants
        found.env_name = name
        environment.Environment._memo[name] = found
    return found


environment._rebuild_env = _environment


def _if_it_can(save: Callable[..., None]) -> Callable[..., None]:
    """Without space for it a kernel is not kept, but works; numba gives up instead."""

    def save_or_not(*arguments: object) -> None:
        with suppress(OSError):
            save(*arguments)

    return save_or_not


def tell_when_compiling(tell: Callable[[], None]) -> None:
    """Have `tell` called when a kernel is compiled, at the first one only.

    Nothing is compiled, and nothing told, when all of them are in the cache.
    """
    register: Callable[[str, event.Listener], None] = event.register
    register("numba:compile", _Teller(tell))


class _Teller(event.Listener):
    """Tells once.

    Args:
        tell: What it does.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell: Callable[[], None] | None = tell

    def on_start(self, event: Any) -> None:
        """A kernel is being compiled."""
        tell, self._tell = self._tell, None
        if tell is not None:
            tell()

    def on_end(self, event: Any) -> None:
        """It has been."""
