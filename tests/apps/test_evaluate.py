"""`kairec evaluate` on small streams of which it is known what can be learnt."""

import gzip
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipeline.apps.datasets import Dataset
from pipeline.apps.evaluate.answer import as_json, as_table
from pipeline.apps.evaluate.apart import learning_apart
from pipeline.apps.evaluate.contest import Contender, Outcome, Theirs, compete
from pipeline.apps.evaluate.entrants import EXPERTS, Wish
from pipeline.apps.evaluate.learner import Configs
from pipeline.apps.evaluate.peers import PEERS, size_of
from pipeline.apps.evaluate.product import Product
from pipeline.apps.evaluate.stream import Step, Stream, stream_of
from pipeline.settings import BadSettings, Settings
from pipeline.stages.extract import WEIGHTS, ExtractConfig
from pipeline.topology import event_weights, workers
from tests.build import NOW_MS
from topics import codec
from topics.events import Event
from topics.items import Item
from topics.users import User

Run = Callable[..., tuple[int, str, str]]
GROUPS = 6
TYPES = ("purchase", "click", "click", "view")
FIGURES = {"hr@10", "hr@20", "ndcg@10", "mrr@20", "scored"}
OUTCOME = {
    *("hr@10", "hr@20", "ndcg@10", "mrr@20", "scored", "last_half", "first_3"),
    *("coverage", "intra_list_distance", "learn_events_per_s", "lists_per_s"),
}


def events(count: int, seed: int = 5) -> list[Event]:
    """Users look at the items of a group of theirs, some of them again and again."""
    random = Random(seed)
    found = []
    for n in range(count):
        user = random.randrange(90)
        item = GROUPS * min(int(random.expovariate(0.09)), 39) + user % GROUPS
        if random.random() < 0.1:
            item = random.randrange(40 * GROUPS)
        kind = random.choice(TYPES)
        found.append(Event(f"u{user}", f"i{item}", kind, NOW_MS + 90_000 * n))
        if random.random() < 0.1:
            found.append(Event(f"u{user}", f"i{item}", kind, NOW_MS + 90_000 * n))
    return found


ITEMS = [
    Item(f"i{n}", f"T{n}", [f"c{n % GROUPS}"], [f"t{n % 7}"])
    for n in range(40 * GROUPS)
]


def stream(count: int, items: Sequence[Item] = ITEMS) -> Stream:
    dataset = Dataset("small", list(items), [], events(count))
    return stream_of(dataset, ExtractConfig().weight_of)


def lines(records: Sequence[object]) -> bytes:
    return b"".join(codec.write(each) + b"\n" for each in records)


@pytest.fixture
def run(kairec: Run) -> Run:
    """Runs `kairec evaluate`."""
    return partial(kairec, "evaluate")


# The command ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "give a data set's name or --events FILE"),
        (["ml-100k", "--events", "x.jsonl"], "one of them"),
        (["ml-100k", "--items", "x.jsonl"], "--items and --users go with --events"),
        (["--events", "nothing.jsonl"], "No such file or directory"),
        (["ml-1m"], "ml-1m"),
        (["ml-100k", "--expert", "luck"], "no expert 'luck': the experts are popul"),
        (["ml-100k", "--batch", "0"], "--batch"),
        (["ml-100k", "--out", "no/found.json"], "there is no folder no"),
        (["ml-100k", "--kafka", "--peers"], "--kafka runs the workers"),
        (["ml-100k", "--kafka", "--batch", "7"], "leave out --peers, --batch"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_one_line(
    run: Run, arguments: list[str], told: str
) -> None:
    code, out, said = run(*arguments)
    assert code == 2
    assert told in said
    assert said.startswith("kairec: ")
    assert said.count("\n") == 1
    assert not out


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("plot.txt", "cannot draw plot.txt: its name may end with"),
        ("no/plot.png", "cannot write no/plot.png: there is no folder no"),
    ],
)
def test_what_could_not_be_drawn_is_told_before_the_long_work(
    run: Run, path: str, told: str
) -> None:
    pytest.importorskip("matplotlib")
    code, _, said = run("ml-100k", "--plot", path)
    assert code == 2
    assert said.startswith(f"kairec: {told}")
    assert said.count("\n") == 1


