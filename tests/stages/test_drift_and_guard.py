"""When the world changes the ranker is told; when it is bad, lists do without it."""

from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from pipeline.logic.ranker_settings import RankerSettings
from pipeline.stage import In, Row
from pipeline.stages.diversify.label import sample_of
from pipeline.stages.model_replica import Model, ModelConfig
from pipeline.stages.publish import Publish, PublishConfig
from pipeline.stages.update.dense import DenseConfig, UpdateDense
from pipeline.stages.update.rows import RowsConfig, UpdateRows
from tests.build import NOW_MS, example, hash_of, portrait, profile
from topics.codec import read_section, write_section
from topics.examples import Example
from topics.model import DENSE, ModelRow
from topics.recommendations import Slate
from topics.spec import Position

ITEMS = [f"r{n}" for n in range(60)]
NEW = np.random.default_rng(5).permutation(ITEMS).tolist()
STEP_MS = 3_600_000
LONGEST = 12
"""Whoever has had so many items makes room for a new user of the same number."""
BACKWARDS = RankerSettings(rate=1e-9, prior={"popularity.count 4": -1.0}, popular=False)
"""Puts what is unpopular first, and hardly learns better."""
Choose = Callable[[np.random.Generator, Sequence[str]], str]


def ring(items: Sequence[str]) -> Choose:
    """Nine times in ten the item after the last one, else any that is new."""
    after = dict(zip(items, [*items[1:], items[0]], strict=True))

    def choose(rng: np.random.Generator, had: Sequence[str]) -> str:
        if had and rng.random() < 0.9 and after[had[-1]] not in had:
            return after[had[-1]]
        left = [item for item in items if item not in had]
        return left[rng.integers(len(left))]

    return choose


def hits(rng: np.random.Generator, had: Sequence[str]) -> str:
    """The first items are liked most, by whomever."""
    while (item := ITEMS[min(rng.zipf(1.3), len(ITEMS)) - 1]) in had:
        pass
    return item


