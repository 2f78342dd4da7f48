"""Sending at a set rate, on a clock that is turned by hand."""

from pipeline.apps.tempo import Tempo
from pipeline.runtime.clock import ManualClock


def test_a_rate_of_50_takes_two_seconds_for_100_records() -> None:
    clock = ManualClock(0)
    tempo = Tempo(clock, 50)
    for _ in range(101):
        tempo.wait()
    assert clock.monotonic_ms() == 2_000


def test_without_a_rate_nothing_waits() -> None:
    clock = ManualClock(0)
    tempo = Tempo(clock, None)
    assert {tempo.wait() for _ in range(1_000)} == {0}


def test_a_short_stall_is_caught_up() -> None:
    clock = ManualClock(0)
    tempo = Tempo(clock, 10)
    tempo.wait()
    clock.sleep_ms(500)
    assert [tempo.wait() for _ in range(6)] == [500, 500, 500, 500, 500, 600]


def test_of_a_long_stall_one_second_is_caught_up_and_no_burst_comes() -> None:
    clock = ManualClock(0)
    tempo = Tempo(clock, 10)
    tempo.wait()
    clock.sleep_ms(60_000)
    times = [tempo.wait() for _ in range(20)]
    assert times.count(60_000) == 11
    assert times[11:13] == [60_100, 60_200]
