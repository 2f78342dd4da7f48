"""What learns in a process of its own, as on Kafka: two cores are used.

Here, what it learnt is read in the order of the events, and a list is made only when
all that came before it has been read: lists are those of one process.
"""

import multiprocessing
import pickle
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from queue import Queue
from typing import NamedTuple

from pipeline.apps.errors import AppError
from pipeline.apps.evaluate.learner import Changes, Configs, Learner
from pipeline.apps.evaluate.product import Lists
from pipeline.apps.evaluate.stream import Step, Stream
from pipeline.runtime.process import tune_collector
from pipeline.stages.model_replica import Model
from topics.events import Event
from topics.items import Item
from topics.users import User

AHEAD = 64
"""So many events at most are learnt before what came of the first is read."""


class Sum(NamedTuple):
    """What a learner tells at its end.

    Args:
        learning_s: Seconds that it learnt for.
        fates: Units that stages left out, by stage and reason.
    """

    learning_s: float
    fates: Counter[str]


class Apart:
    """Makes lists of what another process learns.

    Args:
        configs: Settings.
        changes: What comes from there: of the catalogue, then of each event.
    """

    def __init__(self, configs: Configs, changes: Iterator[bytes]) -> None:
        self._model = Model(configs.model)
        self._lists = Lists(configs, self._model)
        self._changes = changes
        self._take()

    def ask(self, step: Step) -> Sequence[str]:
        """The list that publish makes."""
        return self._lists.ask(step.event.user_id, step.event.event_time_ms)

    def wanted(self, step: Step) -> str:
        """The id."""
        return step.event.item_id

    def learn(self, step: Step) -> None:
        """Read what came of the next event, which the other process knows."""
        self._take()

    def sum(self) -> Sum:
        """What the learner told, once the stream is at its end."""
        told: Sum = pickle.loads(next(self._changes))
        return told

    def _take(self) -> None:
        changes: Changes = pickle.loads(next(self._changes))
        self._lists.keep(changes.portraits)
        for row in changes.model:
            self._model.apply(row)


@contextmanager
def learning_apart(configs: Configs, stream: Stream) -> Iterator[Apart]:
    """Have a process learn a stream, ahead of the lists that are made of it.

    Args:
        configs: Settings.
        stream: What is fed.

    Raises:
        AppError: The process ended before the stream did.
    """
    context = multiprocessing.get_context("spawn")
    out, into = context.Pipe(duplex=False)
    fed = stream.items, stream.users, stream.events
    process = context.Process(target=_learn, args=(into, configs, *fed), daemon=True)
    process.start()
    into.close()
    try:
        yield Apart(configs, _received(out))
    finally:
        process.terminate()
        process.join()


def _received(out: Connection) -> Iterator[bytes]:
    """Messages as they come; a thread reads ahead of whoever takes them."""
    waiting: Queue[bytes | None] = Queue(AHEAD)

    def read() -> None:
        try:
            while True:
                waiting.put(out.recv_bytes())
        except (EOFError, OSError):
            waiting.put(None)

    threading.Thread(target=read, daemon=True).start()
    while (message := waiting.get()) is not None:
        yield message
    raise AppError(
        "what learns ended before the stream did: its process was killed (out of "
        "memory?), or its error stands above"
    )


def _learn(
    into: Connection,
    configs: Configs,
    items: list[Item],
    users: list[User],
    events: list[Event],
) -> None:
    """The other process: ends when all is learnt, or when nobody reads on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the reader says that it is the end
    tune_collector()
    learner = Learner(configs, Model(configs.model))
    learning_s = 0.0
    try:
        _send(into, learner.describe(items, users, events[0].event_time_ms))
        for event in events:
            began = time.perf_counter()
            changes = learner.learn(event)
            learning_s += time.perf_counter() - began
            _send(into, changes)
        _send(into, Sum(learning_s, learner.fates))
    except BrokenPipeError:
        return


def _send(into: Connection, message: Changes | Sum) -> None:
    into.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
