"""Update's own test, as its workers make it on Kafka: all stages in one process."""

from collections.abc import Mapping

from pipeline.apps.datasets import Dataset
from pipeline.apps.evaluate.contest import Progress
from pipeline.apps.evaluate.product import Configs, Product
from pipeline.apps.quality import Rate


def tested_in_memory(dataset: Dataset, configs: Configs, shown: Progress) -> Rate:
    """The dense task's test before it learns, with all stages in one process."""
    product = Product(configs)
    product.describe(dataset.items, dataset.users, dataset.events[0].event_time_ms)
    for event in dataset.events:
        product.learn(event)
        shown(1)
    product.flush(dataset.events[-1].event_time_ms)
    gauges: Mapping[str, float] = product.dense.gauges()
    return Rate(
        int(gauges["prequential_scored"]),
        gauges["prequential_hr10"],
        gauges["prequential_popularity_hr10"],
    )
