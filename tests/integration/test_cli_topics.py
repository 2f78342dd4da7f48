"""`kairec topics`: created once, never changed; what is said when all is missing."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.integration.cli import Kairec

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module", autouse=True)
def without_kafka(
    tmp_path_factory: pytest.TempPathFactory,
) -> "Iterator[list[subprocess.Popen[str]]]":
    """Commands that look for a Kafka in vain, for ten seconds, beside other tests."""
    nowhere = Kairec("127.0.0.1:1", tmp_path_factory.mktemp("home"))
    commands = [["topics", "check"], ["send", "--user", "u", "--item", "i"], ["up"]]
    with ExitStack() as stack:
        yield [stack.enter_context(nowhere.beside(*one)) for one in commands]


def test_topics_are_created_once_and_are_then_as_they_shall_be(kairec: Kairec) -> None:
    first = kairec.run("topics", "create")
    again = kairec.run("topics", "create")
    check = kairec.run("topics", "check")
    assert first.out.count("created ") == 15
    assert "all topics are there" in again.out
    assert [first.code, again.code, check.code] == [0, 0, 0]
    assert first.err + again.err + check.err == ""


def test_a_topic_that_is_otherwise_is_told_and_left_as_it_is(kairec: Kairec) -> None:
    kairec.create_topics()
    create = kairec.run("topics", "create", "--partitions", "3")
    check = kairec.run("topics", "check", "--partitions", "3")
    told = f"differs: {kairec.names.prefix}.events: partitions is 2, shall be 3"
    assert create.code == 0
    assert check.code == 1
    assert told in create.err
    assert told in check.err
    assert "kairec topics repartition --partitions N --to PREFIX" in check.err
    assert "samples" not in check.err


def test_the_list_tells_what_is_there_and_how_long_it_is_kept(
    kairec: Kairec,
) -> None:
    kairec.create_topics()
    lines = kairec.run("topics", "list").out.splitlines()
    (events,) = [line for line in lines if "events " in line]
    assert len(lines) == 16
    assert " ".join(events.split()[1:]) == "2 0 7 days the application extract"


@pytest.mark.parametrize("arguments", [["send", "--user", "u", "--item", "i"], ["up"]])
def test_topics_that_are_not_there_are_told_in_one_line(
    kairec: Kairec, arguments: list[str]
) -> None:
    done = kairec.run(*arguments)
    assert done.code == 6
    assert done.err.startswith(f"kairec: no topic {kairec.names.prefix}.* at ")
    assert done.err.count("\n") == 1


def test_a_kafka_that_is_not_there_is_told_in_one_line(
    without_kafka: "list[subprocess.Popen[str]]",
) -> None:
    for process in without_kafka:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 7
        assert said.startswith("kairec: no Kafka answers at 127.0.0.1:1: start it")
        assert said.count("\n") == 1
