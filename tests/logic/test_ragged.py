import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.experts.ragged import Ragged


@given(st.lists(st.tuples(st.integers(0, 8), st.lists(st.integers(0, 9), max_size=6))))
def test_each_slot_has_the_list_that_it_was_given_last(
    assigned: list[tuple[int, list[int]]],
) -> None:
    lists, expected = Ragged(), dict[int, list[int]]()
    for slot, values in assigned * 20:  # so often that gaps are closed
        lists.assign(slot, values)
        expected[slot] = values
    slots = [3, 900, 0, 3, 8]
    flat, lengths = lists.gather(np.array(slots))
    assert flat.tolist() == [v for slot in slots for v in expected.get(slot, [])]
    assert lengths.tolist() == [len(expected.get(slot, [])) for slot in slots]
    assert lists.get(8).tolist() == expected.get(8, [])


def test_lists_that_grow_again_and_again_leave_no_gaps_behind() -> None:
    lists = Ragged()
    for length in range(200):
        lists.assign(0, [length] * length)
        lists.assign(1, [7])
    assert lists.get(1).tolist() == [7]
    assert lists.size < 3_000
