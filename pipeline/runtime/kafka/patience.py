"""Asking Kafka while one of its nodes is on its way out, or in."""

import time
from collections.abc import Callable
from typing import TypeVar

from kafka.errors import KafkaError

from pipeline.runtime.faults import NoKafka

PATIENCE_S = 10.0
"""Kafka makes a topic of its own for its first group, and leaders anew, within that."""
T = TypeVar("T")


def patiently(ask: Callable[[], T]) -> T:
    """Ask again while Kafka says that it will know soon, or a node is just away.

    Raises:
        NoKafka: it does not answer.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ask()
        except KafkaError as error:
            if not error.retriable or time.monotonic() > deadline:
                raise NoKafka(f"Kafka does not answer: {error}") from error
        time.sleep(0.1)
