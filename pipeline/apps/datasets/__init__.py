"""Data sets by name: streams that people know, as an application would send them."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.apps.datasets import complete_journey, lastfm, ml100k
from pipeline.apps.datasets.fetch import Source, fetch
from pipeline.apps.datasets.order import TIES_SEED
from pipeline.apps.datasets.parquet import pyarrow_parquet
from pipeline.apps.errors import AppError
from pipeline.runtime.broker.home import home
from topics.events import Event
from topics.items import Item
from topics.users import User


class Files(Protocol):
    """What reads the files of a data set: a module each.

    Attributes:
        SOURCE: Where they come from.
        PARQUET: Whether they are Parquet, which needs an extra.
    """

    SOURCE: Source
    PARQUET: bool

    def read_items(self, folder: Path) -> Iterable[Item]:
        """The catalogue."""

    def read_users(self, folder: Path) -> Iterable[User]:
        """Attributes of users."""

    def read_events(self, folder: Path, rng: random.Random) -> list[Event]:
        """Events in time order; `rng` shuffles those of the same time."""


FILES: Mapping[str, Files] = {
    files.SOURCE.name: files for files in (ml100k, lastfm, complete_journey)
}
DATASETS = tuple(FILES)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A stream and what it is about.

    Args:
        name: As on the command line.
        items: The catalogue.
        users: Attributes of users.
        events: In time order.
    """

    name: str
    items: list[Item]
    users: list[User]
    events: list[Event]


def load_dataset(name: str, progress: Callable[[str], None]) -> Dataset:
    """Read a data set, fetching it first if it is not there.

    Args:
        name: One of `DATASETS`.
        progress: Told in a few words what takes time.

    Raises:
        AppError: there is none of that name, or it cannot be fetched or read.
    """
    if name not in FILES:
        raise AppError(
            f"no file and no data set {name!r}: the data sets are {', '.join(DATASETS)}"
        )
    files = FILES[name]
    if files.PARQUET:
        pyarrow_parquet()  # told before a long download, not after it
    folder = fetch(files.SOURCE, home() / "datasets", progress)
    try:
        return Dataset(
            name,
            list(files.read_items(folder)),
            list(files.read_users(folder)),
            files.read_events(folder, random.Random(TIES_SEED)),
        )
    except (KeyError, ValueError) as error:
        raise AppError(f"{folder} is damaged ({error!r}): delete it") from error
