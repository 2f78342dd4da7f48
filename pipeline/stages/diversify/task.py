"""features -> examples + samples."""

from collections.abc import Sequence

from pipeline.logic.dedup import last_opposite, repeats
from pipeline.logic.intervals import has_passed
from pipeline.logic.join import answers, first_answer
from pipeline.logic.user_cap import UserCap
from pipeline.stage import Fate, In, Out, Result, Row
from pipeline.stages.diversify import clean, pairs
from pipeline.stages.diversify.balance import balanced
from pipeline.stages.diversify.config import DiversifyConfig
from pipeline.stages.diversify.contents import Contents
from pipeline.stages.diversify.label import labelled, sample_of
from pipeline.stages.diversify.state import State
from topics.diversify_changelog import Act, Memory, Pair, Waiting
from topics.examples import Example, Label
from topics.features import Feature


class Diversify:
    """One task: drops what cannot teach, and joins impressions with what followed.

    An interaction is an example at once. An impression waits until an interaction
    answers it or the watermark passes the end of its window, and is then an example
    too: so examples of origin `impression` count what was shown and what was acted on.
    Of those that were not acted on the dense task is given a part. The task of
    partition 0 fits the basis of item content, from the items that it sees; a sample
    takes it along.

    Args:
        partition: Of `features`.
        config: The settings.
    """

    def __init__(self, partition: int, config: DiversifyConfig) -> None:
        self.partition = partition
        self._config = config
        self._hold_ms = max(config.join_window_ms, config.repeat_window_ms)
        cap = UserCap(config.user_cap, config.user_cap_window_ms)
        contents = Contents(config.basis)
        self._state = State(config.lateness_ms, cap, self._hold_ms, contents)
        self._contents = None if partition else contents
        self._last_shown: Example | None = None
        self._now_ms = 0
        self._appended_ms = 0
        self._appending_ms: int | None = None

    def restore(self, row: Row) -> None:
        """Take a unit of the changelog."""
        memory: Memory = row.value
        if memory.entry == "appended":
            self._appended_ms = memory.time_ms
        else:
            self._state.load(memory)

    def on_batch(self, batch: Sequence[In], now_ms: int) -> Result:
        """Label and join units, each before its own time closes windows."""
        self._now_ms = now_ms
        result, state = Result(), self._state
        watermark = state.watermark
        for each in batch:
            unit: Feature = each.unit
            believed = clean.believed(unit, each.append_time_ms, self._config)
            dropped = self._take(unit, believed, result)
            if dropped:
                result.count(Fate.DROPPED, dropped)
            moved = believed and watermark.advance(unit.event_time_ms)
            if moved and state.is_due:
                self._close(result)
        return result

    def _take(self, unit: Feature, believed: bool, result: Result) -> str:
        """Do what a unit asks for; why it is dropped, if it is."""
        if unit.kind == "tick":
            result.count(Fate.USED)
            return ""
        if unit.kind == "forget":
            self._forget(unit, result)
            return ""
        if not believed:
            return clean.TOO_FAR_IN_FUTURE
        dropped = clean.unusable(unit, self._config)
        if dropped:
            return dropped
        if unit.kind == "impression":
            return self._show(unit, result)
        return self._interact(unit, result)

    def _interact(self, unit: Feature, result: Result) -> str:
        """An interaction: an example at once, and of each impression it answers."""
        state, repeat_ms = self._state, self._config.repeat_window_ms
        user_id, item_id, time_ms = unit.user_id, unit.item_id, unit.event_time_ms
        label: Label = 1 if unit.weight > 0 else 0
        act = Act(unit.type, unit.slate_id, time_ms, 1 if label else -1)
        note = clean.LATE if time_ms < state.watermark.time_ms else ""
        pair = state.pairs.get(user_id, item_id) or pairs.NOTHING
        if pair.acts:
            if repeats(act, pair.acts, repeat_ms):
                return clean.REPEATED
            opposite_ms = last_opposite(act, pair.acts, repeat_ms)
            if opposite_ms is not None:
                note = clean.CONTRADICTORY
                if opposite_ms > time_ms:
                    return clean.CONTRADICTORY
        if not state.admit(user_id, 1.0, time_ms):
            return clean.USER_CAP
        result.count(Fate.USED, note)
        example = labelled(unit, "interaction", label, abs(float(unit.weight)))
        self._emit(example, result, unit.had)
        answered = self._answered(pair, act) if pair.waiting else ()
        for impression in answered:
            shown = impression.example
            self._resolve(labelled(shown, "impression", label, shown.weight), result)
        new = pairs.remember(pair, act, answered, self._until_ms(time_ms))
        state.put(user_id, item_id, pair, new)
        return ""

    def _answered(self, pair: Pair, act: Act) -> Sequence[Waiting]:
        """The impressions that wait for this act."""
        window_ms = self._config.join_window_ms
        return [
            w
            for w in pair.waiting
            if answers(act, w.slate_id, w.example.event_time_ms, window_ms)
        ]

    def _show(self, unit: Feature, result: Result) -> str:
        """An impression: it waits, unless its answer has come before it."""
        state, window_ms = self._state, self._config.join_window_ms
        user_id, item_id, time_ms = unit.user_id, unit.item_id, unit.event_time_ms
        slate_id, weight = unit.slate_id or "", self._config.impression_weight
        if time_ms + window_ms <= state.watermark.time_ms:
            return clean.LATE
        pair = state.pairs.get(user_id, item_id) or pairs.NOTHING
        if pairs.was_shown(pair, slate_id):
            return clean.REPEATED
        answer = first_answer(pair.acts, slate_id, time_ms, window_ms)
        full = answer is None and len(pair.waiting) == pairs.WAITING
        if full or not state.admit(user_id, weight, time_ms):
            return clean.USER_CAP
        label: Label = 1 if answer is not None and answer.sign > 0 else 0
        example = labelled(unit, "impression", label, weight, self._last_shown)
        self._last_shown = example
        impression = Waiting(slate_id, time_ms + window_ms, example)
        if answer is None:
            result.count(Fate.WAITING)
            new = pairs.wait(pair, impression)
        else:
            result.count(Fate.USED)
            self._emit(example, result)
            act = pairs.shown(impression)
            new = pairs.remember(pair, act, (), self._until_ms(time_ms))
        state.put(user_id, item_id, pair, new)
        return ""

    def _forget(self, unit: Feature, result: Result) -> None:
        """Drop what is remembered of a user."""
        waiting = self._state.forget(unit.user_id)
        if waiting:
            result.count(Fate.WAITING, units=-waiting)
            result.count(Fate.DROPPED, clean.FORGOTTEN, waiting)
        result.count(Fate.USED)

    def _close(self, result: Result) -> None:
        """What the watermark has passed was shown and not acted on."""
        for impression in self._state.close():
            self._resolve(impression.example, result)

    def _resolve(self, example: Example, result: Result) -> None:
        """An impression that waited is an example now."""
        result.count(Fate.WAITING, units=-1)
        result.count(Fate.USED)
        self._emit(example, result)

    def _emit(self, example: Example, result: Result, had: str = "") -> None:
        """One example for the item's row, and for the dense task if in its share."""
        result.outputs.append(Out("examples", example.item_id, example))
        contents = self._contents
        now_ms = self._state.watermark.time_ms or example.event_time_ms
        if contents is not None:
            contents.see(example, now_ms)
        chosen = balanced(example, self._config)
        if chosen is not None:
            basis = contents.fit(now_ms) if contents is not None else None
            sample = sample_of(chosen, had, basis)
            result.outputs.append(Out("samples", "", sample, 0))

    def _until_ms(self, event_time_ms: int) -> int:
        """Until when an act is remembered; a late one as long as any other."""
        return max(event_time_ms, self._state.watermark.time_ms) + self._hold_ms

    def on_time(self, now_ms: int, idle_ms: int) -> Result:
        """Once an hour of clock time, have all that is remembered written again."""
        self._now_ms = now_ms
        interval_ms = self._config.reappend_interval_ms
        if has_passed(interval_ms, self._appended_ms, now_ms):
            self._appending_ms = now_ms
        return Result()

    def touched(self) -> Sequence[Row]:
        """What was changed, or everything; the watermark last."""
        state = self._state
        appending_ms = self._appending_ms
        if appending_ms is None:
            memories = list(state.touched())
        else:
            memories = list(state.everything())
            memories.append(Memory("appended", time_ms=appending_ms))
        if appending_ms is not None or state.watermark.touched:
            memories.append(Memory("watermark", time_ms=state.watermark.time_ms))
        return [Row("", memory) for memory in memories]

    def commit(self) -> None:
        """Drop the old values."""
        self._state.commit()
        if self._appending_ms is not None:
            self._appended_ms, self._appending_ms = self._appending_ms, None

    def undo(self) -> None:
        """Back to the last commit."""
        self._state.undo()

    def gauges(self) -> dict[str, float]:
        """What is remembered, and how far event time is behind the clock."""
        state = self._state
        behind_ms = max(0, self._now_ms - state.watermark.time_ms)
        return {
            "waiting": state.waiting,
            "remembered": len(state.pairs),
            "users": len(state.levels),
            "watermark_lag_seconds": behind_ms / 1000,
        }
