"""The tables of vectors: what the embedding expert keeps, and how it is set."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.logic.adagrad import Pace
from pipeline.logic.arrays import Matrix
from pipeline.logic.kernels.embedding_desk import Course, Tables
from pipeline.logic.kernels.embedding_rows import Rows
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
        batch: Samples that are prepared together; they are learnt one by one.
        negatives: Items drawn beside each sample.
        rate: Of Adagrad; the length of a row's first steps.
        w_rate: Of W; 0 leaves it the identity.
        l2: Pull of a row to 0; of tags and attributes a tenth of it.
        against: What a refused item counts beside one acted on.
        replays: Samples learnt again after each new one.
        replay_rate: At what part of the rate.
        replay_window: Out of how many of the newest.
        bound: No number of a row leaves [-bound, bound].
        top_weight: No sample counts more.
        capacity: Most rows of a table.
        looks: Decay and length of each look back at recent items.
    """

    dims: int = 64
    loss: LossName = "cross_entropy"
    batch: int = 128
    negatives: int = 100
    rate: float = 0.07
    w_rate: float = 0.0
    l2: float = 0.001
    against: float = 1.0
    replays: int = 2
    replay_rate: float = 0.5
    replay_window: int = 5000
    bound: float = 16.0
    top_weight: float = 8.0
    capacity: int = 1 << 20
    looks: tuple[tuple[float, int], ...] = ((0.35, 3), (0.9, 15), (0.98, 60))

    @property
    def look_back(self) -> int:
        """How many recent items count."""
        return max(length for _, length in self.looks)

    def look_weights(self) -> Matrix:
        """What a recent item counts by its place, float32 (looks, look-back)."""
        places = np.arange(self.look_back)
        return np.array(
            [(places < length) * decay**places for decay, length in self.looks],
            np.float32,
        )

    def course(self, part: float = 1.0) -> Course:
        """How a sample is learnt at a part of the rate."""
        rate, bound = part * self.rate, self.bound
        return Course(
            Pace(rate, self.l2, bound),
            Pace(rate, self.l2 / 10, bound),
            Pace(part * self.w_rate, 0.0, bound),
            self.look_weights(),
            self.loss == "mse",
        )


def make_tables(settings: EmbeddingSettings) -> dict[str, VectorTable]:
    """The empty tables, by the name that the keys of their blocks carry."""
    vector, sums = (settings.dims,), Column(fill=FIRST_SUM)
    looks = len(settings.looks)
    # A row is not given away while the replay window may still hold its slot.
    kept = settings.replay_window + 2 * settings.batch
    small = {"values": Column(vector), "values_sums": sums}
    items = {
        "values": Column(vector, spread=0.05),
        "values_sums": sums,
        "bias": Column((1,)),
        "bias_sums": sums,
        "tags": Column((TAGS,), fill=-1, dtype="<i4"),
        "count": Column(),
    }
    contexts = {
        "values": Column((looks, *vector), spread=0.05),
        "values_sums": Column((looks,), fill=FIRST_SUM),
    }
    return {
        "items": VectorTable(items, settings.capacity, kept),
        "contexts": VectorTable(contexts, settings.capacity, kept),
        # Items hold the slots of their tags, so that these are never given away.
        "tags": VectorTable(small, settings.capacity, keep=1 << 62),
        "attributes": VectorTable(small, settings.capacity, kept),
    }


def arrays(tables: Mapping[str, VectorTable], w: Rows) -> Tables:
    """The tables as kernels take them: their own memory, until the next row is added.

    Args:
        tables: As `make_tables` gives them.
        w: `W` and its sum.
    """
    items, contexts = tables["items"], tables["contexts"]
    dims = w.values.shape[0]
    return Tables(
        Rows(items["values"], items["values_sums"]),
        Rows(items["bias"], items["bias_sums"]),
        Rows(contexts["values"].reshape(-1, dims), contexts["values_sums"].ravel()),
        Rows(tables["tags"]["values"], tables["tags"]["values_sums"]),
        Rows(tables["attributes"]["values"], tables["attributes"]["values_sums"]),
        w,
        items["tags"],
        items["count"],
    )


FIRST_SUM = 0.01
"""Where the sum of squared gradients of a row starts."""
