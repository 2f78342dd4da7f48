"""The portrait of a user: how each event changes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import unpack

from pipeline.logic import packed
from pipeline.logic.amounts import Amounts, remaining
from pipeline.logic.recents import Recents

Attributes = dict[str, str | float | list[str]]

NONE = Amounts({})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a user is remembered.

    Args:
        half_life_ms: Event time in which an interest halves.
        recents: Last interactions.
        had: Distinct items that the user acted on.
        event_ids: Last event ids.
        names: Categories, and as many tags.
        bytes: Of all of it, written as JSON.
    """

    half_life_ms: int
    recents: int
    had: int
    event_ids: int
    names: int
    bytes: int


@dataclass(slots=True)
class Portrait:
    """All that is known of a user.

    Only `recents` is changed in place; whatever else changes is replaced, so that a
    copy costs little.

    Args:
        source: Topic, partition and offset of the newest change.
        event_time_ms: Of the newest event; interests are decayed to it.
        first_seen_ms: Event time of the earliest event; 0 before any.
        attributes: As the application gave them.
        texts: The same, each as `name=value`.
        attributes_size: Of the attributes, bytes of JSON.
        recents: The last interactions.
        categories: Interest by category.
        tags: Interest by tag.
        counts: Events by type.
        history: Interactions in all.
        had: 4-byte hashes of items that the user acted on, the newest last.
        event_ids: 8-byte hashes of the last event ids, the newest last.
        forgotten_at_ms: When the user was forgotten.
    """

    source: tuple[str, int, int]
    event_time_ms: int = 0
    first_seen_ms: int = 0
    attributes: Attributes = field(default_factory=dict)
    texts: Sequence[str] = ()
    attributes_size: int = 2
    recents: Recents = field(default_factory=Recents)
    categories: Amounts = NONE
    tags: Amounts = NONE
    counts: dict[str, int] = field(default_factory=dict)
    history: int = 0
    had: bytes = b""
    event_ids: bytes = b""
    forgotten_at_ms: int | None = None

    @property
    def blank(self) -> bool:
        """Whether nothing is known but that the user was forgotten."""
        return (
            self.forgotten_at_ms is not None
            and not self.first_seen_ms
            and not self.attributes
        )

    def copy(self) -> "Portrait":
        """One that changes apart from this one."""
        return Portrait(
            self.source,
            self.event_time_ms,
            self.first_seen_ms,
            self.attributes,
            self.texts,
            self.attributes_size,
            self.recents.copy(),
            self.categories,
            self.tags,
            self.counts,
            self.history,
            self.had,
            self.event_ids,
            self.forgotten_at_ms,
        )

    def has_had(self, item_hash: bytes) -> bool:
        """Whether the user acted on an item before."""
        return packed.position(self.had, item_hash) >= 0

    def has_seen(self, event_id: bytes) -> bool:
        """Whether an event id (or none) is among the last ones."""
        return bool(event_id) and packed.position(self.event_ids, event_id) >= 0

    def see(self, act: str, time_ms: int, event_id: bytes, limits: Limits) -> None:
        """Take note of any event: its type, its id (or none) and its time."""
        self.counts = {**self.counts, act: self.counts.get(act, 0) + 1}
        if event_id:
            self.event_ids = packed.append(self.event_ids, event_id, limits.event_ids)
        if not self.first_seen_ms or time_ms < self.first_seen_ms:
            self.first_seen_ms = time_ms

    def interact(
        self, item: str, act: str, time_ms: int, weight: float, limits: Limits
    ) -> None:
        """Take note of an interaction: the last ones, and how many."""
        self.history += 1
        self.recents.insert(item, act, time_ms, weight, limits.recents)

    def have(
        self, item_hash: bytes, repeat: bool, later: set[bytes], limits: Limits
    ) -> None:
        """Take note that the user acted on an item.

        Args:
            item_hash: Of the item.
            repeat: Whether the user had it already.
            later: Hashes of items that were acted on at a later event time.
            limits: How many are kept.
        """
        if not repeat and not later:
            self.had = packed.append(self.had, item_hash, limits.had)
        elif item_hash not in later:
            self.had = packed.renew(self.had, item_hash, limits.had, len(later))

    def move(
        self,
        time_ms: int,
        weight: float,
        categories: Sequence[str],
        tags: Sequence[str],
        limits: Limits,
    ) -> None:
        """Bring interests to an event's time, and add what it speaks for.

        Event time never goes back: of an event older than the newest, what is left by
        then is added. So the order of events changes nothing but the last digits.
        """
        share = 1.0
        if time_ms >= self.event_time_ms:
            share = remaining(self.event_time_ms, time_ms, limits.half_life_ms)
            self.event_time_ms = time_ms
        else:
            weight *= remaining(time_ms, self.event_time_ms, limits.half_life_ms)
        self.categories = self.categories.after(share, categories, weight, limits.names)
        self.tags = self.tags.after(share, tags, weight, limits.names)

    def event_id_numbers(self) -> list[int]:
        """The last event ids as numbers."""
        return list(unpack(f"<{len(self.event_ids) // 8}Q", self.event_ids))
