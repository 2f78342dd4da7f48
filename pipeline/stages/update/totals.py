"""The row `totals/<partition>`: counts of the whole partition, and its event time."""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.logic.expert import Lesson
from pipeline.logic.experts.counts import Totals
from pipeline.logic.experts.popularity import TOTALS as TOTALS_SLOT
from pipeline.logic.experts.popularity import PopularityWriter
from pipeline.stage import Row
from topics.codec import read_section, write_section
from topics.model import TOTALS, ModelRow


class TotalsRow:
    """What one partition has learnt in all, and how far event time has come there.

    Args:
        partition: Its number.
        popularity: Keeps the counts.
    """

    def __init__(self, partition: int, popularity: PopularityWriter) -> None:
        self.watermark_ms = 0
        self._key = f"{TOTALS}/{partition}"
        self._popularity = popularity
        self._carried: Mapping[str, bytes] = {}
        self._committed = popularity.totals.copied(), 0

    @property
    def counts(self) -> Totals:
        """The counts."""
        return self._popularity.totals

    def restore(self, row: Row) -> None:
        """Take the row of the changelog; another partition's is skipped."""
        if row.key != self._key or row.value is None:
            return
        value: ModelRow = row.value
        name = self._popularity.name
        self._popularity.load(TOTALS_SLOT, read_section(value.sections[name]))
        self.watermark_ms = value.event_time_ms
        self._carried = {k: v for k, v in value.sections.items() if k != name}
        self.commit()

    def advance(self, event_time_ms: int) -> bool:
        """Note the time of an example; says whether event time has moved."""
        if event_time_ms <= self.watermark_ms:
            return False
        self.watermark_ms = event_time_ms
        return True

    def learn(self, lessons: Sequence[Lesson]) -> None:
        """Count examples."""
        self.counts.learn(lessons)

    def touched(self) -> Iterator[ModelRow]:
        """The row, if it has changed since the last commit."""
        if (self.counts, self.watermark_ms) != self._committed:
            section = write_section(self._popularity.section(TOTALS_SLOT))
            sections = {self._popularity.name: section, **self._carried}
            yield ModelRow(self._key, self.watermark_ms, sections)

    def commit(self) -> None:
        """What has changed is durable."""
        self._committed = self.counts.copied(), self.watermark_ms

    def undo(self) -> None:
        """Back to the last commit."""
        counts, self.watermark_ms = self._committed
        self._popularity.put(TOTALS_SLOT, counts)
