"""The soak's table: every row of the fault table has its place in it."""

import pytest

from tests.chaos.growth import Growth
from tests.chaos.rows import ROWS, chosen


def test_each_row_is_injected_or_says_why_not() -> None:
    assert [fault.number for fault in ROWS] == list(range(1, 33))
    assert all((fault.inject is None) == bool(fault.why_not) for fault in ROWS)


def test_faults_are_chosen_by_number_and_unknown_ones_are_refused() -> None:
    assert [fault.number for fault in chosen("8,1")] == [1, 8]
    assert all(fault.inject for fault in chosen("all"))
    with pytest.raises(ValueError, match=r"\[20, 99\]"):
        chosen("1,20,99")


def test_growth_is_that_of_each_process_and_not_of_one_after_another() -> None:
    growth = Growth()
    growth.note(1, (1.0, 50.0, 9.0))
    growth.note(1, (3.0, 54.0, 9.0))
    growth.note(2, (1.0, 500.0, 20.0))
    growth.note(2, (3.0, 504.0, 20.0))
    assert (growth.slope(1), growth.slope(2), growth.samples) == (2.0, 0.0, 4)
