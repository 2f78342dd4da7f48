"""A publisher that starts has read only the newest row of each key, in any order."""

from collections.abc import Sequence
from random import Random

from pipeline.apps.evaluate.learner import Configs, Learner
from pipeline.logic.experts.joint_core import JointSettings
from pipeline.logic.ranking import propose
from pipeline.stage import Row
from pipeline.stages.model_replica import Model
from pipeline.stages.moments import had_of, moment_of
from pipeline.stages.update.dense import DenseConfig
from tests.build import NOW_MS, portrait
from topics.events import Event
from topics.model import JOINT
from topics.profiles import Portrait

ITEMS = [f"i{n}" for n in range(40)]
CONFIGS = Configs(
    vectors_every=1,
    dense=DenseConfig(joint=JointSettings(items=30, watched=35, least_events=40)),
)


class Logged(Learner):
    """Keeps the newest row of each key, as a compacted topic does."""

    def __init__(self, configs: Configs) -> None:
        self.model = Model(configs.model)
        super().__init__(configs, self.model)
        self.log: dict[str, Row] = {}

    def flush(self, at_ms: int) -> list[Row]:
        """Learn what waits, and keep what was written."""
        rows = super().flush(at_ms)
        self.log.update({row.key: row for row in rows})
        return rows


def lived() -> Logged:
    """One that has learnt from users who mostly stay in a part of the catalogue."""
    product, random = Logged(CONFIGS), Random(2)
    for n in range(230):
        user, at_home = random.randrange(15), random.random() < 0.8
        item = 4 * random.randrange(10) + user % 4 if at_home else random.randrange(40)
        product.learn(Event(f"u{user}", ITEMS[item], "click", NOW_MS + n * 60_000))
    return product


def told(model: Model, user: Portrait) -> tuple[list[str], list[float]]:
    """Candidates by id, and what the joint regression says of each of all items."""
    catalogue = model.catalogue
    moment = moment_of(user, catalogue.table, NOW_MS, [])
    found = propose(catalogue, moment, had_of(user.had), model.ranker, 10)
    column = model.ranker.features.index("joint.had")
    ids = [catalogue.id_of(slot) for slot in found.slots.tolist()]
    pairs = sorted(zip(ids, found.asked.features[column].tolist(), strict=True))
    return [item for item, _ in pairs], [said for _, said in pairs]


def restored(rows: Sequence[Row]) -> Model:
    model = Model()
    for row in rows:
        model.apply(row)
    return model


def test_it_has_the_candidates_and_sums_of_one_that_was_there_all_along() -> None:
    product = lived()
    rows = sorted(product.log.values(), key=lambda row: row.key)
    assert {row.key for row in rows if row.key.startswith(JOINT)} >= {
        "joint/notes",
        "joint/counts/0",
        "joint/together/0",
        "joint/weights/0",
    }
    for seed in range(3):
        Random(seed).shuffle(rows)
        model = restored(rows)
        for n in range(12):
            user = portrait("u", ITEMS[n : n + 3 * n % 17 + 1])
            items, sums = told(model, user)
            assert (items, sums) == told(product.model, user)
            assert any(sums)
