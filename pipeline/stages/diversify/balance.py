"""Which examples the dense task is given, and with what weight."""

from dataclasses import replace

from pipeline.logic.sampling import in_share
from pipeline.stages.diversify.config import DiversifyConfig
from topics.examples import Example


def balanced(example: Example, config: DiversifyConfig) -> Example | None:
    """An example as it is sampled; None if it is not.

    Of a list of twenty most items are left: of those a part is taken, and weighs as
    much more (negative down-sampling: He et al., Practical lessons from predicting
    clicks on ads at Facebook, ADKDD 2014). All else is taken as it is.

    Args:
        example: With its label.
        config: Settings.
    """
    left = example.origin == "impression" and not example.label
    kept = config.negative_share if left else 1.0
    share = kept * config.sample_share
    if share < 1 and not in_share(str(example.source), share):
        return None
    return example if kept == 1 else replace(example, weight=example.weight / kept)
