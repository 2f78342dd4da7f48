"""The tables of vectors: what the embedding expert keeps, and how it is set."""

from dataclasses import dataclass

from pipeline.logic.losses import LossName
from pipeline.logic.vectors import Column, VectorTable

TAGS = 16
"""At most so many tags of an item count, and so many attributes of a user."""


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    """How vectors are learnt.

    Args:
        dims: Numbers of a vector.
        loss: `cross_entropy` or `mse`.
        batch: Samples of one step; a pack is split into such.
        negatives: Items drawn for each step, which its samples share.
        rate: Of Adagrad; the length of a row's first steps.
        w_rate: Of W; 0 leaves it the identity.
        l2: Pull of a row to 0; of tags and attributes a tenth of it.
        against: What a refused item counts beside one acted on.
        replays: Samples drawn again beside each new one.
        replay_weight: What such a sample counts.
        replay_window: Out of how many of the newest.
        bound: No number of a row leaves [-bound, bound].
        top_weight: No sample counts more.
        capacity: Most rows of a table.
        looks: Decay and length of each look back at recent items.
    """

    dims: int = 64
    loss: LossName = "cross_entropy"
    batch: int = 128
    negatives: int = 1000
    rate: float = 0.05
    w_rate: float = 0.0003
    l2: float = 0.003
    against: float = 1.0
    replays: int = 2
    replay_weight: float = 0.25
    replay_window: int = 5000
    bound: float = 16.0
    top_weight: float = 8.0
    capacity: int = 1 << 20
    looks: tuple[tuple[float, int], ...] = ((0.35, 3), (0.9, 15), (0.98, 60))

    @property
    def look_back(self) -> int:
        """How many recent items count."""
        return max(length for _, length in self.looks)


def make_tables(settings: EmbeddingSettings) -> dict[str, VectorTable]:
    """The empty tables, by the name that the keys of their blocks carry."""
    vector, sums = (settings.dims,), Column(fill=FIRST_SUM)
    # A row is not given away while the replay window may still hold its slot.
    kept = settings.replay_window + 2 * settings.batch
    drawn = Column(vector, spread=0.05)
    small = {"values": Column(vector), "values_sums": sums}
    items = {
        "values": drawn,
        "values_sums": sums,
        "bias": Column((1,)),
        "bias_sums": sums,
        "tags": Column((TAGS,), fill=-1, dtype="<i4"),
        "count": Column(),
    }
    contexts: dict[str, Column] = {}
    for look in range(len(settings.looks)):
        contexts |= {f"look_{look}": drawn, f"look_{look}_sums": sums}
    return {
        "items": VectorTable(items, settings.capacity, kept),
        "contexts": VectorTable(contexts, settings.capacity, kept),
        # Items hold the slots of their tags, so that these are never given away.
        "tags": VectorTable(small, settings.capacity, keep=1 << 62),
        "attributes": VectorTable(small, settings.capacity, kept),
    }


FIRST_SUM = 0.01
"""Where the sum of squared gradients of a row starts."""
