"""Workers come and go while records flow."""

import pytest

from pipeline.runtime.faults import Fenced, Indefinite
from tests.runtime.application import PARTITIONS
from tests.runtime.rig import SPECS, Rig, conserved, inputs_of, undisturbed

each_worker = pytest.mark.parametrize("name", SPECS)


@each_worker
@pytest.mark.parametrize("static", [False, True])
def test_workers_that_come_and_go_neither_lose_nor_double(
    name: str, static: bool
) -> None:
    rig = Rig(SPECS[name], inputs_of(SPECS[name]))
    for turn, comes in enumerate("ababcacbca"):
        if comes in rig.running:
            transport = rig.running[comes].transport
            rig.stop(comes)
            transport.time_out()  # A static member does not leave by itself.
        else:
            rig.start(comes, ordinal="abc".index(comes) if static else None)
        rig.feed(1 / 10)
        for worker in list(rig.running):
            for _ in range(1 + turn % 3):
                rig.turn(worker)
    rig.feed()
    rig.start("d")
    rig.drain()
    assert rig.found() == undisturbed(name)
    assert conserved(rig.registries)


@each_worker
def test_no_partition_has_two_owners_and_none_is_left_without(name: str) -> None:
    rig = Rig(SPECS[name], inputs_of(SPECS[name]))
    rig.feed()
    for worker in "abc":
        rig.start(worker)
        rig.drain()
        owned = [set(r.worker.tasks.active) for r in rig.running.values()]
        assert sum(map(len, owned)) == len(set.union(*owned)) == rig.partitions


def test_more_workers_than_partitions_leave_some_idle_that_take_over() -> None:
    rig = Rig(SPECS["extract"], inputs_of(SPECS["extract"]))
    for worker in "abcdef":
        rig.start(worker)
    rig.feed(1 / 2)
    rig.drain()
    idle = [n for n, r in rig.running.items() if not r.worker.tasks.active]
    assert len(idle) == 2
    assert all(rig.running[n].worker.not_ready() == "" for n in idle)
    for worker in set("abcdef") - set(idle):
        rig.kill(worker)
    rig.feed()
    rig.drain()
    assert rig.found() == undisturbed("extract")


@each_worker
def test_a_commit_that_a_rebalance_overtook_goes_through_or_is_done_again(
    name: str,
) -> None:
    rig = Rig(SPECS[name], inputs_of(SPECS[name]))
    joined = iter("bcdefgh")

    def join(step: str) -> None:
        """Another worker joins between two steps of a checkpoint."""
        if step in {"after_flush", "after_offsets"} and len(rig.running) < 8:
            rig.start(next(joined))

    rig.start("a", break_at=join)
    while rig.feed(1 / 10):
        rig.drain()
    assert len(rig.running) == 8
    assert rig.found() == undisturbed(name)


@each_worker
def test_memory_of_a_partition_that_another_worker_moved_on_is_not_used_again(
    name: str,
) -> None:
    rig = Rig(SPECS[name], inputs_of(SPECS[name]))
    rig.start("a")
    for _ in range(3):
        rig.feed(1 / 6)
        rig.drain()
        rig.start("b")
        rig.drain()
        rig.feed(1 / 6)
        rig.drain()
        rig.kill("b")
        rig.drain()
    rig.feed()
    rig.drain()
    assert rig.found() == undisturbed(name)


def test_memory_of_a_partition_that_nobody_moved_on_is_kept() -> None:
    rig = Rig(SPECS["extract"], inputs_of(SPECS["extract"]))
    rig.start("a")
    rig.feed()
    rig.drain()
    before = {p: t.stage for p, t in rig.running["a"].worker.tasks.active.items()}
    rig.start("b")
    rig.drain()
    rig.kill("b")
    rig.drain()
    after = {p: t.stage for p, t in rig.running["a"].worker.tasks.active.items()}
    assert after == before


@each_worker
def test_a_new_owner_waits_for_the_pending_commit_of_the_last_one(name: str) -> None:
    rig = Rig(SPECS[name], inputs_of(SPECS[name]))

    def break_at(step: str) -> None:
        if step == "before_commit":
            raise Indefinite("the line is cut")

    rig.start("a", break_at=break_at)
    rig.feed(1 / 4)
    while not rig.log.is_pending(name, _all_of(name)):
        rig.turn("a")
    ghost = rig.crash("a")
    rig.start("b")
    for _ in range(20):
        rig.turn("b")
    assert not rig.found().units | rig.found().values
    ghost.time_out()
    rig.feed()
    rig.drain()
    assert rig.found() == undisturbed(name)


@each_worker
def test_of_two_workers_with_one_ordinal_exactly_one_goes_on(name: str) -> None:
    rig = Rig(SPECS[name], inputs_of(SPECS[name]))
    rig.start("old", ordinal=0)
    rig.feed(1 / 5)
    for _ in range(3):
        rig.turn("old")
    rig.start("new", ordinal=0)
    rig.feed(1 / 5)
    rig.turn("new")
    with pytest.raises(Fenced):
        for _ in range(3):
            rig.turn("old")
    rig.crash("old")
    rig.feed()
    rig.drain()
    assert rig.found() == undisturbed(name)
    assert conserved(rig.registries)


def _all_of(name: str) -> list[tuple[str, int]]:
    return [(s.name, p) for s in SPECS[name].sources for p in range(PARTITIONS)]
