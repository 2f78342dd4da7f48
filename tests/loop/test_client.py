"""Settings that the client keeps from a part of itself reach it."""

from kafka.cluster import ClusterMetadata

from pipeline.runtime.kafka.client import connection


def test_who_asks_for_topics_does_not_make_them_and_asks_again_at_once() -> None:
    asks = ClusterMetadata()
    assert not asks.metadata_request().allow_auto_topic_creation
    assert asks.refresh_backoff() == connection("", "")["retry_backoff_ms"]
