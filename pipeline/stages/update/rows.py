"""examples + items -> model: what is learnt item by item, one task a partition."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.logic.expert import Lesson, RowWriter
from pipeline.logic.experts.audience import AudienceConfig, AudienceWriter
from pipeline.logic.experts.content import ContentConfig, ContentWriter
from pipeline.logic.experts.covisitation import CovisitationConfig, CovisitationWriter
from pipeline.logic.experts.popularity import PopularityConfig, PopularityWriter
from pipeline.stage import Fate, In, Result, Row
from pipeline.stages.update.entries import Entry, Kind
from pipeline.stages.update.retention import Retention, RetentionConfig
from pipeline.stages.update.row_table import RowTable
from pipeline.stages.update.totals import TotalsRow
from topics.dead_letters import InvalidRecord, Reason
from topics.examples import EXAMPLES, Example
from topics.items import ITEMS, Item
from topics.model import ITEM, ROW_KINDS
from topics.spec import check_id

LIGHTEST = 1e-3
"""What one example counts at least."""


@dataclass(frozen=True, slots=True)
class RowsConfig:
    """Settings of update's row tasks.

    Args:
        admission: An id that the catalogue does not have gets a row with so many
            interactions; before that it is a counter.
        heaviest: What one example counts at most.
        retention: How much is kept, and for how long.
        popularity: Of the expert.
        covisitation: Of the expert.
        content: Of the expert.
        audience: Of the expert.
    """

    admission: int = 2
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
        self._retention = Retention(config.retention, self._table.entries)

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
            self._retention.note(item)

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
            self._retention.note(item)

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
            self._expire()
        item = example.item_id
        entry = self._table.entries.get(item)
        if entry is not None and entry.kind is Kind.DELETED:
            return None
        lesson = lesson_of(example, self._config.heaviest)
        if entry is None or entry.kind is Kind.COUNTER:
            entry = self._admit(item, entry, lesson)
            if entry is None:
                return lesson
        self._table.touch(item)
        entry.touched_ms = max(entry.touched_ms, lesson.event_time_ms)
        self._table.learn(item, lesson)
        return lesson

    def _admit(self, item: str, entry: Entry | None, lesson: Lesson) -> Entry | None:
        """Count an interaction with an id that has no row; gives the row it has now."""
        if lesson.shown:
            return None
        seen = 1 if entry is None else entry.seen + 1
        admitted = seen >= self._config.admission
        kind = Kind.ROW if admitted else Kind.COUNTER
        entry = self._put(item, Entry(kind, seen=seen))
        return entry if admitted else None

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
            self._put(unit.key, Entry(Kind.DELETED, deleted_at_ms=at_ms))
            return
        entry = self._table.touch(unit.key)
        if entry is None or entry.kind is not Kind.ROW:
            entry = self._put(unit.key, Entry(Kind.ROW, known=True))
        entry.known, entry.available = True, item.available
        self._table.settle()
        self._content.describe(
            self._table.slot(unit.key), item.title or "", item.categories, item.tags
        )

    def _put(self, item: str, entry: Entry) -> Entry:
        """Make an id something new; of too many, the oldest goes first."""
        self._table.remove(item)
        most = self._config.retention.most(entry.kind)
        while self._table.sizes[entry.kind] >= most:
            first = self._retention.first(entry.kind)
            if first is None:
                break
            self._table.remove(first)
        entry.touched_ms = self._totals.watermark_ms
        self._table.insert(item, entry)
        self._retention.note(item)
        return entry

    def _expire(self) -> None:
        """Let go of what was not touched for too long."""
        while (item := self._retention.overdue(self._totals.watermark_ms)) is not None:
            self._table.remove(item)


def lesson_of(example: Example, heaviest: float) -> Lesson:
    """An example as experts learn it, its weight bounded."""
    return Lesson(
        example.item_id,
        example.label,
        min(max(example.weight, LIGHTEST), heaviest),
        example.origin == "impression",
        example.event_time_ms,
        example.recent_items,
        example.recent_times_ms,
        example.attributes,
        example.categories,
        example.tags,
        example.history,
        example.repeat,
    )


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
