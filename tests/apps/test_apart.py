"""What learns in another process: the same lists, and no end without a word."""

import multiprocessing
import os
import signal
from random import Random

import pytest

from pipeline.apps.datasets import Dataset
from pipeline.apps.errors import AppError
from pipeline.apps.evaluate.apart import AHEAD, learning_apart
from pipeline.apps.evaluate.learner import Configs
from pipeline.apps.evaluate.product import Product
from pipeline.apps.evaluate.stream import Stream, stream_of
from tests.build import NOW_MS
from topics.events import Event
from topics.items import Item
from topics.users import User

USERS = [User(f"u{n}", {"plan": f"p{n % 2}"}) for n in range(20)]
ITEMS = [Item(f"i{n}", categories=[f"c{n % 4}"]) for n in range(60)]


def stream(count: int) -> Stream:
    """Users who stay in a quarter of the catalogue, one event in 50 is unheard of."""
    random = Random(3)
    events = []
    for n in range(count):
        user, kind = random.randrange(20), "click" if n % 50 else "stare"
        item = 4 * random.randrange(15) + user % 4
        events.append(Event(f"u{user}", f"i{item}", kind, NOW_MS + n * 60_000))
    data = Dataset("quarters", ITEMS, USERS, events)
    return stream_of(data, lambda kind, value: 1.0)


def test_lists_are_those_of_one_process() -> None:
    given, configs = stream(300), Configs(batch=3)
    product = Product(configs)
    product.describe(ITEMS, USERS, NOW_MS)
    with learning_apart(configs, given) as apart:
        for step in given.steps:
            asked = product.ask(step.event.user_id, step.event.event_time_ms)
            assert apart.ask(step) == asked
            product.learn(step.event)
            apart.learn(step)
        told = apart.sum()
    assert len(asked) == 20
    assert told.fates == product.learner.fates == {"extract: unknown_type": 6}
    assert told.learning_s > 0


def test_a_learner_that_is_killed_is_told_of() -> None:
    given = stream(300)
    with learning_apart(Configs(), given) as apart:
        apart.learn(given.steps[0])
        (learner,) = multiprocessing.active_children()
        assert learner.pid is not None
        os.kill(learner.pid, signal.SIGKILL)
        with pytest.raises(AppError, match="ended before the stream did"):
            for step in given.steps[1:]:
                apart.learn(step)


def test_a_learner_is_gone_when_nobody_reads_on() -> None:
    given = stream(30 * AHEAD)
    with learning_apart(Configs(), given) as apart:
        apart.learn(given.steps[0])
        assert multiprocessing.active_children()
    assert not multiprocessing.active_children()
