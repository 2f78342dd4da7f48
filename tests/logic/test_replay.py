import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.replay import Replay, Samples

steps = st.lists(
    st.tuples(st.sampled_from(["append", "commit", "undo"]), st.integers(1, 9))
)


def samples(first: int, n: int) -> Samples:
    numbers = np.arange(first, first + n)
    wide, ones = numbers[:, None], np.ones(n, np.float32)
    return Samples(numbers, wide, wide > 0, wide, ones, ones)


@given(steps)
def test_what_is_kept_are_the_newest_that_were_not_undone(
    given_steps: list[tuple[str, int]],
) -> None:
    replay = Replay(window=5)
    kept: list[int] = []
    committed: list[int] = []
    for number, (step, n) in enumerate(given_steps):
        if step == "append":
            replay.append(samples(100 * number, n))
            kept = [*kept, *range(100 * number, 100 * number + n)]
        elif step == "commit":
            replay.commit()
            committed = kept
        else:
            replay.undo()
            kept = committed
        if len(replay):
            found = replay.all()
            newest = min(len(kept), 5)
            assert len(found.items) == len(replay) >= newest
            assert found.items[-newest:].tolist() == kept[-newest:]
            assert found.recent[:, 0].tolist() == found.items.tolist()
        else:
            assert not kept


def test_nothing_is_kept_of_nothing() -> None:
    with pytest.raises(IndexError, match="nothing is kept"):
        Replay(window=5).all()
