"""How each topic is kept: Kafka's settings for it, and for its dead letters."""

from topics.spec import DAY_MS, TopicSpec

DEAD_LETTERS_RETENTION_MS = 14 * DAY_MS
PARTITIONS = 8


def topic_settings(spec: TopicSpec) -> dict[str, str]:
    """Settings of a topic, as Kafka names them.

    Time is always log-append time: a replay of an old stream must not meet retention.
    """
    settings = {"message.timestamp.type": "LogAppendTime"}
    if spec.retention_ms is not None:
        return settings | {
            "cleanup.policy": "delete",
            "retention.ms": str(spec.retention_ms),
            "segment.ms": str(min(spec.retention_ms, DAY_MS)),
        }
    return settings | {
        "cleanup.policy": "compact",
        "segment.bytes": str(64 << 20),
        "segment.ms": str(600_000),
        "min.cleanable.dirty.ratio": "0.1",
        "max.compaction.lag.ms": str(7 * DAY_MS),
        # A tombstone outlives the dead letters: who was forgotten stays so.
        "delete.retention.ms": str(DEAD_LETTERS_RETENTION_MS),
    }


def dead_letter_settings() -> dict[str, str]:
    """Settings of a dead-letter topic: an original fits beside its headers."""
    return {
        "message.timestamp.type": "LogAppendTime",
        "cleanup.policy": "delete",
        "retention.ms": str(DEAD_LETTERS_RETENTION_MS),
        "segment.ms": str(DAY_MS),
        "max.message.bytes": str(2 << 20),
    }
