"""Asking Kafka again, while that may help."""

import pytest
from kafka.errors import KafkaConnectionError, TopicAuthorizationFailedError

from pipeline.runtime.faults import NoKafka
from pipeline.runtime.kafka.patience import patiently


def test_a_node_that_is_just_away_is_asked_again() -> None:
    away = [KafkaConnectionError("refused"), KafkaConnectionError("refused")]

    def ask() -> str:
        if away:
            raise away.pop()
        return "topics"

    assert patiently(ask) == "topics"
    assert not away


def test_what_will_never_be_answered_is_not_asked_again() -> None:
    asked = []

    def ask() -> None:
        asked.append(1)
        raise TopicAuthorizationFailedError("events")

    with pytest.raises(NoKafka, match="TopicAuthorizationFailedError"):
        patiently(ask)
    assert asked == [1]