@dataclass(slots=True)
class Update:
    """Update's tasks, one after the other, and a replica of what they write.

    Args:
        ranker: Of the dense task and of the replica.
    """

    ranker: RankerSettings = field(default_factory=RankerSettings)
    model: Model = field(init=False)
    dense: list[UpdateDense] = field(init=False)
    counts: Counter[str] = field(default_factory=Counter)
    notices: list[tuple[int, str]] = field(default_factory=list)
    events: int = 0
    _rows: UpdateRows = field(init=False)
    _rng: np.random.Generator = field(init=False)
    _histories: dict[int, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.model = Model(ModelConfig(ranker=self.ranker))
        self.dense = [self.new_task()]
        self._rows = UpdateRows(0, RowsConfig())
        self._rng = np.random.default_rng(3)
        self._histories = defaultdict(list)

    def new_task(self) -> UpdateDense:
        """A dense task that has learnt nothing, beside those there are."""
        return UpdateDense(DenseConfig(ranker=self.ranker), self.model)

    def live(
        self, events: int, choose: Choose, until: Callable[[], bool] = lambda: False
    ) -> None:
        """Let users act and update learn, an event a pack."""
        for _ in range(events):
            user = int(self._rng.integers(40))
            history = self._histories[user]
            item = choose(self._rng, history)
            self._learn(history, item)
            history.append(item)
            self.counts[item] += 1
            if len(history) >= LONGEST:
                del self._histories[user]
            if until():
                return

    def _learn(self, history: Sequence[str], item: str) -> None:
        self.events += 1
        at_ms = NOW_MS + self.events * STEP_MS
        lesson = replace(
            example(item, history, at_ms=at_ms),
            recent_times_ms=[at_ms - n * STEP_MS for n in range(len(history), 0, -1)],
        )
        had = b"".join(sorted(hash_of(i).to_bytes(4, "little") for i in history))
        sample = sample_of(lesson, b64encode(had).decode())
        for task in self.dense:
            result = task.on_batch([self._unit("samples", sample)], at_ms)
            self.notices += [(self.events, notice) for notice in result.notices]
        self._rows.on_batch([self._unit("examples", lesson)], at_ms)
        for row in self._rows.touched():
            self.model.apply(row)
        self._rows.commit()

    def _unit(self, topic: str, unit: Example) -> In:
        source = Position(topic, 0, self.events)
        return In(topic, unit.item_id, unit, source, NOW_MS + self.events)

    def write(self) -> ModelRow:
        """Have the replica take what the dense task has learnt; gives `~dense`."""
        rows = {row.key: row for row in self.dense[0].touched()}
        for row in rows.values():
            self.model.apply(row)
        self.dense[0].commit()
        dense: ModelRow = rows[DENSE].value
        return dense

    def told(self, what: str) -> list[tuple[int, str]]:
        """Notices that begin with a word, each with how many events there were."""
        return [(n, notice) for n, notice in self.notices if notice.startswith(what)]

    def slate(self, *liked: str) -> Slate:
        """The list that publish makes of the replica."""
        task = Publish(0, self.model, PublishConfig(1))
        (out,) = task.on_batch([profile(portrait(liked=liked))], NOW_MS).outputs
        slate: Slate = out.unit
        return slate


@pytest.fixture(scope="module")
def swapped() -> Update:
    """Tastes were the same for long, then others; the alarm has just been raised."""
    update = Update()
    update.live(1_200, ring(ITEMS))
    update.notices.clear()
    update.live(600, ring(NEW), lambda: bool(update.notices))
    return update


def test_while_tastes_stay_the_same_nothing_is_told_of_them_getting_worse() -> None:
    update = Update()
    update.live(1_200, ring(ITEMS))
    assert not [n for _, n in update.told("drift") if "worse" in n]
    assert update.dense[0].gauges()["prequential_hr10_1k"] > 0.6


def test_when_tastes_swap_an_alarm_says_so_and_the_ranker_learns_faster(
    swapped: Update,
) -> None:
    ((events, notice),) = swapped.told("drift")
    gauges = swapped.dense[0].gauges()
    assert events - 1_200 < 250
    assert notice.startswith("drift: hits are worse, 0.")
    assert notice.endswith("; the ranker learns faster for a while")
    assert gauges["drift_alarms"] >= 1
    assert gauges["ranker_boost"] == 4.0


def test_after_an_alarm_a_list_moves_the_ranker_four_times_as_far(
    swapped: Update,
) -> None:
    row = swapped.write()
    calm = swapped.new_task()
    sections = row.sections | {"boost": write_section({"left": 0})}
    calm.restore(Row(DENSE, replace(row, sections=sections)))
    swapped.dense.append(calm)
    before, learnt = weights(row), calm.gauges()["lists_learnt"]
    swapped.live(50, ring(NEW), lambda: calm.gauges()["lists_learnt"] > learnt)
    boosted, plain = (
        np.abs(weights(row_of(task)) - before).sum() for task in swapped.dense
    )
    assert boosted == pytest.approx(4 * plain, rel=1e-3)
    assert plain > 0


def row_of(task: UpdateDense) -> ModelRow:
    """The row `~dense` of a task."""
    (row,) = (row.value for row in task.touched() if row.key == DENSE)
    assert isinstance(row, ModelRow)
    return row


def weights(row: ModelRow) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """What the ranker has learnt of each feature, by situation."""
    return np.frombuffer(read_section(row.sections["ranker"])["linear"], np.float32)


@pytest.fixture(scope="module")
def bad() -> Update:
    """A ranker that orders backwards, where popularity is right."""
    update = Update(BACKWARDS)
    update.live(900, hits)
    update.write()
    return update


def test_a_ranker_worse_than_popularity_is_held_back_and_publish_does_without(
    bad: Update,
) -> None:
    ((events, notice),) = bad.told("guard")
    assert events == 500
    assert notice == "guard: popularity alone does better, lists follow it for now"
    assert bad.model.held
    items = bad.slate().items
    reasons = {(r.expert, r.share) for item in items for r in item.reasons}
    assert reasons == {("popularity", 1.0)}
    popular = {item for item, _ in bad.counts.most_common(10)}
    assert len(popular & {item.item_id for item in items[:10]}) >= 8


def test_once_it_is_no_longer_worse_the_ranker_decides_again(bad: Update) -> None:
    def least(rng: np.random.Generator, had: Sequence[str]) -> str:
        left = [item for item in ITEMS if item not in had]
        return min(left, key=lambda item: (bad.counts[item], item))

    assert bad.model.held
    bad.live(1_500, least, lambda: len(bad.told("guard")) > 1)
    _, notice = bad.told("guard")[-1]
    assert notice == "guard: lists are recovered, the ranker decides again"
    bad.write()
    assert not bad.model.held
    assert bad.slate().items[0].item_id not in {i for i, _ in bad.counts.most_common(5)}
