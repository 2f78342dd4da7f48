"""The settings of publish."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublishConfig:
    """What a list is, and how often there is one for new users.

    Args:
        partitions: Of the topics by user.
        list_size: How many items a list has.
        diversity: Trade-off of the re-ranking by content: 0 keeps the order of scores,
            1 looks at unlikeness alone.
        exclude_had: Leave out what the user acted on before.
        default_interval_ms: How often the list for new users is published.
        model_name: As in the names of topics.
        live_users: How many users' last lists are kept for live quality.
    """

    partitions: int = 1
    list_size: int = 20
    diversity: float = 0.0
    exclude_had: bool = True
    default_interval_ms: int = 60_000
    model_name: str = "main"
    live_users: int = 5_000
