"""The soak's table: every row of the fault table has its place in it."""

from itertools import islice
from random import Random

import pytest

from tests.chaos.growth import Growth, Point
from tests.chaos.rows import ROWS, chosen, turns


def test_each_row_is_injected_or_says_why_not() -> None:
    assert [fault.number for fault in ROWS] == [*range(1, 33), 34, 35]
    assert all((fault.inject is None) == bool(fault.why_not) for fault in ROWS)


def test_faults_are_chosen_by_number_and_unknown_ones_are_refused() -> None:
    assert [fault.number for fault in chosen("8,1")] == [1, 8]
    assert all(fault.inject for fault in chosen("all"))
    assert chosen("none") == []
    with pytest.raises(ValueError, match=r"\[22, 99\]"):
        chosen("1,22,99")


def test_growth_is_that_of_each_process_and_not_of_one_after_another() -> None:
    growth = Growth()
    growth.note("extract", 1, Point(1.0, 50.0, 9.0))
    growth.note("extract", 1, Point(4.0, 56.0, 9.0))
    growth.note("extract", 2, Point(1.0, 500.0, 20.0))
    growth.note("extract", 2, Point(4.0, 506.0, 20.0))
    growth.note("publish", 3, Point(1.0, 500.0, 20.0))
    growth.note("publish", 3, Point(3.5, 900.0, 20.0))
    assert growth.slopes() == {"extract": (2.0, 0.0, 6.0)}
    assert growth.course("extract") == [50.0, 56.0]


def test_each_row_has_its_turn_before_any_has_a_second() -> None:
    faults = chosen("all")
    order = [fault.number for fault in islice(turns(faults, Random(1)), 100)]
    numbers = [fault.number for fault in faults]
    assert sorted(order[: len(faults)]) == numbers
    assert order[: len(faults)] != numbers
    assert order.count(1) > order.count(5) > order.count(2)
