"""`events + feedback + users (+ items) -> features + profiles`."""

from collections.abc import Sequence

from pipeline.logic.fit import fit
from pipeline.logic.portrait import Limits, Portrait
from pipeline.logic.texts import text_bytes
from pipeline.stage import Fate, In, Out, Result, Row
from pipeline.stages.extract.checks import check_time, size_of, weight_of
from pipeline.stages.extract.config import ExtractConfig
from pipeline.stages.extract.features import NOBODY, feature_of, forget_feature
from pipeline.stages.extract.hashes import event_hash, item_hash
from pipeline.stages.extract.items import NOTHING, Content, Items
from pipeline.stages.extract.portraits import Portraits
from pipeline.stages.extract.progress import Progress
from pipeline.stages.extract.records import describe
from topics.dead_letters import InvalidRecord
from topics.events import Event
from topics.features import FEATURES, Feature
from topics.feedback import Feedback
from topics.profiles import Cause
from topics.users import USERS, User


class Extract:
    """The task of one partition: its users' portraits, and a feature of each event.

    A portrait record holds all that is remembered of a user, so a task restored from
    `profiles` goes on as if nothing had happened.

    Args:
        partition: Which.
        items: Categories and tags of all items, shared by the tasks of a worker.
        config: Parameters.
    """

    def __init__(self, partition: int, items: Items, config: ExtractConfig) -> None:
        self.portraits = Portraits()
        self._partition = partition
        self._items = items
        self._config = config
        self._progress = Progress(config.tick_idle_ms)
        self._limits = Limits(
            half_life_ms=config.half_life_ms,
            recents=config.recent_items,
            had=config.had_items,
            event_ids=config.event_ids,
            names=config.names,
            bytes=config.portrait_bytes,
        )

    def restore(self, row: Row) -> None:
        """Take a portrait; event time stands where the newest one does."""
        self.portraits.restore(row)
        record = row.value
        if record is None:
            return
        if record.event_time_ms:
            self._progress.see(record.event_time_ms, record.source)
        if record.forgotten_at_ms:
            self._progress.append(record.forgotten_at_ms)
        self._progress.commit()

    def on_batch(self, batch: Sequence[In], now_ms: int) -> Result:
        """Events and feedback become features; users change portraits only."""
        result = Result()
        for unit in batch:
            self._pass(unit.append_time_ms)
            try:
                if unit.topic != USERS.name:
                    self._on_event(unit, result)
                elif unit.unit is None:
                    self._forget(unit, result)
                else:
                    self._describe(unit, result)
            except InvalidRecord as error:
                result.die(unit, error)
        return result

    def on_time(self, now_ms: int, idle_ms: int) -> Result:
        """Write a tick when the inputs have been idle for long enough, and again."""
        result = Result()
        progress = self._progress
        time_ms = progress.tick(idle_ms)
        if idle_ms >= self._config.tick_idle_ms:
            until_ms = progress.append_time_ms + idle_ms - self._config.lateness_ms
            self.portraits.drop_forgotten(until_ms)
        if time_ms is not None and progress.source is not None:
            tick = Feature("tick", progress.source, time_ms)
            result.outputs.append(Out(FEATURES.name, "", tick, self._partition))
        return result

    def touched(self) -> Sequence[Row]:
        """Portraits changed since the last commit, each once."""
        return self.portraits.rows()

    def commit(self) -> None:
        """What was touched is durable."""
        self.portraits.commit()
        self._progress.commit()

    def undo(self) -> None:
        """Go back to the last commit."""
        self.portraits.undo()
        self._progress.undo()

    def gauges(self) -> dict[str, float]:
        """Users and items known."""
        return {"rows": len(self.portraits), "shared_items": len(self._items)}

    def _pass(self, append_time_ms: int) -> None:
        """Move on to a record's append time: lateness passes by it.

        By the record's own, not the newest: so what is dropped follows from portraits
        and records alone, and a restored task drops the same.
        """
        self._progress.append(append_time_ms)
        self.portraits.drop_forgotten(append_time_ms - self._config.lateness_ms)

    def _on_event(self, unit: In, result: Result) -> None:
        """Make a feature of an event, then change its user's portrait.

        Raises:
            InvalidRecord: `unknown_type` or `time_in_future`.
        """
        event: Event | Feedback = unit.unit
        config = self._config
        weight = weight_of(event, config)
        check_time(event.event_time_ms, unit.append_time_ms, config.skew_ms)
        portrait = self.portraits.get(event.user_id) or NOBODY
        if self._is_from_before(portrait, unit):
            result.count(Fate.DROPPED, "forgotten")
            return
        event_id = event_hash(event.event_id)
        duplicate = portrait.has_seen(event_id)
        content = self._items.content_of(event.item_id)
        feature = feature_of(
            unit, weight, content, portrait, duplicate, config.feature_items
        )
        result.outputs.append(Out(FEATURES.name, event.user_id, feature))
        result.count(Fate.USED)
        if not duplicate:
            self._learn(unit, feature, event_id, content)

    def _is_from_before(self, portrait: Portrait, unit: In) -> bool:
        """Whether an event is older than the moment at which its user was forgotten."""
        at_ms = portrait.forgotten_at_ms
        if at_ms is None or unit.append_time_ms >= at_ms + self._config.lateness_ms:
            return False
        return bool(unit.unit.event_time_ms <= at_ms)

    def _touch(self, unit: In, user_id: str, cause: Cause) -> Portrait:
        portrait = self.portraits.touch(user_id, unit.source, cause)
        at_ms = portrait.forgotten_at_ms
        if at_ms and unit.append_time_ms >= at_ms + self._config.lateness_ms:
            portrait.forgotten_at_ms = None
        return portrait

    def _learn(
        self, unit: In, feature: Feature, event_id: bytes, content: Content
    ) -> None:
        """Change the portrait of an event's user."""
        limits = self._limits
        weight, time_ms = feature.weight, feature.event_time_ms
        cause: Cause = "dismissal" if weight < 0 else "interaction"
        if feature.kind == "impression":
            cause = "impression"
        portrait = self._touch(unit, feature.user_id, cause)
        portrait.see(feature.type, time_ms, event_id, limits)
        if feature.kind == "impression":
            portrait.move(time_ms, 0.0, (), (), limits)
        else:
            recents = portrait.recents
            portrait.interact(feature.item_id, feature.type, time_ms, weight, limits)
            later = recents.items[len(recents) - recents.later_than(time_ms) :]
            hashes = set(map(item_hash, later))
            portrait.have(item_hash(feature.item_id), feature.repeat, hashes, limits)
            names = content if weight else NOTHING
            portrait.move(time_ms, weight, names.categories, names.tags, limits)
        fit(portrait, limits.bytes - text_bytes(feature.user_id))
        self._progress.see(time_ms, unit.source)

    def _describe(self, unit: In, result: Result) -> None:
        """Replace a user's attributes; the same again changes nothing.

        Raises:
            InvalidRecord: `time_in_future` or `too_large`.
        """
        user: User = unit.unit
        config = self._config
        check_time(user.event_time_ms or 0, unit.append_time_ms, config.skew_ms)
        size = size_of(user.attributes, config.attribute_bytes)
        result.count(Fate.USED)
        known = self.portraits.get(user.user_id)
        if known is None or known.attributes != user.attributes:
            portrait = self._touch(unit, user.user_id, "attributes")
            describe(portrait, user.attributes, size)
            fit(portrait, self._limits.bytes - text_bytes(user.user_id))

    def _forget(self, unit: In, result: Result) -> None:
        """Leave nothing of a user but when it was forgotten, and say so downstream."""
        left = self.portraits.forget(unit.key, unit.source, unit.append_time_ms)
        feature = forget_feature(unit, left.event_time_ms)
        result.outputs.append(Out(FEATURES.name, unit.key, feature))
        result.count(Fate.USED)
