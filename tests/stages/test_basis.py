"""The basis of item content: from diversify, by way of samples, to the model."""

from base64 import b64decode
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from pipeline.logic.pca import BUCKETS, COMPONENTS
from pipeline.stage import In, Row
from pipeline.stages.diversify import Diversify, DiversifyConfig
from pipeline.stages.diversify.config import BasisConfig
from pipeline.stages.model_replica import Model
from pipeline.stages.update.dense import DenseConfig, UpdateDense
from tests.build import NOW_MS, learnt
from tests.stages.diversify_run import Run, click, inputs, shown, tick
from topics.codec import read_row, write_row
from topics.features import Feature
from topics.items import Item
from topics.model import BASIS
from topics.samples import Basis, Sample
from topics.spec import Position

KINDS = {"war": ["tank", "army"], "love": ["kiss", "wedding"]}
SMALL = BasisConfig(first=4, most=8, renewed=0.5, keep_ms=100_000)
FOREVER = replace(SMALL, keep_ms=10**9)


def films(first: int, last: int, step_s: int = 1) -> list[Feature]:
    """Each film once: of war those of even numbers."""
    return [
        click(
            n * step_s,
            n,
            item_id=f"film {n}",
            user_id=f"u{n}",
            tags=KINDS["love" if n % 2 else "war"][: 1 + n % 3],
        )
        for n in range(first, last)
    ]


def bases(run: Run) -> list[Basis]:
    given = [each for each in run.samples if isinstance(each, Sample)]
    return [each.basis for each in given if each.basis is not None]


def test_a_basis_is_fitted_from_the_first_items_and_again_as_others_come() -> None:
    run = Run(basis=FOREVER)
    run.take(*films(0, 3))
    assert not bases(run)
    run.take(*films(3, 4), *films(0, 4))
    [first] = bases(run)
    run.take(*films(4, 40))
    assert [each.version for each in bases(run)] == list(range(1, 1 + len(bases(run))))
    assert 3 < len(bases(run)) < 12
    assert len({each.components for each in bases(run)}) > 1
    components = np.frombuffer(b64decode(first.components), "<f4")
    axes = components.reshape(COMPONENTS, BUCKETS)
    used = axes.any(axis=1)
    assert used.sum() == 3  # four items differ in three directions at most
    np.testing.assert_allclose(axes[used] @ axes[used].T, np.eye(3), atol=1e-5)


def test_how_often_an_item_comes_and_in_which_order_says_nothing() -> None:
    there, back = Run(basis=FOREVER), Run(basis=FOREVER)
    units = films(0, 30)
    there.take(*units, *units)
    back.take(*[replace(unit, event_time_ms=NOW_MS) for unit in reversed(units)])
    assert kept(there) == kept(back)
    assert len(kept(there)) == FOREVER.most


def test_what_was_taken_long_ago_makes_room() -> None:
    run = Run(basis=SMALL)
    run.take(*films(0, 20))
    run.commit()
    run.take(*films(20, 60, step_s=100))
    oldest = min(int(item.split()[1]) for item in kept(run))
    assert oldest >= 20


@pytest.mark.parametrize("ends", [1, 5, 9])
def test_a_crash_changes_no_basis(ends: int) -> None:
    units = films(0, 60)
    straight, run = Run(basis=SMALL), Run(basis=SMALL)
    straight.take(*units)
    for first in range(0, len(units), ends):
        run.take(*units[first : first + ends])
        run.commit()
        again = run.restarted()
        again.samples = run.samples
        run = again
        run.task.on_batch(inputs(units[first + ends : first + 2 * ends]), NOW_MS)
        run.task.undo()
    assert bases(run) == bases(straight)
    assert len(bases(run)) > 3


def test_the_memory_is_written_again_whole_in_time() -> None:
    run = Run(basis=FOREVER)
    run.take(*films(0, 30))
    run.commit()
    run.log.clear()
    run.task.on_time(NOW_MS + 10**8, idle_ms=0)
    run.commit()
    again = run.restarted()
    assert kept(again) == kept(run)
    assert again.take(*films(30, 60)) == run.take(*films(30, 60))
    assert bases(again) == [each for each in bases(run) if each in bases(again)]
    assert bases(again)


