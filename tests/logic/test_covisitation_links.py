import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.experts.links import Links
from pipeline.logic.kernels.covisitation_blocks import CLASSES, give, size_of, take
from pipeline.logic.kernels.covisitation_choice import best

NODES = 12
nodes = st.integers(0, NODES - 1)
partners = st.dictionaries(nodes, st.integers(0, 4), max_size=NODES)
changes = st.lists(st.tuples(nodes, partners), max_size=60)


def assign(links: Links, node: int, row: dict[int, int]) -> list[int]:
    counts = np.tile(np.array(list(row.values()), np.float32), (5, 1))
    return links.assign(node, np.array(list(row), np.int64), counts)


def web_of(strongest: int) -> Links:
    links = Links(strongest)
    for node in range(NODES):
        links.add(node, 2**32 - 1 - node)
    return links


def later_of(links: Links, node: int) -> list[int]:
    return sorted(links.web.links["later"][links.onward(node)].tolist())


@given(changes)
def test_links_are_the_newest_rows_and_from_each_node_the_strongest_are_given(
    learnt: list[tuple[int, dict[int, int]]],
) -> None:
    links = web_of(strongest=3)
    rows: dict[int, dict[int, int]] = {node: {} for node in range(NODES)}
    for node, row in learnt:
        gone = set(rows[node]) - set(row)
        assert set(assign(links, node, row)) == gone
        rows[node] = row
    for node, row in rows.items():
        found = links.web.links[links.back(node)]
        assert dict(zip(found["earlier"], found["cov"], strict=True)) == row
        assert (found["later"] == node).all()
        assert all((found["wide"] == found["cov"]).tolist())
        onward = [(-rows[n][node], n) for n in rows if node in rows[n]]
        assert later_of(links, node) == sorted(n for _, n in sorted(onward)[:3])
        assert links.linked(node) == bool(row or onward)


def test_room_is_made_for_very_many_links_and_given_back() -> None:
    rng, links = np.random.default_rng(1), Links(strongest=300)
    for node in range(3_000):
        links.add(node, node)
    for _ in range(2):
        for node in range(0, 3_000, 2):
            row = rng.choice(1_500, 40, replace=False)
            assign(links, node, {0: node, **{2 * n + 1: n for n in row.tolist()}})
        size = links.web.free[:, CLASSES].tolist()
        assert later_of(links, 0) == list(range(2_400, 3_000, 2))
        for node in range(3_000):
            assign(links, node, {})
        assert not any(map(links.linked, range(3_000)))
    assert links.web.free[0, CLASSES] == size[0]
    assert len(links.web.links) < 4 * 1_500 * 41


def test_a_block_that_is_given_back_is_given_out_again() -> None:
    chain = np.zeros(99, np.int32)
    heads = np.full(CLASSES + 1, -1)
    heads[CLASSES] = 0
    first, second, other = take(chain, heads, 3), take(chain, heads, 3), 0
    assert (first, second) == (0, size_of(3))
    other = take(chain, heads, 0)
    give(chain, heads, 3, first)
    give(chain, heads, 3, second)
    assert take(chain, heads, 0) == other + size_of(0)
    assert [take(chain, heads, 3) for _ in range(2)] == [second, first]


@given(st.lists(st.integers(-1, 5), max_size=40), st.integers(1, 12))
def test_the_best_are_those_that_sorting_puts_first(
    values: list[int], most: int
) -> None:
    nodes, ties = np.arange(len(values))[::-1].copy(), np.arange(40).astype(np.uint32)
    heap = np.empty(most, np.int64)
    size = best(np.array(values, np.float32), ties, nodes, most, heap)
    ranked = sorted(
        (index for index, value in enumerate(values) if value > 0),
        key=lambda index: (values[index], ties[nodes[index]]),
        reverse=True,
    )
    assert sorted(heap[:size].tolist()) == sorted(ranked[:most])
