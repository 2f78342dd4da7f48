import numpy as np

from pipeline.logic.orders import Orders

RISING = np.arange(30, dtype=np.float32)
FALLING = RISING[::-1].copy()


def judged(chosen: int, lists: int) -> Orders:
    orders = Orders(2)
    for _ in range(lists):
        orders.update([RISING, FALLING], chosen)
    return orders


def test_the_first_order_is_believed_until_another_did_better() -> None:
    assert judged(0, 0).shares[0] > 0.9
    assert judged(0, 2).shares[0] > 0.5
    assert judged(0, 20).shares[0] < 0.001


def test_where_the_first_order_does_well_it_alone_is_heard() -> None:
    assert judged(29, 20).mixed([RISING, FALLING]) is RISING


def test_what_no_order_puts_at_the_top_judges_none_of_them() -> None:
    assert judged(15, 100).shares.tolist() == Orders(2).shares.tolist()


def test_others_are_brought_to_the_scale_of_the_first() -> None:
    orders = judged(0, 50)
    mixed = orders.mixed([RISING, 1_000 * FALLING - 9])
    np.testing.assert_allclose(mixed, FALLING, atol=0.05)
    assert mixed.dtype == np.float32


def test_equal_scores_say_nothing_and_put_what_was_chosen_in_the_middle() -> None:
    flat, orders = np.ones(30, np.float32), Orders(2)
    assert np.isfinite(orders.mixed([flat, RISING])).all()
    orders.update([flat, flat[:9]], 3)
    assert orders.gains.tolist() == [0, 1 / np.log2(2 + 4)]