def test_the_task_of_partition_0_alone_fits_one() -> None:
    task = Diversify(1, DiversifyConfig(basis=SMALL))
    result = task.on_batch(inputs(films(0, 30)), NOW_MS)
    samples = [out.unit for out in result.outputs if out.topic == "samples"]
    assert len(samples) == 30
    assert not any(sample.basis for sample in samples)
    assert not [row for row in task.touched() if row.value.entry == "content"]


def test_of_what_was_shown_and_left_a_part_is_sampled_and_weighs_as_much() -> None:
    run = Run(negative_share=0.25)
    units = [shown(0, n, item_id=f"i{n}", slate_id=f"s{n}") for n in range(400)]
    answered = click(1, 400, item_id="i7", slate_id="s7")
    run.take(*units, answered, tick(offset=401))
    left = [each for each in run.samples if not each.label]
    assert len(run.examples) == 401
    assert 70 < len(left) < 130
    assert {each.weight for each in left} == {0.4}
    in_favour = [each for each in run.samples if each.label]
    assert [each.origin for each in in_favour] == ["interaction", "impression"]
    assert [each.weight for each in in_favour] == [1.0, 0.1]


def pack(samples: list[Any], offset: int = 0) -> list[In]:
    source = Position("samples", 0, offset)
    return [In("samples", "", each, source, NOW_MS) for each in samples]


def basis_rows(task: UpdateDense) -> list[Row]:
    return [row for row in task.touched() if row.key == BASIS]


def test_the_dense_task_copies_the_newest_basis_into_the_model() -> None:
    run = Run(basis=FOREVER)
    run.take(*films(0, 40))
    with_one = [each for each in run.samples if isinstance(each, Sample) and each.basis]
    task = UpdateDense(DenseConfig(), Model())
    task.on_batch(pack(with_one[:2]), NOW_MS)
    assert task.gauges()["basis"] == 2
    task.undo()
    assert not basis_rows(task)
    task.on_batch(pack(with_one[:1]), NOW_MS)
    [row] = basis_rows(task)
    task.commit()
    assert not basis_rows(task)
    again = UpdateDense(DenseConfig(), Model())
    again.restore(Row(BASIS, read_row(BASIS, write_row(row.value))))
    assert again.gauges()["basis"] == 1
    assert not basis_rows(again)


def test_items_are_near_whose_names_go_together() -> None:
    """Each film is of one of 17 themes, and has two of the four words of it."""
    run = Run()
    pairs = list(combinations("abcd", 2))
    units = [
        click(
            n,
            n,
            item_id=f"film {n}",
            user_id=f"u{n}",
            tags=[f"{n % 17}{a}", f"{n % 17}{b}"],
        )
        for n, (a, b) in enumerate(pairs * 60)
    ]
    run.take(*units)
    dense = UpdateDense(DenseConfig(), Model())
    dense.on_batch(pack(run.samples), NOW_MS)
    [row] = basis_rows(dense)
    model = Model()
    told = [Item(f"{n}{word}", tags=[f"{n}{word}"]) for n in range(17) for word in "ab"]
    half = len(told) // 2
    for each in learnt(told[:half], []).touched():  # before the basis comes
        model.apply(each)
    model.apply(row)
    for each in learnt(told[half:], []).touched():
        model.apply(each)
    slots = model.catalogue.table.get_all([item.item_id for item in told])
    near = np.full((34, 34), np.nan, np.float32)
    for slot, out in zip(slots, near, strict=True):
        model.content.latents.feature(np.array([slot]), slots, out)
    np.testing.assert_allclose(np.diag(near), 1, atol=1e-5)
    of_one_theme = np.kron(np.eye(17), np.ones((2, 2))) - np.eye(34) > 0
    of_others = np.kron(np.eye(17), np.ones((2, 2))) == 0
    assert near[of_one_theme].mean() > 0.7
    assert abs(near[of_others].mean()) < 0.1


def kept(run: Run) -> list[str]:
    """The items from which the next basis would be fitted."""
    run.task.on_time(NOW_MS + 10**9, idle_ms=0)
    memories = [row.value for row in run.task.touched()]
    return [m.item_id for m in memories if m.content is not None]
