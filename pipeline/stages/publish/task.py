"""profiles + model -> recommendations."""

from collections.abc import Sequence

from pipeline.logic.intervals import has_passed
from pipeline.logic.live import Live
from pipeline.stage import Fate, In, Out, Result, Row
from pipeline.stages.model_replica import Model, hash_of
from pipeline.stages.publish.config import PublishConfig
from pipeline.stages.publish.lister import Lister
from topics.partitioning import partition_of
from topics.profiles import CAUSES, Portrait
from topics.recommendations import DEFAULT_USER, RECOMMENDATIONS

WEAKEST = CAUSES[-1]
"""An impression: alone it causes no list."""


class Publish:
    """The task of one partition: a list for each user who did more than look.

    Of a user's portraits in one poll the newest is acted on, if any of them has a
    cause other than an impression. So law 1 of stages does not hold here, by design:
    how portraits fall into polls decides how many lists a user gets, though not what
    the last one is, given the model.

    There is no state to restore: a list is a function of portrait and model.

    Args:
        partition: Its number.
        model: The replica that all tasks of the worker share.
        config: Settings.
    """

    def __init__(self, partition: int, model: Model, config: PublishConfig) -> None:
        self._partition = partition
        self._model = model
        self._config = config
        self._live = Live(config.live_users, hash_of)
        owner = partition_of(DEFAULT_USER, config.partitions)
        self._owns_default = owner == partition
        self._default_ms = self._committed_ms = 0
        self._lists = self._committed_lists = 0

    def restore(self, row: Row) -> None:
        """Take nothing: publish has no changelog."""

    def on_batch(self, batch: Sequence[In], now_ms: int) -> Result:
        """Make the lists of one poll."""
        result = Result()
        newest: dict[str, In] = {}
        called: set[str] = set()
        for unit in batch:
            if newest.pop(unit.key, None) is not None:
                result.count(Fate.COALESCED)
            newest[unit.key] = unit
            if unit.unit is None or unit.unit.cause != WEAKEST:
                called.add(unit.key)
        if len(called) < len(newest):
            result.count(Fate.NO_LIST, WEAKEST, len(newest) - len(called))
        if not called:
            return result
        lister = Lister(self._model, self._config, now_ms)
        for user_id, unit in newest.items():
            if user_id in called:
                result.outputs.append(self._answer(lister, user_id, unit.unit))
                result.count(Fate.USED)
        return result

    def _answer(self, lister: Lister, user_id: str, portrait: Portrait | None) -> Out:
        """The list of a user; of a forgotten one, a tombstone."""
        if portrait is None or is_blank(portrait):
            self._live.forget(user_id)
            return Out(RECOMMENDATIONS.name, user_id, None)
        self._live.score(
            user_id, portrait.history, portrait.recent_items, portrait.recent_weights
        )
        slate, sent = lister.for_user(portrait)
        self._live.send(user_id, sent)
        self._lists += 1
        return Out(RECOMMENDATIONS.name, user_id, slate)

    def on_time(self, now_ms: int, idle_ms: int) -> Result:
        """Publish the list for new users, if it is due and this task's to publish."""
        result = Result()
        interval_ms = self._config.default_interval_ms
        due = self._owns_default and has_passed(interval_ms, self._default_ms, now_ms)
        if due and self._model.catalogue.items:
            self._default_ms = now_ms
            slate = Lister(self._model, self._config, now_ms).for_nobody(
                self._partition
            )
            result.outputs.append(Out(RECOMMENDATIONS.name, DEFAULT_USER, slate))
        return result

    def touched(self) -> Sequence[Row]:
        """Nothing: publish has no changelog."""
        return ()

    def commit(self) -> None:
        """What was sent is durable."""
        self._live.commit()
        self._committed_ms = self._default_ms
        self._committed_lists = self._lists

    def undo(self) -> None:
        """What was made since the last commit was not sent."""
        self._live.undo()
        self._default_ms = self._committed_ms
        self._lists = self._committed_lists

    def gauges(self) -> dict[str, float]:
        """Lists made, and live quality beside plain popularity's."""
        return {"lists": self._committed_lists, **self._live.gauges()}


def is_blank(portrait: Portrait) -> bool:
    """Whether nothing is known but that the user was forgotten."""
    return (
        portrait.forgotten_at_ms is not None
        and not portrait.first_seen_ms
        and not portrait.attributes
    )
