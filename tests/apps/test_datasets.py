"""Data sets are fetched once, whole or not at all; the files here are made up."""

import importlib
import random
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.apps import datasets
from pipeline.apps.datasets import complete_journey, lastfm, ml100k
from pipeline.apps.datasets.fetch import fetch
from pipeline.apps.errors import AppError
from topics import EVENTS, ITEMS, USERS, codec
from topics.events import Event
from topics.items import Item
from topics.users import User

DAY_S = 1_238_536_800


def write_parquet(path: Path, columns: dict[str, list[Any]]) -> None:
    arrow = importlib.import_module("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    parquet.write_table(arrow.table(columns), path)


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    """Two tags in a second, one a second later, one older than Last.fm."""
    pytest.importorskip("pyarrow.parquet")
    times = [DAY_S * 1000, DAY_S * 1000 + 999, DAY_S * 1000 + 1000, -428_720_400_000]
    write_parquet(
        tmp_path / lastfm.TAGGED,
        {
            "sourceNodeId": [2, 2, 2, 2],
            "targetNodeId": [52, 52, 52, 53],
            "tagID": [13, 15, 13, 13],
            "timestamp": times,
        },
    )
    write_parquet(tmp_path / lastfm.ARTISTS, {"rawId": [52, 53]})
    return tmp_path


@pytest.fixture
def grocer(tmp_path: Path) -> Path:
    """Two products, of one of which little is known, and a household."""
    arrow = pytest.importorskip("pyarrow")
    products: dict[str, list[Any]] = {
        "product_id": [25671, 26081],
        "manufacturer_id": [2, 69],
        "department": ["GROCERY", "MISCELLANEOUS"],
        "brand": ["National", None],
        "product_category": ["FRZN ICE", None],
        "product_type": ["ICE - CUBED", None],
        "package_size": ["22 LB", None],
    }
    household = {name: ["x"] for name in complete_journey.HOUSEHOLD}
    write_parquet(tmp_path / "products.parquet", products)
    write_parquet(
        tmp_path / "demographics.parquet",
        {"household_id": [1], **household, "home_ownership": [None], "age": ["65+"]},
    )
    times = arrow.array([1_483_271_606_000_000_000] * 2, arrow.timestamp("ns"))
    write_parquet(
        tmp_path / "transactions.parquet",
        {
            "household_id": [900, 900],
            "product_id": [25671, 26081],
            "transaction_timestamp": times,
        },
    )
    return tmp_path


def test_tags_of_one_second_are_one_save_and_impossible_times_are_left_out(
    tagged: Path,
) -> None:
    assert lastfm.read_events(tagged, random.Random(7)) == [
        Event("2", "52", "save", DAY_S * 1000),
        Event("2", "52", "save", DAY_S * 1000 + 1000),
    ]


def test_nothing_that_would_leak_is_known_of_an_artist(tagged: Path) -> None:
    assert list(lastfm.read_items(tagged)) == [Item("52"), Item("53")]
    assert list(lastfm.read_users(tagged)) == []


def test_a_product_has_its_place_in_the_shop_and_what_is_missing_is_left_out(
    grocer: Path,
) -> None:
    assert list(complete_journey.read_items(grocer)) == [
        Item(
            "25671",
            title="ICE - CUBED, 22 LB",
            categories=["GROCERY", "FRZN ICE"],
            tags=["ICE - CUBED", "brand National", "manufacturer 2"],
        ),
        Item(
            "26081",
            title="MISCELLANEOUS",
            categories=["MISCELLANEOUS"],
            tags=["manufacturer 69"],
        ),
    ]


def test_a_household_has_what_it_told(grocer: Path) -> None:
    (user,) = complete_journey.read_users(grocer)
    assert user.attributes["age"] == "65+"
    assert "home_ownership" not in user.attributes


def test_purchases_have_the_time_of_their_basket_in_milliseconds(grocer: Path) -> None:
    events = complete_journey.read_events(grocer, random.Random(7))
    assert {event.item_id for event in events} == {"25671", "26081"}
    assert events[0].event_time_ms == 1_483_271_606_000


def test_what_is_read_from_parquet_is_as_the_contract_says(grocer: Path) -> None:
    def again(read: Callable[[Path], Any], spec: Any) -> list[Item | User]:
        return [codec.read(spec, codec.write(one))[0] for one in read(grocer)]

    read_items, read_users = complete_journey.read_items, complete_journey.read_users
    assert again(read_items, ITEMS) == list(read_items(grocer))
    assert again(read_users, USERS) == list(read_users(grocer))
    for event in complete_journey.read_events(grocer, random.Random(7)):
        assert codec.read(EVENTS, codec.write(event)) == [event]


def test_a_broken_parquet_file_is_told_with_the_remedy(grocer: Path) -> None:
    (grocer / "transactions.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(AppError, match="delete the folder and it is fetched again"):
        complete_journey.read_events(grocer, random.Random(7))


@pytest.mark.parametrize("name", ["lastfm-hetrec", "complete-journey"])
def test_without_pyarrow_the_error_names_the_extra_before_anything_is_fetched(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAIREC_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(AppError, match=r"pip install 'kairec\[bench\]'"):
        datasets.load_dataset(name, print)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_no_data_set_is_told_with_those_there_are() -> None:
    there = "the data sets are ml-100k, lastfm-hetrec, complete-journey"
    with pytest.raises(AppError, match=there):
        datasets.load_dataset("ml-1b", print)


def test_without_a_network_the_error_names_the_remedy_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(AppError, match="connect to the internet, or put its wheel"):
        fetch(ml100k.SOURCE, tmp_path, print)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_another_wheel_of_that_name_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_wheel: Callable[[Path], None],
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    make_wheel(tmp_path / "recbole-1.2.1-py3-none-any.whl")
    with pytest.raises(AppError, match="is not the wheel we know"):
        fetch(ml100k.SOURCE, tmp_path, print)
    assert not (tmp_path / "ml-100k").exists()


@pytest.fixture
def make_wheel() -> Callable[[Path], None]:
    """Makes a wheel that pip takes for recbole 1.2.1."""

    def make(path: Path) -> None:
        info = "recbole-1.2.1.dist-info"
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr(f"{info}/METADATA", "Name: recbole\nVersion: 1.2.1\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")

    return make
