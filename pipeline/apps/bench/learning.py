"""How fast the model learns and lists, stage by stage, without Kafka.

Time is the CPU's, of one core: other work on the machine then disturbs less. What is
timed are the stages that workers run, on micro-batches as they come under load.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from pipeline.apps.bench.figures import Figure
from pipeline.apps.datasets import Dataset
from pipeline.apps.evaluate.entrants import Wish, run
from pipeline.apps.evaluate.learner import Configs, Learner
from pipeline.apps.evaluate.product import Product
from pipeline.apps.evaluate.stream import Stream, stream_of
from pipeline.logic.experts.embedding import EmbeddingLearner
from pipeline.stage import In, Row
from pipeline.stages.extract import ExtractConfig
from pipeline.stages.model_replica import Model
from pipeline.stages.update.dense import DenseConfig
from pipeline.stages.update.lessons import lesson_of
from pipeline.stages.update.rows import RowsConfig, UpdateRows
from topics import codec
from topics.events import Event
from topics.examples import Example

BATCH = 256
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured.

    Args:
        events: Of the stream, for learning and for hit rates.
        lists: Made for each figure.
        copied: Events of the stream of which copies make a large catalogue.
        items: In that catalogue, at least.
    """

    events: int = 15_000
    lists: int = 1_000
    copied: int = 4_000
    items: int = 50_000


class Packs(Learner):
    """The stages before update: what they give is kept in packs, and not learnt."""

    def __init__(self, configs: Configs) -> None:
        super().__init__(configs, Model(configs.model))
        self.packs: list[list[In]] = []

    def flush(self, at_ms: int) -> list[Row]:
        """Keep what waits."""
        self.packs.append(self._examples)
        self._examples, self._samples = [], []
        return []


def measure(dataset: Dataset, sizes: Sizes, tell: Tell) -> Iterator[Figure]:
    """Measure each part in turn.

    Args:
        dataset: A stream with its catalogue.
        sizes: How much.
        tell: Told what is measured.
    """
    weight_of = ExtractConfig().weight_of
    stream = stream_of(dataset, weight_of, limit=sizes.events)
    tell("what a pack of examples costs")
    packs = packs_of(stream)
    yield from _learning(packs)
    tell("lists")
    yield _lists(stream, sizes, 1_000)
    tell(f"lists from {sizes.items:,} items")
    large = stream_of(copies(dataset, sizes), weight_of)
    yield _lists(large, sizes, 500)
    tell("hit rates of learning one by one, and in micro-batches")
    rates = {batch: _hit_rate(stream, batch) for batch in (1, BATCH)}
    yield Figure("HR@10, one by one", rates[1], "")
    yield Figure(f"HR@10, {BATCH} at a time", rates[BATCH], "")
    ratio = rates[BATCH] / max(rates[1], 1e-9)
    yield Figure("HR@10, ratio", ratio, "", 0.98, most=False)


def packs_of(stream: Stream) -> list[list[In]]:
    """The examples of a stream, in packs of `BATCH`."""
    packs = Packs(Configs(batch=BATCH))
    _feed(packs, stream.events, stream)
    return packs.packs


def _feed(learner: Learner | Product, events: list[Event], stream: Stream) -> None:
    """Tell the catalogue, then have all events learnt."""
    learner.describe(stream.items, stream.users, events[0].event_time_ms)
    for event in events:
        learner.learn(event)


def copies(dataset: Dataset, sizes: Sizes) -> Dataset:
    """The first events, again and again, by other users on other items.

    So the catalogue is large, and yet as much is known of each item.
    """
    events = dataset.events[: sizes.copied]
    used = {event.item_id for event in events}
    items = [item for item in dataset.items if item.item_id in used]
    times = -(-sizes.items // len(items))
    return Dataset(
        f"{dataset.name}, {times} times",
        [replace(i, item_id=f"{i.item_id}/{n}") for i in items for n in range(times)],
        [
            replace(u, user_id=f"{u.user_id}/{n}")
            for u in dataset.users
            for n in range(times)
        ],
        [
            replace(e, item_id=f"{e.item_id}/{n}", user_id=f"{e.user_id}/{n}")
            for e in events
            for n in range(times)
        ],
    )


def _learning(packs: list[list[In]]) -> Iterator[Figure]:
    """Rows and vectors on the second half, next to what decoding it costs."""
    rows, dense = UpdateRows(0, RowsConfig()), DenseConfig().embedding
    learner, half = EmbeddingLearner(dense), len(packs) // 2
    spent = {"rows": 0.0, "vectors": 0.0, "decoding": 0.0}
    for number, pack in enumerate(packs):
        units = [unit.unit for unit in pack]
        written = codec.write(units)
        lessons = [lesson_of(unit, dense.top_weight) for unit in units]
        took = {
            "rows": _cpu(partial(_learn_rows, rows, pack)),
            "vectors": _cpu(partial(learner.learn, lessons, number)),
            "decoding": _cpu(partial(codec.read_as, list[Example], written)),
        }
        learner.commit()
        for name, seconds in took.items():
            spent[name] += seconds * (number >= half)
    events = sum(map(len, packs[half:]))
    rates = {name: events / max(seconds, 1e-9) for name, seconds in spent.items()}
    yield Figure("rows, learnt and written", rates["rows"], "events/s", 30_000, False)
    yield Figure("vectors", rates["vectors"], "events/s", 10_000, most=False)
    yield Figure("raw: examples decoded", rates["decoding"], "events/s")
    yield Figure("rows, of raw", rates["rows"] / rates["decoding"], "x")


def _learn_rows(rows: UpdateRows, pack: list[In]) -> None:
    """A batch of the row task, to the bytes of its rows."""
    rows.on_batch(pack, pack[-1].append_time_ms)
    for row in rows.touched():
        codec.write_row(row.value)
    rows.commit()


def _lists(stream: Stream, sizes: Sizes, bar: float) -> Figure:
    """Lists of the users who came last, once all is learnt, by the ranker too."""
    product = Product(Configs(batch=BATCH, dense=DenseConfig(ranker_share=0.05)))
    events, at_ms = stream.events, stream.events[-1].event_time_ms
    _feed(product, events, stream)
    product.flush(at_ms)
    newest = dict.fromkeys(event.user_id for event in reversed(events))
    users = list(newest)[: sizes.lists]
    product.ask(users[0], at_ms)
    seconds = _cpu(lambda: [product.ask(user, at_ms) for user in users])
    items = product.model.catalogue.items
    name = f"lists, {items:,} items"
    return Figure(name, len(users) / seconds, "lists/s", bar, most=False)


def _hit_rate(stream: Stream, batch: int) -> float:
    quiet = run(stream, Wish(batch=batch), lambda _: None, lambda _: lambda _: None)
    [(_, outcome)] = quiet
    return outcome.report.all.hr_10


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
