"""An input that holds more and is not read on is told of; it may be for good."""

from pipeline.runtime.clock import ManualClock
from pipeline.runtime.memory import MemoryTransport
from pipeline.runtime.stillness import LIMIT_MS, Stillness
from pipeline.runtime.transport import Send
from tests.runtime.rig import SPECS, Rig, inputs_of

AT = ("features", 2)


def test_only_a_position_that_stays_below_the_end_for_a_minute_is_told_of() -> None:
    clock = ManualClock()
    stillness = Stillness(clock)
    stillness.note({AT: (7, 3)})
    clock.sleep_ms(LIMIT_MS - 1)
    assert not stillness.note({AT: (7, 5)})
    assert not stillness.told
    clock.sleep_ms(1)
    assert stillness.note({AT: (7, 5)})
    assert stillness.told.startswith("features partition 2 at offset 7: ")
    assert not stillness.note({AT: (7, 6)})  # Told once, and held.
    assert stillness.told
    assert not stillness.note({AT: (8, 5)})
    assert not stillness.told


def test_a_position_at_the_end_may_stay_there() -> None:
    clock = ManualClock()
    stillness = Stillness(clock)
    for _ in range(3):
        assert not stillness.note({AT: (7, 0)})
        clock.sleep_ms(LIMIT_MS)
    assert not stillness.note({AT: (7, 1)})


def test_a_worker_before_a_transaction_that_nobody_ends_is_not_ready() -> None:
    rig = Rig(SPECS["diversify"], inputs_of(SPECS["diversify"]))
    worker = rig.start()
    rig.feed()
    rig.drain()
    other = MemoryTransport(rig.log).sink("extract")
    other.reset()
    other.begin()
    held = rig.inputs[-1].record
    other.send(Send("features", held.partition, held.key, held.value, held.headers))
    rig.turn()
    assert not worker.not_ready()
    rig.clock.sleep_ms(2_000)
    rig.turn()
    rig.clock.sleep_ms(LIMIT_MS)
    rig.turn()
    why = worker.not_ready()
    assert f"features partition {held.partition} at offset" in why
    other.flush()
    other.commit()
    rig.drain()
    rig.clock.sleep_ms(2_000)
    rig.turn()
    assert not worker.not_ready()
