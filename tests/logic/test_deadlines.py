from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.deadlines import Deadlines

ENTRIES = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from("uv"), st.sampled_from("ij"))
)


@given(ENTRIES, st.integers(0, 9))
def test_what_is_due_comes_out_in_one_order_and_the_rest_stays(
    entries: list[tuple[int, str, str]], time_ms: int
) -> None:
    deadlines = Deadlines()
    for due_ms, group, name in entries:
        deadlines.add(due_ms, group, name)
    taken = []
    while deadline := deadlines.take(time_ms):
        taken.append(deadline)
    assert taken == sorted(entry for entry in entries if entry[0] <= time_ms)
    assert deadlines.next_ms > time_ms
