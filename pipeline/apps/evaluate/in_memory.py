"""Update's own test, as its workers make it on Kafka: all stages in one process."""

from collections.abc import Mapping

from pipeline.apps.datasets import Dataset
from pipeline.apps.evaluate.contest import Progress
from pipeline.apps.evaluate.learner import Configs, Learner
from pipeline.apps.quality import Rate
from pipeline.stages.model_replica import Model


def tested_in_memory(dataset: Dataset, configs: Configs, shown: Progress) -> Rate:
    """The dense task's test before it learns, with all stages in one process."""
    learner = Learner(configs, Model(configs.model))
    learner.describe(dataset.items, dataset.users, dataset.events[0].event_time_ms)
    for event in dataset.events:
        learner.learn(event)
        shown(1)
    learner.flush(dataset.events[-1].event_time_ms)
    gauges: Mapping[str, float] = learner.dense.gauges()
    return Rate(
        int(gauges["prequential_scored"]),
        gauges["prequential_hr10"],
        gauges["prequential_popularity_hr10"],
    )
