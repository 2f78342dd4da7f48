"""What a run of the demo is to do, and with what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.apps.datasets import Dataset
from pipeline.apps.fleet import Place
from pipeline.stage import WorkerSpec


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for.

    Args:
        place: Where Kafka is and how topics are called.
        specs: The workers, by name.
        dataset: What is sent.
        rate: Events per second.
        users: Whose lists are shown; none: one who is there all along, and whoever is
            active.
        partitions: Of each topic.
        replication: Copies of each topic.
        passing: Whether topics and groups are deleted at the end.
        keep: Whether to go on until a signal once all has been said.
    """

    place: Place
    specs: Mapping[str, WorkerSpec]
    dataset: Dataset
    rate: float
    users: Sequence[str]
    partitions: int
    replication: int
    passing: bool
    keep: bool
