"""ml-100k becomes the application's records; the files here are made up."""

import random
from pathlib import Path

import pytest

from pipeline.apps.datasets import ml100k
from topics import EVENTS, ITEMS, USERS, codec
from topics.events import Event

INTER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
ITEM = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
USER = "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two films, two people, many ratings in the same second."""
    ratings = "".join(f"7\t{n}\t4\t881250949\n" for n in range(20))
    (tmp_path / "ml-100k.inter").write_text(f"{INTER}9\t1\t3\t881250950\n{ratings}")
    films = '1\tA "Quoted" Title, The\t1995\tDrama Sci-Fi\n2\tunkonwn\tV\tunknown\n'
    (tmp_path / "ml-100k.item").write_text(ITEM + films)
    (tmp_path / "ml-100k.user").write_text(USER + "7\t24\tM\twriter\t85711\n")
    return tmp_path


def test_ratings_come_in_time_order_and_in_milliseconds(folder: Path) -> None:
    events = ml100k.read_events(folder, random.Random(7))
    assert len(events) == 21
    assert events[-1] == Event("9", "1", "rating", 881_250_950_000, value=3.0)
    assert {e.event_time_ms for e in events[:-1]} == {881_250_949_000}


def test_ratings_of_the_same_second_are_shuffled_the_same_way_each_time(
    folder: Path,
) -> None:
    first = ml100k.read_events(folder, random.Random(7))
    assert first == ml100k.read_events(folder, random.Random(7))
    assert [int(e.item_id) for e in first[:-1]] != list(range(20))


def test_a_film_has_its_genres_as_categories_and_a_year_if_that_is_known(
    folder: Path,
) -> None:
    known, unknown = ml100k.read_items(folder)
    assert known.title == 'A "Quoted" Title, The'
    assert known.categories == ["Drama", "Sci-Fi"]
    assert known.attributes == {"release_year": 1995.0}
    assert unknown.attributes == {}


def test_a_user_has_age_by_decade_gender_and_occupation(folder: Path) -> None:
    (user,) = ml100k.read_users(folder)
    assert user.attributes == {"age": "20s", "gender": "M", "occupation": "writer"}


def test_what_is_written_can_be_read_as_the_contract_says(folder: Path) -> None:
    (user,) = ml100k.read_users(folder)
    assert codec.read(USERS, codec.write(user)) == [user]
    for item in ml100k.read_items(folder):
        assert codec.read(ITEMS, codec.write(item)) == [item]
    for event in ml100k.read_events(folder, random.Random(7)):
        assert codec.read(EVENTS, codec.write(event)) == [event]