def test_a_file_without_a_positive_event_is_told_with_what_is_positive(
    run: Run, tmp_path: Path
) -> None:
    disliked = [Event("u1", f"i{n}", "dislike", NOW_MS + n) for n in range(5)]
    (tmp_path / "events.jsonl").write_bytes(lines(disliked))
    code, _, said = run("--events", "events.jsonl")
    assert code == 2
    assert "no event of events.jsonl is positive" in said


def test_all_figures_are_written_under_their_names(run: Run, tmp_path: Path) -> None:
    (tmp_path / "events.jsonl.gz").write_bytes(gzip.compress(lines(events(400))))
    (tmp_path / "items.jsonl").write_bytes(lines(ITEMS))
    (tmp_path / "users.jsonl").write_bytes(lines([User("u1", {"plan": "free"})]))
    files = ["--events", "events.jsonl.gz", "--items", "items.jsonl"]
    code, out, said = run(
        *files, "--users", "users.jsonl", "--limit", "300", "--out", "found.json"
    )
    assert code == 0, said
    found: dict[str, Any] = codec.read_as(dict, (tmp_path / "found.json").read_bytes())
    assert found.keys() == OUTCOME | {
        *("dataset", "events", "peak_rss_mb", "settings", "peers")
    }
    assert found["last_half"].keys() == found["first_3"].keys() == FIGURES
    assert found["dataset"] == "events.jsonl.gz"
    assert found["events"] == 300
    assert 200 < found["scored"] <= 270
    assert 0 < found["hr@10"] <= found["hr@20"] <= 1
    assert found["learn_events_per_s"] > 0 < found["lists_per_s"]
    assert found["peak_rss_mb"] > 50
    assert found["settings"] == {
        "batch": 1,
        "partitions": 1,
        "experts": [],
        "ablate": False,
        "peers": False,
        "weights": dict(WEIGHTS),
        "limit": 300,
        "all_events": False,
    }
    assert found["peers"] == {}
    assert f"{found['hr@10']:.4f}" in out


# The contest ------------------------------------------------------------------------


