import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.experts.leaders import Leaders

Step = tuple[int, float | None]
steps = st.lists(
    st.tuples(st.integers(0, 40), st.one_of(st.none(), st.integers(0, 60).map(float))),
    max_size=120,
)


@given(steps)
def test_the_top_is_that_of_sorting_everything(given_steps: list[Step]) -> None:
    leaders = Leaders(columns=2, keep=3)
    values: dict[int, float] = {}
    for slot, value in given_steps:
        if value is None:
            leaders.drop(slot)
            values.pop(slot, None)
        else:
            leaders.assign(slot, np.array([value, -value]))
            values[slot] = value
        ordered = sorted(values.values(), reverse=True)[:3]
        top = [values[each] for each in leaders.top(0, 3).tolist()]
        assert top == ordered
        lowest = [values[each] for each in leaders.top(1, 3).tolist()]
        assert lowest == sorted(values.values())[:3]


@given(steps, st.sets(st.integers(0, 40)))
def test_the_first_that_may_be_listed_are_the_best_of_them(
    given_steps: list[Step], closed: set[int]
) -> None:
    leaders = Leaders(columns=2, keep=50)
    values: dict[int, float] = {}
    for slot, value in given_steps:
        values.pop(slot, None)
        leaders.drop(slot)
        if value is not None:
            values[slot] = value
            leaders.assign(slot, np.array([-np.inf, value]))
    listable = np.ones(40, np.bool_)
    listable[[slot for slot in closed if slot < 40]] = False
    columns = np.array([0, 1])
    ordered = sorted(values, key=lambda slot: (-values[slot], slot))
    expected = [slot for slot in ordered if slot < 40 and slot not in closed]
    assert leaders.first_open(columns, listable, 4).tolist() == expected[:4]


def test_slots_without_end_find_room() -> None:
    leaders = Leaders(columns=1, keep=2)
    leaders.assign(5_000, np.array([1.0]))
    assert leaders.top(0, 2).tolist() == [5_000]
