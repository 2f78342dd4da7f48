"""Whatever step of a checkpoint breaks: nothing is lost, nothing is there twice."""

from collections.abc import Callable, Sequence
from random import Random

import pytest

from pipeline.runtime.failpoints import POINTS
from pipeline.runtime.faults import Indefinite
from pipeline.runtime.memory import STEPS
from tests.runtime.rig import SPECS, Died, Rig, conserved, inputs_of, undisturbed

BREAKS = [f"{when}_{step}" for step in STEPS[1:] for when in ("before", "after")]
RESETS = ["before_reset", "after_reset"]
each_worker = pytest.mark.parametrize("name", SPECS)


class Breaks:
    """Raises `Indefinite` at some of the times that a step is come to."""

    def __init__(self, steps: Sequence[str], chance: float = 0.4) -> None:
        self._steps = steps
        self._chance = chance
        self._random = Random(1)
        self.times = 0

    def __call__(self, step: str) -> None:
        # Of the many sends of one transaction most go well, or none ever ended.
        chance = self._chance / 8 if step.endswith("_send") else self._chance
        if step in self._steps and self._random.random() < chance:
            self.times += 1
            raise Indefinite(f"no answer at {step}")


def dies_at(point: str, nth: int) -> Callable[[str], None]:
    """Kills the worker when it comes to a point for the `nth` time."""
    left = [nth]

    def fail(reached: str) -> None:
        left[0] -= reached == point
        if left[0] == 0:
            raise Died

    return fail


@each_worker
@pytest.mark.parametrize("step", [*BREAKS, *RESETS, "committed"])
def test_a_missing_answer_neither_loses_nor_doubles(name: str, step: str) -> None:
    rig = Rig(SPECS[name], inputs_of(SPECS[name]))
    # A worker begins anew, and asks what is committed, after another answer is missing.
    first, others = Breaks([step]), Breaks(["before_commit"], 0.3)

    def break_at(reached: str) -> None:
        first(reached)
        others(reached)

    rig.start(break_at=break_at)
    while rig.feed(1 / 10):
        rig.drain()
    assert first.times
    assert rig.found() == undisturbed(name)
    assert conserved(rig.registries)


@each_worker
def test_answers_missing_one_after_the_other_neither_lose_nor_double(name: str) -> None:
    rig = Rig(SPECS[name], inputs_of(SPECS[name]))
    rig.start(break_at=Breaks([*BREAKS, *RESETS, "committed", "ends"], 0.1))
    while rig.feed(1 / 10):
        rig.drain(2_000)
    assert rig.found() == undisturbed(name)
    assert conserved(rig.registries)


@pytest.mark.parametrize("step", ["before_offsets", "after_commit"])
def test_after_a_missing_answer_nothing_is_restored_that_is_still_in_memory(
    step: str,
) -> None:
    rig = Rig(SPECS["extract"], inputs_of(SPECS["extract"]))
    rig.start(break_at=Breaks([step]))
    rig.feed(1 / 2)
    rig.drain()
    stages = [task.stage for task in rig.running["w"].worker.tasks.active.values()]
    rig.feed()
    rig.drain()
    again = [task.stage for task in rig.running["w"].worker.tasks.active.values()]
    assert again == stages


@each_worker
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("nth", [1, 2])
def test_a_worker_killed_at_any_point_is_followed_by_one_of_its_ordinal(
    name: str, point: str, nth: int
) -> None:
    rig = Rig(SPECS[name], inputs_of(SPECS[name]))
    deaths = 0
    rig.start(ordinal=0, failpoint=dies_at(point, nth))
    while rig.feed(1 / 10):
        try:
            rig.drain()
        except Died:
            deaths += 1
            rig.start(ordinal=0, failpoint=dies_at(point, nth))
            if deaths % 2 == 0:
                rig.start(ordinal=0)
    rig.start(ordinal=0)
    rig.drain()
    assert deaths
    assert rig.found() == undisturbed(name)
    assert conserved(rig.registries)


@each_worker
@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_is_followed_by_a_stranger(
    name: str, point: str
) -> None:
    rig = Rig(SPECS[name], inputs_of(SPECS[name]))
    rig.start(failpoint=dies_at(point, 2))
    deaths = 0
    while rig.feed(1 / 10):
        try:
            rig.drain()
        except Died:
            deaths += 1
            rig.kill()
            rig.start(failpoint=dies_at(point, 2 + deaths % 3))
    rig.kill()
    rig.start()
    rig.drain()
    assert deaths
    assert rig.found() == undisturbed(name)
    assert conserved(rig.registries)


@each_worker
@pytest.mark.parametrize("step", [*BREAKS, *RESETS])
def test_a_worker_killed_while_an_answer_is_missing_is_followed_by_its_like(
    name: str, step: str
) -> None:
    rig = Rig(SPECS[name], inputs_of(SPECS[name]))
    while rig.feed(1 / 4):
        rig.start(ordinal=0, break_at=Breaks([step], 1.0 if "reset" in step else 0.5))
        for _ in range(6):
            rig.turn()
    rig.start(ordinal=0)
    rig.drain()
    assert rig.found() == undisturbed(name)
