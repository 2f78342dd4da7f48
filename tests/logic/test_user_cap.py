from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.user_cap import UserCap

CAP = UserCap(amount=20.0, window_ms=60_000)


@given(st.floats(0, 20), st.integers(0, 100_000))
def test_an_amount_drains_to_nothing_when_it_says_and_not_before(
    amount: float, elapsed_ms: int
) -> None:
    left = CAP.drain(amount, elapsed_ms)
    assert 0 <= left <= amount
    if elapsed_ms >= CAP.empty_ms(amount):
        assert left < 1e-9
    if elapsed_ms < CAP.empty_ms(amount) - 1:
        assert left > 0


def test_an_older_event_drains_nothing() -> None:
    assert CAP.drain(7.0, elapsed_ms=-5_000) == 7.0