class Seer:
    """Knows what is wanted, and notes what it is asked and what it learns."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Event]] = []

    def ask(self, step: Step) -> list[str]:
        self.calls.append(("ask", step.event))
        return ["nothing", step.event.item_id]

    def wanted(self, step: Step) -> str:
        return step.event.item_id

    def learn(self, step: Step) -> None:
        self.calls.append(("learn", step.event))


def test_before_each_scored_event_a_list_is_asked_and_each_event_is_learnt() -> None:
    given, seer, told = stream(300), Seer(), list[int]()
    outcome = compete(given, seer, {}, told.append)
    expected = [
        (what, step.event)
        for step in given.steps
        for what in (["ask", "learn"] if step.scored else ["learn"])
    ]
    assert seer.calls == expected
    assert sum(told) == len(given.steps)
    assert outcome.report.all.hr_10 == 1.0
    assert outcome.report.all.mrr_20 == 0.5
    assert outcome.report.distance is None


def score(given: Stream, contender: Contender[Any]) -> Outcome:
    return compete(given, contender, {}, lambda n: None)


def ours(given: Stream, configs: Configs | None = None) -> Outcome:
    with learning_apart(configs or Configs(), given) as apart:
        return score(given, apart)


@pytest.mark.parametrize("items", [ITEMS, []], ids=["with items", "without"])
def test_purchases_clicks_and_views_with_repeats_are_learnt_above_popularity(
    items: list[Item],
) -> None:
    given = stream(1_000, items)
    assert len({(step.user, step.item) for step in given.steps}) < len(given.steps)
    peer = PEERS["popularity"](size_of(given))
    assert not isinstance(peer, str)
    popular = score(given, Theirs(peer)).report.all
    found = ours(given).report.all
    assert found.events == popular.events
    assert found.hr_10 > 1.3 * popular.hr_10
    assert found.ndcg_10 > 1.3 * popular.ndcg_10


def test_partitions_and_small_batches_cost_little() -> None:
    given = stream(800)
    alone = ours(given).report.all.hr_10
    shared = ours(given, Configs(partitions=4, batch=8)).report.all.hr_10
    assert shared > 0.8 * alone


# The product ------------------------------------------------------------------------


def test_a_stranger_gets_what_is_popular_and_nobody_gets_what_they_had() -> None:
    product = Product()
    for n in range(12):
        item = f"i{n // 4 if n < 8 else 1}"
        product.learn(Event(f"u{n}", item, "click", NOW_MS + n * 60_000))
    at_ms = NOW_MS + 3_600_000
    assert product.ask("stranger", at_ms) == ["i1", "i0"]
    assert product.ask("u0", at_ms) == ["i1"]


def test_nothing_is_learnt_of_a_batch_before_it_is_full_or_flushed() -> None:
    product = Product(Configs(batch=10))
    for n in range(4):
        product.learn(Event(f"u{n}", "i1", "click", NOW_MS + n))
    assert product.ask("stranger", NOW_MS + 9) == []
    product.flush(NOW_MS + 9)
    assert product.ask("stranger", NOW_MS + 9) == ["i1"]


def test_what_the_stages_drop_is_counted_by_reason() -> None:
    product = Product()
    for n in range(3):
        product.learn(Event("u1", "i1", "click", NOW_MS + n, event_id="same"))
    product.learn(Event("u1", "i1", "unheard", NOW_MS))
    assert product.learner.fates == {
        "diversify: duplicate": 2,
        "extract: unknown_type": 1,
    }


def test_a_type_of_event_of_ones_own_is_learnt_once_it_has_a_weight() -> None:
    weights = event_weights(Settings(event_weights="stare=1.5"))
    product = Product(Wish(weights=weights).configs("kairec"))
    for n in range(3):
        product.learn(Event(f"u{n}", "i1", "stare", NOW_MS + n))
    product.flush(NOW_MS + 9)
    assert product.ask("stranger", NOW_MS + 9) == ["i1"]
    assert not product.learner.fates


@pytest.mark.parametrize("text", ["stare", "stare=much", "=1", "stare=nan"])
def test_a_weight_that_is_none_is_refused_and_one_is_shown(text: str) -> None:
    with pytest.raises(BadSettings, match=r"event_weights: .*say it as in buy=3"):
        event_weights(Settings(event_weights=text))


def test_more_items_than_a_joint_regression_can_span_are_refused() -> None:
    assert workers(Settings(joint_items=0))
    with pytest.raises(BadSettings, match="joint_items is 3001: at most 3000"):
        workers(Settings(joint_items=3_001))


def test_a_share_beyond_all_is_refused_by_its_name() -> None:
    with pytest.raises(BadSettings, match=r"negative_share is 2\.0; it is 0 to 1"):
        workers(Settings(negative_share=2.0))


# Who takes part, and the answer -----------------------------------------------------


def test_without_a_wish_kairec_runs_alone_with_all_experts() -> None:
    assert Wish().names() == ["kairec"]
    assert Wish().configs("kairec").model.experts is None


def test_experts_are_left_out_in_turn_of_those_that_are_heard() -> None:
    wish = Wish(experts=("content", "popularity"), ablate=True)
    assert wish.names() == ["kairec", "without popularity", "without content"]
    without = wish.configs("without content").model.experts
    assert without == frozenset({"popularity"})
    heard = wish.configs("kairec").model.experts
    assert heard == frozenset({"popularity", "content"})


def test_all_experts_can_be_named() -> None:
    Wish(experts=EXPERTS).check()
    assert Wish(experts=EXPERTS).configs("kairec").model.experts is None
    assert Wish(peers=True).names() == ["kairec", *PEERS]


def test_peers_stand_beside_kairec_with_the_same_figures() -> None:
    given = stream(100)
    outcome = score(given, Seer())
    found = as_json(given, {"kairec": outcome, "seer": outcome}, {}, 1.0)
    assert found["peers"].keys() == {"seer"}
    assert found["peers"]["seer"].keys() == OUTCOME
    table = as_table(given, {"seer": outcome, "kairec": outcome})
    assert list(table.columns[0].cells) == ["kairec", "seer"]
