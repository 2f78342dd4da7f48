"""Bounds of a worker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a worker.

    Args:
        batch_units: A checkpoint is due after so many output units.
        idle_poll_ms: Longest wait for records.
        tick_ms: Between two calls of a stage's `on_time`.
        replica_ms: Between two looks at what a replica's topic has that is new.
        replica_least_ms: For so long at least its rows are taken, at each turn.
        retry_ms: Wait before Kafka is asked again.
        silence_ms: Without an answer of Kafka for so long, a worker is not ready.
        dead_letter_run: So many bad records in a row stop the worker.
        dead_letter_ratio: So large a share of the last records does, too.
        dead_letter_window: Records over which the share is taken.
    """

    batch_units: int = 20_000
    idle_poll_ms: int = 100
    tick_ms: int = 1_000
    replica_ms: int = 200
    replica_least_ms: int = 20
    retry_ms: int = 200
    silence_ms: int = 5_000
    dead_letter_run: int = 1_000
    dead_letter_ratio: float = 0.5
    dead_letter_window: int = 2_000
