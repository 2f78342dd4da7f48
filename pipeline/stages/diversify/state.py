"""What a task of diversify remembers: pairs, levels, contents and the watermark."""

from collections.abc import Collection, Iterator

from pipeline.logic.deadlines import Deadlines
from pipeline.logic.ledger import Ledger
from pipeline.logic.user_cap import UserCap
from pipeline.logic.watermark import Watermark
from pipeline.stages.diversify.contents import Contents
from pipeline.stages.diversify.pairs import NOTHING, close, due_ms
from topics.diversify_changelog import Level, Memory, Pair, Waiting

LEVELS = ""
"""The group under which users' levels stand, and their item in a deadline."""


class State:
    """The memory of one task; every change can be undone until `commit`.

    For each pair and level there is a deadline no later than when time will change it.

    Args:
        lateness_ms: How far the watermark stays behind.
        cap: What one user may contribute.
        keep_ms: Event time for which a level is kept after it has drained.
        contents: The sample of items.
    """

    def __init__(
        self, lateness_ms: int, cap: UserCap, keep_ms: int, contents: Contents
    ) -> None:
        self.pairs: Ledger[Pair] = Ledger()
        self.levels: Ledger[Level] = Ledger()
        self.watermark = Watermark(lateness_ms)
        self.waiting = 0
        self._cap = cap
        self._keep_ms = keep_ms
        self._contents = contents
        self._deadlines = Deadlines()
        self._waiting_committed = 0

    def put(self, user_id: str, item_id: str, old: Pair, pair: Pair) -> None:
        """Remember a pair instead of `old`, which is the empty one if there is none."""
        self.pairs.put(user_id, item_id, pair)
        if old is NOTHING:
            self.waiting += len(pair.waiting)
            self._deadlines.add(due_ms(pair), user_id, item_id)
        else:
            self._follow(user_id, item_id, old, pair)

    def _follow(self, user_id: str, item_id: str, old: Pair, pair: Pair) -> None:
        """Keep count of what waits and an eye on what comes due."""
        self.waiting += len(pair.waiting) - len(old.waiting)
        before_ms, now_ms = due_ms(old), due_ms(pair)
        if not before_ms or now_ms < before_ms:
            self._deadlines.add(now_ms, user_id, item_id)

    def admit(self, user_id: str, cost: float, event_time_ms: int) -> bool:
        """Let a user contribute, if there is room."""
        time_ms = max(event_time_ms, self.watermark.time_ms)
        amount = cost
        old = self.levels.get(LEVELS, user_id)
        if old is not None:
            amount += self._cap.drain(old.amount, time_ms - old.event_time_ms)
            time_ms = max(time_ms, old.event_time_ms)
        if amount > self._cap.amount:
            return False
        level = Level(amount, time_ms)
        self.levels.put(LEVELS, user_id, level)
        if old is None:
            self._deadlines.add(self._level_due_ms(level), user_id, LEVELS)
        return True

    def _level_due_ms(self, level: Level) -> int:
        return level.event_time_ms + self._cap.empty_ms(level.amount) + self._keep_ms

    def forget(self, user_id: str) -> int:
        """Drop all that is remembered of a user; the number that were waiting."""
        before = self.waiting
        for item_id in self.pairs.names(user_id):
            pair = self.pairs.get(user_id, item_id)
            self.waiting -= len(pair.waiting) if pair else 0
            self.pairs.drop(user_id, item_id)
        self.levels.drop(LEVELS, user_id)
        return before - self.waiting

    @property
    def is_due(self) -> bool:
        """Whether the watermark has passed a deadline."""
        return self._deadlines.next_ms <= self.watermark.time_ms

    def close(self) -> Iterator[Waiting]:
        """Take what the watermark has passed: impressions whose window has closed."""
        while deadline := self._deadlines.take(self.watermark.time_ms):
            time_ms, user_id, item_id = deadline
            if item_id == LEVELS:
                self._drain(user_id, time_ms)
            else:
                yield from self._expire(user_id, item_id, time_ms)

    def _drain(self, user_id: str, time_ms: int) -> None:
        level = self.levels.get(LEVELS, user_id)
        if level is None:
            return
        due = self._level_due_ms(level)
        if due > time_ms:
            self._deadlines.add(due, user_id, LEVELS)
        else:
            self.levels.drop(LEVELS, user_id, by_time=True)

    def _expire(self, user_id: str, item_id: str, time_ms: int) -> Collection[Waiting]:
        pair = self.pairs.get(user_id, item_id)
        if pair is None:
            return ()
        due = due_ms(pair)
        if due > time_ms:
            self._deadlines.add(due, user_id, item_id)
            return ()
        closed, left = close(pair, time_ms)
        self.waiting -= len(closed)
        if left is None:
            self.pairs.drop(user_id, item_id, by_time=True)
        else:
            self.pairs.put(user_id, item_id, left, by_time=True)
            self._deadlines.add(due_ms(left), user_id, item_id)
        return closed

    def commit(self) -> None:
        """What was touched is durable."""
        self.pairs.commit()
        self.levels.commit()
        self._contents.commit()
        self.watermark.commit()
        self._waiting_committed = self.waiting

    def undo(self) -> None:
        """Back to the last commit."""
        for user_id, item_id in self.pairs.undo():
            pair = self.pairs.get(user_id, item_id)
            if pair is not None:
                self._deadlines.add(due_ms(pair), user_id, item_id)
        for _, user_id in self.levels.undo():
            level = self.levels.get(LEVELS, user_id)
            if level is not None:
                self._deadlines.add(self._level_due_ms(level), user_id, LEVELS)
        self._contents.undo()
        self.watermark.undo()
        self.waiting = self._waiting_committed

    def load(self, memory: Memory) -> None:
        """Take one unit of the changelog; the last one of a commit is its watermark."""
        user_id, item_id = memory.user_id, memory.item_id
        if memory.entry == "watermark":
            self.watermark.load(memory.time_ms)
            for _ in self.close():
                pass  # Its example was committed together with this watermark.
            self.commit()
            return
        if memory.entry in ("content", "basis"):
            self._contents.load(memory)
            return
        self._load_level(user_id, memory.level)
        if memory.entry == "pair":
            old = self.pairs.load(user_id, item_id, memory.pair)
            if memory.pair is not None:
                self._follow(user_id, item_id, old or NOTHING, memory.pair)
            elif old is not None:
                self.waiting -= len(old.waiting)

    def _load_level(self, user_id: str, level: Level | None) -> None:
        old = self.levels.load(LEVELS, user_id, level)
        if level is not None:
            due = self._level_due_ms(level)
            if old is None or due < self._level_due_ms(old):
                self._deadlines.add(due, user_id, LEVELS)

    def touched(self) -> Iterator[Memory]:
        """What inputs have changed since the last commit."""
        yield from self._touched()
        yield from self._contents.touched()

    def _touched(self) -> Iterator[Memory]:
        """The same, of users."""
        told = set()
        for user_id, item_id in self.pairs.touched():
            told.add(user_id)
            pair = self.pairs.get(user_id, item_id)
            level = self.levels.get(LEVELS, user_id)
            yield Memory("pair", user_id, item_id, pair, level)
        for _, user_id in self.levels.touched():
            if user_id not in told:
                yield Memory("level", user_id, level=self.levels.get(LEVELS, user_id))

    def everything(self) -> Iterator[Memory]:
        """All that is remembered, in one order, after what is no more."""
        for memory in self._touched():
            gone = memory.pair is None if memory.item_id else memory.level is None
            if gone:
                yield memory
        for user_id, item_id, pair in self.pairs.items():
            level = self.levels.get(LEVELS, user_id)
            yield Memory("pair", user_id, item_id, pair, level)
        for _, user_id, level in self.levels.items():
            yield Memory("level", user_id, level=level)
        yield from self._contents.everything()
