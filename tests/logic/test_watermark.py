from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.watermark import Watermark

TIMES = st.lists(st.integers(0, 1000))


@given(TIMES)
def test_it_stays_behind_the_newest_event_and_never_goes_back(times: list[int]) -> None:
    watermark = Watermark(lateness_ms=10)
    stood = [watermark.time_ms]
    for time_ms in times:
        watermark.advance(time_ms)
        stood.append(watermark.time_ms)
    assert stood == sorted(stood)
    assert stood[-1] == max(0, max(times, default=0) - 10)


def test_undo_takes_it_back_to_the_last_commit() -> None:
    watermark = Watermark(lateness_ms=0)
    watermark.advance(5)
    watermark.commit()
    watermark.advance(9)
    assert watermark.touched
    watermark.undo()
    assert (watermark.time_ms, watermark.touched) == (5, False)
