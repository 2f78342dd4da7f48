from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.logic.experts.embedding_tables import EmbeddingSettings
from pipeline.logic.experts.joint_core import JointSettings
from pipeline.stage import Fate, In, Row
from pipeline.stages.diversify.label import sample_of
from pipeline.stages.model_replica import Model
from pipeline.stages.update.dense import DenseConfig, UpdateDense
from tests.build import NOW_MS, example, portrait
from topics.codec import read_row, write_row
from topics.model import DENSE, ModelRow
from topics.spec import Position

REPLAYING = EmbeddingSettings(
    dims=4, batch=4, negatives=5, replay_window=20, capacity=12
)
ALONE = replace(REPLAYING, replays=0)
JOINT = JointSettings(items=5, watched=6, least_events=3)
ITEMS = [f"i{n}" for n in range(9)]

Pack = list[tuple[str, list[str], int]]
packs = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(ITEMS),
            st.lists(st.sampled_from(ITEMS), max_size=4),
            st.integers(0, 1),
        ),
        min_size=1,
        max_size=9,
    ),
    max_size=6,
)


def make(embedding: EmbeddingSettings = REPLAYING) -> UpdateDense:
    return UpdateDense(DenseConfig(embedding, JOINT), Model())


def pack(units: Pack, offset: int) -> list[In]:
    examples = [
        replace(
            example(item, recent, at_ms=NOW_MS + offset),
            label=1 if label else 0,
            attributes=[f"age={label}"],
            tags=[item[-1], "all"],
        )
        for item, recent, label in units
    ]
    source = Position("samples", 0, offset)
    samples = [
        sample_of(each, portrait("u", each.recent_items).had) for each in examples
    ]
    return [In("samples", "", each, source, NOW_MS) for each in samples]


def learn(task: UpdateDense, given_packs: Sequence[Pack], first: int = 0) -> None:
    for offset, units in enumerate(given_packs, first):
        task.on_batch(pack(units, offset), NOW_MS)


def written(rows: Sequence[Row]) -> dict[str, bytes]:
    assert len({row.key for row in rows}) == len(rows)
    return {row.key: write_row(row.value) for row in rows}


def commit(task: UpdateDense) -> dict[str, bytes]:
    rows = written(task.touched())
    assert rows == written(task.touched())
    task.commit()
    return rows


def contents(log: dict[str, bytes]) -> dict[str, tuple[dict[str, bytes], int]]:
    """What rows hold; the time of a block is that of the commit which wrote it."""
    rows = {key: read_row(key, value) for key, value in log.items()}
    return {
        key: (row.sections, row.event_time_ms if key == DENSE else 0)
        for key, row in rows.items()
    }


def restored(log: dict[str, bytes], embedding: EmbeddingSettings) -> UpdateDense:
    task = make(embedding)
    for key in sorted(log, reverse=True):
        task.restore(Row(key, read_row(key, log[key])))
    return task


@settings(max_examples=25)
@given(packs, st.data())
def test_commits_and_undone_packs_leave_no_trace(
    given_packs: list[Pack], data: st.DataObject
) -> None:
    straight, other = make(), make()
    learn(straight, given_packs)
    log: dict[str, bytes] = {}
    for offset, units in enumerate(given_packs):
        if data.draw(st.booleans()):
            log.update(commit(other))
            learn(other, [units, *given_packs], offset)
            other.undo()
        learn(other, [units], offset)
    assert contents(log | commit(other)) == contents(commit(straight))


@settings(max_examples=25)
@given(packs, packs)
def test_rebuilt_from_its_rows_it_is_the_same_and_goes_on_the_same(
    before: list[Pack], after: list[Pack]
) -> None:
    task, log = make(ALONE), dict[str, bytes]()
    for offset, units in enumerate(before):
        learn(task, [units], offset)
        log.update(commit(task))
    again = restored(log, ALONE)
    assert not again.touched()
    learn(task, after, 100)
    learn(again, after, 100)
    assert commit(task) == commit(again)


def test_rows_have_keys_of_their_own_and_no_partition() -> None:
    task = make()
    learn(task, [[("i1", ["i2"], 1)]])
    assert [(row.key, row.partition) for row in task.touched()] == [
        ("vectors/items/0", None),
        ("vectors/contexts/0", None),
        ("vectors/tags/0", None),
        ("vectors/attributes/0", None),
        ("joint/notes", None),
        ("~dense", None),
    ]
    task.commit()
    assert not task.touched()


def test_rows_of_other_tasks_are_skipped() -> None:
    task = make()
    for key in ("item/a", "totals/0", "~basis", "vectors/unknown/0"):
        task.restore(Row(key, read_row(key, write_row(ModelRow(key, 1, {})))))
        task.restore(Row(key, None))
    assert task.gauges()["vectors"] == 0


def test_each_unit_has_a_fate() -> None:
    empty = In("samples", "", None, Position("samples", 0, 0), NOW_MS)
    result = make().on_batch([*pack([("i1", [], 1)], 0), empty], NOW_MS)
    assert result.fates == {(Fate.USED, ""): 1, (Fate.DROPPED, "no_example"): 1}


def test_gauges_say_how_much_is_kept_and_how_good_it_is() -> None:
    task = make()
    learn(task, [[("i1", ["i2", "i3"], 1)], [("i2", ["i1"], 1)]])
    gauges = task.gauges()
    assert gauges["samples"] == 2
    assert gauges["vectors"] == 2 + 3 + 3 + 1
    assert gauges["loss"] > 0


def test_vectors_of_another_size_are_refused_in_plain_words() -> None:
    task = make()
    learn(task, [[("i1", ["i2"], 1)]])
    wider = replace(REPLAYING, dims=8)
    with pytest.raises(ValueError, match="another size needs another `model_name`"):
        restored(written(task.touched()), wider)
