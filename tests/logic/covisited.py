"""A small world for the tests of co-visitation."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from pipeline.logic.expert import Lesson, Moment
from pipeline.logic.experts.covisitation import CovisitationConfig, CovisitationWriter
from pipeline.logic.experts.covisitation_reader import CovisitationReader
from pipeline.logic.slots import SlotTable

NOW_MS = 1_700_000_000_000
DAY_MS = 86_400_000
CONFIG = CovisitationConfig()
NAMES = CovisitationReader.feature_names


def lesson(
    item: str,
    recent: Sequence[str],
    *,
    at_ms: int = NOW_MS,
    label: int = 1,
    shown: bool = False,
    apart_ms: int = DAY_MS,
) -> Lesson:
    """An item that a user had after others, each so long before the next."""
    times = [at_ms - apart_ms * gap for gap in range(len(recent), 0, -1)]
    return Lesson(item, label, 1.0, shown, at_ms, list(recent), times)


class Model:
    """A writer, the reader of what it wrote, and ids on either side."""

    def __init__(self, config: CovisitationConfig = CONFIG) -> None:
        self.table = SlotTable()
        self.writer = CovisitationWriter(config)
        self.reader = CovisitationReader(self.table, config)

    def learn(self, *lessons: Lesson) -> "Model":
        for each in lessons:
            slot = self.table.add(each.item)
            self.writer.learn([slot], [each])
            self.reader.assign(slot, self.writer.section(slot))
        return self

    def sequence(self, *items: str, times: int = 1, apart_ms: int = DAY_MS) -> "Model":
        for _ in range(times):
            for place, item in enumerate(items):
                self.learn(lesson(item, items[:place], apart_ms=apart_ms))
        return self

    def counts(self, item: str, channel: str) -> dict[str, float]:
        section = self.writer.section(self.table.get(item))
        values = np.frombuffer(section.get(channel, b""), np.float32).tolist()
        return dict(zip(section.get("ids", ()), values, strict=True))

    def moment(
        self,
        *recent: str,
        now_ms: int = NOW_MS,
        ago_ms: Sequence[int] = (),
    ) -> Moment:
        slots = np.array([self.table.get(item) for item in recent], np.int64)
        days = range(len(recent), 0, -1)
        ago = np.array(ago_ms or [DAY_MS * each for each in days], np.int64)
        return Moment(
            now_ms=now_ms,
            recent=slots,
            recent_times_ms=now_ms - ago,
            attributes=[],
            history=len(slots),
        )

    def candidates(self, *recent: str) -> set[str | None]:
        """Ids of candidates; none of the recent items may be listed."""
        moment = self.moment(*recent)
        listable = np.ones(self.table.size + 9, np.bool_)
        listable[moment.recent] = False
        slots = self.reader.candidates(moment, listable).tolist()
        return {self.table.id_of(slot) for slot in slots}

    def features(self, moment: Moment, *items: str) -> dict[str, list[float]]:
        slots = np.array([self.table.get(item) for item in items], np.int64)
        out = np.full((len(NAMES), len(items)), np.nan, np.float32)
        self.reader.features(moment, slots, out)
        return dict(zip(NAMES, out.tolist(), strict=True))


lessons = st.lists(
    st.builds(
        lesson,
        st.sampled_from("abcdef"),
        st.lists(st.sampled_from("abcdef"), max_size=4),
        at_ms=st.integers(1, 2 * NOW_MS),
        apart_ms=st.sampled_from([1_000, 60_000, DAY_MS]),
    ),
    max_size=30,
)
