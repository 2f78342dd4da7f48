"""A small world: users who act, and what learns from them, with no Kafka around."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from pipeline.logic.catalogue import Catalogue
from pipeline.logic.drift import Adwin, Boost
from pipeline.logic.expert import Lesson, Moment, Reader
from pipeline.logic.experts.covisitation import CovisitationConfig, CovisitationWriter
from pipeline.logic.experts.covisitation_reader import CovisitationReader
from pipeline.logic.experts.popularity import PopularityConfig, PopularityWriter
from pipeline.logic.experts.popularity_reader import PopularityReader
from pipeline.logic.ranker import Ranker
from pipeline.logic.ranker_settings import RankerSettings
from pipeline.logic.ranking import (
    Proposed,
    context_names,
    feature_names,
    propose,
    rank,
)
from pipeline.logic.slots import SlotTable
from tests.build import NOW_MS, hash_of

STEP_MS = 3_600_000
"""Event time between one event and the next, of whichever user."""
LONGEST = 12
"""Whoever has had so many items makes room for a new user of the same number."""
History = list[tuple[str, int]]
Choose = Callable[[np.random.Generator, int, Sequence[str]], str]
"""What a user does next, by number of the user and items so far."""


class World:
    """Users who act at random; experts and a ranker that are tested, then learn.

    Args:
        users: How many there are at a time.
        seed: Of all chance.
        peak: Of the rate of the ranker after an alarm; 1 changes nothing.
    """

    def __init__(self, users: int = 40, seed: int = 0, peak: float = 1.0) -> None:
        self.histories: dict[int, History] = defaultdict(list)
        self.alarms: list[int] = []
        self.drift = Adwin()
        self._boost = Boost(peak)
        self._users, self._rng = users, np.random.default_rng(seed)
        self._popularity = PopularityWriter(PopularityConfig())
        self._covisitation = CovisitationWriter(CovisitationConfig())
        table = SlotTable()
        readers: list[Reader] = [
            PopularityReader(PopularityConfig()),
            CovisitationReader(table, CovisitationConfig()),
        ]
        self._catalogue = Catalogue(table, readers, hash_of)
        names = feature_names(self._catalogue), context_names(self._catalogue)
        self._ranker = Ranker(*names, RankerSettings())
        self._now_ms = NOW_MS

    def live(self, events: int, choose: Choose) -> list[int]:
        """Let things happen; each item's rank before it was learnt, from 0, or -1."""
        ranks = []
        for n in range(events):
            user = int(self._rng.integers(self._users))
            history = self.histories[user]
            item = choose(self._rng, user, [item for item, _ in history])
            ranks.append(self._practise(history, item))
            self.learn(history, item)
            history.append((item, self._now_ms))
            if len(history) >= LONGEST:
                del self.histories[user]
            self._now_ms += STEP_MS
            if self.drift.update(float(ranks[-1] == 0)):
                self.alarms.append(n)
                self._boost.start()
        return ranks

    def learn(self, history: History, item: str) -> None:
        """Have the experts learn an event; the readers know it at once."""
        items, times = [i for i, _ in history], [t for _, t in history]
        slot = self._catalogue.table.add(item)
        lesson = Lesson(item, 1, 1.0, False, self._now_ms, items, times)
        sections = {}
        for writer in (self._popularity, self._covisitation):
            writer.learn([slot], [lesson])
            sections[writer.name] = writer.section(slot)
        self._catalogue.assign(item, {"item": {"available": True}, **sections})

    def walk(self, *items: str) -> None:
        """Have the experts learn of one user who has these items one after another."""
        for place, item in enumerate(items):
            first_ms = self._now_ms - place * STEP_MS
            times_ms = range(first_ms, self._now_ms, STEP_MS)
            self.learn(list(zip(items[:place], times_ms, strict=True)), item)

    def top(self, history: History) -> list[str]:
        """The first ten of a user's list."""
        proposed = self._propose(history)
        slots = rank(self._catalogue, proposed, self._ranker, 10).slots
        return [self._catalogue.id_of(slot) for slot in slots.tolist()]

    def came_before(self, item: str) -> dict[str, float]:
        """What the `next` channel of an item's row counts, by the item before it."""
        section = self._covisitation.section(self._catalogue.table.get(item))
        counts = np.frombuffer(section["next"], np.float32).tolist()
        return dict(zip(section["ids"], counts, strict=True))

    def _propose(self, history: History) -> Proposed:
        moment = Moment(
            now_ms=self._now_ms,
            recent=np.array(
                [self._catalogue.table.get(i) for i, _ in history], np.int64
            ),
            recent_times_ms=np.array([t for _, t in history], np.int64),
            attributes=[],
            history=len(history),
        )
        had = np.sort(np.array([hash_of(i) for i, _ in history], np.uint32))
        return propose(self._catalogue, moment, had, self._ranker, 10)

    def _practise(self, history: History, item: str) -> int:
        proposed, factor = self._propose(history), self._boost.step()
        place = np.flatnonzero(proposed.slots == self._catalogue.table.get(item))
        if not len(place):
            return -1
        scores = self._ranker.learn(proposed.asked, int(place[0]), factor)
        return int((scores > scores[place[0]]).sum())
