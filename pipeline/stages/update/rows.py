"""examples + items -> model: what is learnt item by item, one task a partition."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.logic.expert import Lesson, RowWriter
from pipeline.logic.experts.audience import AudienceConfig, AudienceWriter
from pipeline.logic.experts.content import ContentConfig, ContentWriter
from pipeline.logic.experts.covisitation import CovisitationConfig, CovisitationWriter
from pipeline.logic.experts.popularity import PopularityConfig, PopularityWriter
from pipeline.stage import Fate, In, Result, Row
from pipeline.stages.contents import names_of
from pipeline.stages.update.admission import Admission
from pipeline.stages.update.entries import Entry, Kind
from pipeline.stages.update.lessons import lesson_of
from pipeline.stages.update.retention import RetentionConfig
from pipeline.stages.update.row_table import RowTable
from pipeline.stages.update.totals import TotalsRow
from topics.dead_letters import InvalidRecord, Reason
from topics.examples import EXAMPLES, Example
from topics.items import ITEMS, Item
from topics.model import ITEM, ROW_KINDS
from topics.spec import check_id


@dataclass(frozen=True, slots=True)
class RowsConfig:
    """Settings of update's row tasks.

    Args:
        admission: An id that the catalogue does not have gets a row with so many
            interactions, where there is no room; before that it is a counter.
        room: With fewer rows than this in a partition it gets one with its first:
            what is not in a row is not learnt.
        heaviest: What one example counts at most.
        retention: How much is kept, and for how long.
        popularity: Of the expert.
        covisitation: Of the expert.
        content: Of the expert.
        audience: Of the expert.
    """

    admission: int = 2
    room: int = 50_000
    heaviest: float = 100.0
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    popularity: PopularityConfig = field(default_factory=PopularityConfig)
    covisitation: CovisitationConfig = field(default_factory=CovisitationConfig)
    content: ContentConfig = field(default_factory=ContentConfig)
    audience: AudienceConfig = field(default_factory=AudienceConfig)


class UpdateRows:
    """The task of one partition of `examples` and `items`.

    Event time is the newest example's; the catalogue's own times say nothing about it.
    An example of an item that the catalogue dropped is dropped too, until lateness is
    past: it does not count as learnt.

    Args:
        partition: Its number.
        config: Settings.
    """

    def __init__(self, partition: int, config: RowsConfig) -> None:
        self._partition = partition
        self._config = config
        self._content = ContentWriter(config.content)
        popularity = PopularityWriter(config.popularity)
        writers: tuple[RowWriter, ...] = (
            popularity,
            CovisitationWriter(config.covisitation),
            self._content,
            AudienceWriter(config.audience),
        )
        self._table = RowTable(writers)
        self._totals = TotalsRow(partition, popularity)
        self._admission = Admission(
            config.admission, config.room, config.retention, self._table
        )

    def restore(self, row: Row) -> None:
        """Take a row of the partition's changelog; other tasks' kinds are skipped."""
        kind, _, item = row.key.partition("/")
        if kind not in ROW_KINDS:
            return
        if kind != ITEM:
            self._totals.restore(row)
        elif row.value is None:
            self._table.erase(item)
        else:
            self._table.restore(row.value)
            self._admission.note(item)

    def on_batch(self, batch: Sequence[In], now_ms: int) -> Result:
        """Learn examples and take what the catalogue says, in order."""
        result = Result()
        learnt: list[Lesson] = []
        dropped = 0
        for unit in batch:
            if unit.topic == EXAMPLES.name:
                lesson = self._learn(unit.unit)
                if lesson is None:
                    dropped += 1
                else:
                    learnt.append(lesson)
            elif unit.topic == ITEMS.name:
                self._describe(unit, result)
            else:
                raise ValueError(f"update's row tasks do not read {unit.topic}")
        self._table.settle()
        self._totals.learn(learnt)
        result.count(Fate.USED, units=len(learnt))
        result.count(Fate.DROPPED, "deleted_item", dropped)
        return result

    def on_time(self, now_ms: int, idle_ms: int) -> Result:
        """Nothing: event time moves by records only."""
        return Result()

    def touched(self) -> Sequence[Row]:
        """Rows that changed since the last commit, the totals among them."""
        rows = [Row(*row, self._partition) for row in self._table.touched()]
        return rows + [
            Row(total.key, total, self._partition) for total in self._totals.touched()
        ]

    def commit(self) -> None:
        """What was touched is durable."""
        self._table.commit()
        self._totals.commit()

    def undo(self) -> None:
        """Back to the last commit."""
        self._totals.undo()
        for item in self._table.undo():
            self._admission.note(item)

    def gauges(self) -> dict[str, float]:
        """How much is kept, and how much was learnt in all time."""
        sizes = self._table.sizes
        return {
            "rows": sizes[Kind.ROW],
            "counters": sizes[Kind.COUNTER],
            "deleted": sizes[Kind.DELETED],
            "accepted": self._totals.counts.accepted,
            "impressions": self._totals.counts.impressions,
        }

    def _learn(self, example: Example) -> Lesson | None:
        """Have one example learnt; None if the catalogue has dropped its item."""
        if self._totals.advance(example.event_time_ms):
            self._admission.expire(self._totals.watermark_ms)
        item = example.item_id
        entry = self._table.entries.get(item)
        if entry is not None and entry.kind is Kind.DELETED:
            return None
        lesson = lesson_of(example, self._config.heaviest)
        if entry is None or entry.kind is Kind.COUNTER:
            if lesson.shown:
                return lesson
            entry = self._admission.count(item, entry, self._totals.watermark_ms)
            if entry is None:
                return lesson
        self._table.touch(item)
        entry.touched_ms = max(entry.touched_ms, lesson.event_time_ms)
        self._table.learn(item, lesson)
        return lesson

    def _describe(self, unit: In, result: Result) -> None:
        """Take what the catalogue says of an item, or that it is gone."""
        item: Item | None = unit.unit
        try:
            _check_key(unit.key, item)
        except InvalidRecord as error:
            result.die(unit, error)
            return
        result.count(Fate.USED)
        if item is None:
            # Before any example there is no event time; this is the nearest to it.
            at_ms = self._totals.watermark_ms or unit.append_time_ms
            gone = Entry(Kind.DELETED, deleted_at_ms=at_ms)
            self._admission.put(unit.key, gone, self._totals.watermark_ms)
            return
        entry = self._table.touch(unit.key)
        if entry is None or entry.kind is not Kind.ROW:
            new = Entry(Kind.ROW, known=True)
            entry = self._admission.put(unit.key, new, self._totals.watermark_ms)
        entry.known, entry.available = True, item.available
        self._table.settle()
        slot, names = self._table.slot(unit.key), names_of(item)
        self._content.describe(slot, item.title or "", item.categories, names)


def _check_key(key: str, item: Item | None) -> None:
    """Refuse a key that is no item's, or another one's.

    Raises:
        InvalidRecord: with the reason.
    """
    check_id("item_id", key)
    if item is not None and item.item_id != key:
        raise InvalidRecord(
            Reason.KEY_MISMATCH, f"key {key[:80]!r}, item_id {item.item_id[:80]!r}"
        )
