"""Columns of a Parquet file; what reads them is an extra, for it is large."""

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from pipeline.apps.errors import AppError


def pyarrow_parquet() -> ModuleType:
    """The library that reads Parquet.

    Raises:
        AppError: it is not installed.
    """
    try:
        return importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise AppError(
            "this data set is in Parquet files, and pyarrow is not installed: "
            "pip install 'kairec[bench]'"
        ) from error


def rows_of(
    path: Path, columns: Sequence[str], limit: int | None = None
) -> Iterator[tuple[Any, ...]]:
    """Rows of a file in its order, each with the values of `columns`.

    What a row does not have is None; times are milliseconds, taken as UTC.

    Args:
        path: The file.
        columns: Their names.
        limit: The first so many rows only.

    Raises:
        AppError: it cannot be read, or pyarrow is not installed.
    """
    parquet = pyarrow_parquet()
    try:
        table = parquet.ParquetFile(path).read(list(columns)).slice(0, limit)
        lists = [_values(table.column(name)) for name in columns]
    except (OSError, KeyError, ValueError) as error:  # pyarrow's own are of these
        raise AppError(
            f"cannot read {path}: {error}; delete the folder and it is fetched again"
        ) from error
    return zip(*lists, strict=True)


def _values(column: Any) -> list[Any]:
    if str(column.type).startswith("timestamp"):
        column = column.cast("timestamp[ms]", safe=False).cast("int64")
    values: list[Any] = column.to_pylist()
    return values
