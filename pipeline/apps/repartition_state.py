"""State that is kept by partition, for another number of partitions.

A new partition has keys of several old ones, each with an event time of its own. Where
time closes windows, the earliest holds: nothing is over before its time. In totals it
orders models, and the newest holds: it does not go back.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import gcd

from pipeline.apps.dead_log import read_all
from pipeline.apps.repartition_copy import Advance, Held
from pipeline.runtime.intake import rows
from pipeline.runtime.transport import Raw, Send, Transport
from pipeline.stage import Stage
from topics import DIVERSIFY_CHANGELOG, EVENTS, FEEDBACK, MODEL, codec
from topics.diversify_changelog import Memory, Pair
from topics.model import TOTALS, ModelRow
from topics.origin import HEADER_BROUGHT
from topics.partitioning import partition_of
from topics.spec import Position

COUNTED = "popularity"
"""The section of totals that holds counts; they add up."""
FAR_MS = 1 << 62
"""A time at which all that is remembered is due to be written again."""


def event_times(
    times_ms: Mapping[int, int], old: int, new: int
) -> dict[int, tuple[int, int]]:
    """Earliest and newest event time of those that each new partition has keys from.

    Args:
        times_ms: Of the old partitions; 0 where none is known.
        old: Number of old partitions.
        new: Number of new ones.

    >>> event_times({0: 50, 1: 70}, 2, 4)
    {0: (50, 50), 1: (70, 70), 2: (50, 50), 3: (70, 70)}
    >>> event_times({0: 50, 1: 70}, 2, 1)
    {0: (50, 70)}
    """
    step = gcd(old, new)
    found: dict[int, tuple[int, int]] = {}
    for partition in range(new):
        known = [t for p, t in times_ms.items() if t and p % step == partition % step]
        found[partition] = min(known, default=0), max(known, default=0)
    return found


def merged_totals(raws: Iterable[Raw], old: int, new: int) -> list[ModelRow]:
    """Totals of the new partitions: their counts add up to those of the old ones."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    others: dict[int, Mapping[str, bytes]] = {}
    times_ms: dict[int, int] = {}
    for raw in raws:
        row = codec.read_row((raw.key or b"").decode(), raw.value or b"")
        partition = int(row.id)
        times_ms[partition] = row.event_time_ms
        counts[partition % new].update(codec.read_section(row.sections[COUNTED]))
        others.setdefault(partition % new, row.sections)
    if not times_ms:
        return []
    nothing = dict.fromkeys(next(iter(counts.values())), 0)
    return [
        ModelRow(
            f"{TOTALS}/{partition}",
            time_ms,
            {
                **others.get(partition, {}),
                COUNTED: codec.write_section({**nothing, **counts[partition]}),
            },
        )
        for partition, (_, time_ms) in event_times(times_ms, old, new).items()
    ]


def totals_records(totals: Iterable[ModelRow], base: str) -> Iterator[Send]:
    """The rows as records of the new deployment."""
    header = codec.version_header(MODEL)
    for row in totals:
        brought = HEADER_BROUGHT, f"{base}.{MODEL.name}".encode()
        value = codec.write_row(row)
        yield Send(MODEL.name, int(row.id), row.key.encode(), value, (header, brought))


def accepted(totals: Iterable[ModelRow]) -> int:
    """Interactions that the model has learnt, as totals say."""
    sections = (codec.read_section(row.sections[COUNTED]) for row in totals)
    return sum(int(section["accepted"]) for section in sections)


@dataclass(slots=True)
class Remembered:
    """What the tasks of diversify remember.

    Args:
        memories: By partition, pairs of user and item, levels of users, items.
        times_ms: Watermark by partition.
    """

    memories: dict[int, list[Memory]] = field(default_factory=dict)
    times_ms: dict[int, int] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """How many impressions wait."""
        pairs = (m.pair for all_ in self.memories.values() for m in all_)
        return sum(len(pair.waiting) for pair in pairs if pair)

    def held(self) -> Held:
        """Figures of it, watermarks left out."""
        held = Held()
        for memories in self.memories.values():
            for each in memories:
                key = f"{each.entry}/{each.user_id}/{each.item_id}"
                held.add(key.encode(), codec.write(each))
        return held


def remembered(
    transport: Transport, make: Callable[[int], Stage], advance: Advance
) -> Remembered:
    """Restore each task, and have it tell all that it remembers."""
    found = Remembered()
    for partition in range(transport.partitions(DIVERSIFY_CHANGELOG.name)):
        task = make(partition)
        for raw in read_all(transport, DIVERSIFY_CHANGELOG.name, [partition]):
            advance(1)
            for row in rows(DIVERSIFY_CHANGELOG, raw):
                task.restore(row)
        task.on_time(FAR_MS, 0)
        told: Sequence[Memory] = [row.value for row in task.touched()]
        kept = [m for m in told if m.entry not in ("appended", "watermark")]
        found.memories[partition] = kept
        found.times_ms[partition] = told[-1].time_ms
    return found


def moved(found: Remembered, base: str, new: int) -> Remembered:
    """The same, each user's with the partition that it has among `new` ones.

    An impression that waits names the record that it came from: another log's record,
    so by that log's full name.
    """
    made = Remembered({p: [] for p in range(new)})
    times_ms = event_times(found.times_ms, len(found.memories), new)
    made.times_ms = {p: earliest for p, (earliest, _) in times_ms.items()}
    for memories in found.memories.values():
        for each in memories:
            pair = each.pair and _named(each.pair, base)
            # What is of no user is the first task's.
            home = partition_of(each.user_id, new) if each.user_id else 0
            made.memories[home].append(replace(each, pair=pair))
    return made


def _named(pair: Pair, base: str) -> Pair:
    waiting = tuple(
        replace(w, example=replace(w.example, source=_full(w.example.source, base)))
        for w in pair.waiting
    )
    return replace(pair, waiting=waiting)


def _full(source: Position, base: str) -> Position:
    if source.topic not in (EVENTS.name, FEEDBACK.name):
        return source  # It was brought along before.
    return replace(source, topic=f"{base}.{source.topic}")


def memory_records(made: Remembered, base: str) -> Iterator[Send]:
    """The memories as records of the new deployment; the watermark is the last unit."""
    name = DIVERSIFY_CHANGELOG.name
    headers = (
        codec.version_header(DIVERSIFY_CHANGELOG),
        (HEADER_BROUGHT, f"{base}.{name}".encode()),
    )
    for partition, memories in made.memories.items():
        last = Memory("watermark", time_ms=made.times_ms[partition])
        for value, _ in codec.write_packs([*memories, last]):
            yield Send(name, partition, None, value, headers)
