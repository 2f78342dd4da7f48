from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.vectors import Column, VectorTable, initial

COLUMNS = {"values": Column((2,), spread=0.05), "sums": Column(fill=0.01)}
ids = st.lists(st.sampled_from([f"i{n}" for n in range(12)]), min_size=1, max_size=5)
steps = st.lists(st.tuples(st.sampled_from(["learn", "commit", "undo"]), ids))


def make(capacity: int = 8, keep: int = 2) -> VectorTable:
    return VectorTable(COLUMNS, capacity, keep, rows=4)


def learn(table: VectorTable, names: list[str], used: int) -> None:
    slots = table.add(names, used)
    slots = np.unique(slots[slots >= 0])
    table.touch(slots)
    table["values"][slots] += np.float32(used / 7)


def state(table: VectorTable) -> list[dict[str, Any]]:
    blocks = -(-table.size // table.rows)
    return [table.section(block) for block in range(blocks)]


@given(steps)
def test_undo_and_the_changelog_both_give_the_last_commit(
    given_steps: list[tuple[str, list[str]]],
) -> None:
    table = make()
    log: dict[int, dict[str, Any]] = {}
    used = 0
    for step, names in given_steps:
        if step == "learn":
            used += 1
            learn(table, names, used)
        elif step == "commit":
            log.update({block: table.section(block) for block in table.touched()})
            table.commit()
        else:
            table.undo()
        if step != "learn":
            restored = make()
            for block in sorted(log, reverse=True):
                restored.load(log[block])
            assert state(table) == state(restored) == [log[b] for b in sorted(log)]
            learn(restored, ["new", *names], used + 1)
            learn(table, ["new", *names], used + 1)
            assert state(table) == state(restored)
            table.undo()


@given(st.lists(ids, max_size=30))
def test_two_ids_never_share_a_row_and_rows_in_use_are_never_given_away(
    batches: list[list[str]],
) -> None:
    table = make(keep=0)
    for used, names in enumerate(batches, 1):
        slots = table.add(names, used).tolist()
        placed = {(name, slot) for name, slot in zip(names, slots, strict=True)}
        assert len(placed) == len(set(names)) == len(set(slots))
        assert table.find(names).tolist() == slots
        assert len(table) <= 8


def test_a_full_table_gives_the_row_unused_for_longest_to_a_new_id() -> None:
    table = make(capacity=2, keep=3)
    table.add(["a", "b"], used=1)
    table.add(["a"], used=2)
    assert table.add(["c"], used=4).tolist() == [-1]
    assert table.add(["c"], used=5).tolist() == [1]
    assert table.find(["a", "b", "c"]).tolist() == [0, -1, 1]
    assert (
        table["values"][1].tolist() == initial("values/c", COLUMNS["values"]).tolist()
    )


def test_the_first_values_of_a_row_depend_on_its_id_alone() -> None:
    one, two = make(), make()
    one.add(["a", "b"], used=1)
    two.add(["b"], used=9)
    assert one["values"][1].tolist() == two["values"][0].tolist()
    assert one["values"][0].tolist() != one["values"][1].tolist()


def test_only_blocks_of_rows_that_changed_are_touched() -> None:
    table = make(capacity=100)
    table.add([str(n) for n in range(10)], used=1)
    table.commit()
    table.touch(np.array([9, 8, 1]))
    assert table.touched() == [0, 2]
