"""Freed memory is given back where the C library can, and nothing happens elsewhere."""

import ctypes
import threading
from types import SimpleNamespace

from pipeline.runtime.trim import start_trimming

PATIENCE_S = 60.0


def test_memory_is_given_back_again_and_again_until_that_is_ended() -> None:
    asked: list[int] = []
    thrice = threading.Event()

    def malloc_trim(left: ctypes.c_size_t) -> None:
        asked.append(left.value)
        if len(asked) == 3:
            thrice.set()

    end = start_trimming(SimpleNamespace(malloc_trim=malloc_trim), every_s=0.001)
    try:
        assert thrice.wait(PATIENCE_S)
    finally:
        end()
    assert set(asked) == {0}


def test_a_c_library_that_cannot_is_left_alone() -> None:
    before = set(threading.enumerate())
    start_trimming(SimpleNamespace())()
    assert set(threading.enumerate()) <= before


def test_the_library_of_this_process_is_taken_as_it_is() -> None:
    start_trimming(ctypes.CDLL(None))()
