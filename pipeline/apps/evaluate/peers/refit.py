"""Histories as a sparse matrix, for peers that are fitted anew at each tenth."""

import importlib
from types import ModuleType
from typing import Any

import numpy as np

from pipeline.apps.errors import AppError
from pipeline.apps.evaluate.peers.peer import Past, Size

TIMES = 10


def extra(name: str) -> ModuleType:
    """A library that only peers need.

    Raises:
        AppError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise AppError(
            f"peers need {name}, which is not installed: pip install 'kairec[bench]'"
        ) from error


class Schedule:
    """Says when to fit anew: once each tenth of the stream is learnt.

    Args:
        size: Of the stream.
    """

    def __init__(self, size: Size) -> None:
        self._every = max(1, size.events // TIMES)
        self._learnt = 0

    def due(self) -> bool:
        """One more event is learnt; whether it is time."""
        self._learnt += 1
        return self._learnt % self._every == 0


def histories(past: Past, size: Size) -> Any:
    """Who liked what: a scipy CSR matrix of ones, float32 (users, items)."""
    liked = [past.liked(user) for user in range(size.users)]
    ends = np.cumsum([0, *(len(items) for items in liked)])
    columns = np.concatenate(liked)
    ones = np.ones(len(columns), np.float32)
    matrix = extra("scipy.sparse").csr_matrix(
        (ones, columns, ends), shape=(size.users, size.items)
    )
    matrix.sort_indices()
    return matrix
