import numpy as np
import pytest

from pipeline.logic.rerank import cosine, rerank

SCORES = np.array([5.0, 4.9, 4.8, 1.0], np.float32)
GENRES = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)


def test_without_a_trade_off_the_order_stays() -> None:
    assert rerank(SCORES, cosine(GENRES), 4, 0.0).tolist() == [0, 1, 2, 3]


def test_with_a_trade_off_an_unlike_item_comes_before_a_like_one() -> None:
    assert rerank(SCORES, cosine(GENRES), 3, 0.3).tolist() == [0, 2, 1]


@pytest.mark.parametrize("trade_off", [0.0, 0.3, 1.0])
def test_the_best_item_stays_first_and_no_item_comes_twice(trade_off: float) -> None:
    chosen = rerank(SCORES, cosine(GENRES), 9, trade_off).tolist()
    assert chosen[0] == 0
    assert sorted(chosen) == [0, 1, 2, 3]


def test_nothing_to_choose_from_gives_an_empty_list() -> None:
    empty = np.zeros(0, np.float32)
    assert rerank(empty, np.zeros((0, 0), np.float32), 5, 0.5).tolist() == []


def test_an_item_without_content_is_like_no_other() -> None:
    rows = np.array([[0, 0], [1, 1]], np.float32)
    assert cosine(rows).tolist() == [[0, 0], [0, pytest.approx(1)]]
