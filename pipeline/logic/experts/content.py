"""Content, the writing side: what the catalogue says of an item."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log2
from sys import intern
from typing import NamedTuple

from pipeline.logic.expert import Lesson, Part, Section
from pipeline.logic.kernels.popularity_counts import add_to_log2

MONTH_MS = 30 * 86_400_000.0


@dataclass(frozen=True, slots=True)
class ContentConfig:
    """Settings of content.

    Args:
        title_bytes: How much of a title is kept, in bytes of UTF-8.
        name_bytes: How many bytes all categories and tags may take; the last go.
        half_life_ms: After how long what an item is worth has halved.
    """

    title_bytes: int = 200
    name_bytes: int = 900
    half_life_ms: float = MONTH_MS


class Content(NamedTuple):
    """What is kept of an item; it never changes in place.

    Attributes:
        title: For people; empty if there is none.
        categories: In the catalogue's order.
        tags: In the catalogue's order.
        worth: Binary logarithm of the decayed count, at time 0, of interactions in
            favour; among items of a name it tells the best.
    """

    title: str
    categories: list[str]
    tags: list[str]
    worth: float


class ContentWriter:
    """Content of each item of a partition; it is described, only its worth is learnt.

    An item that the catalogue does not have has the content that its examples carry.
    """

    name = "content"
    part: Part = "rows"

    def __init__(self, config: ContentConfig) -> None:
        self._config = config
        self._rows: dict[int, Content] = {}

    def describe(
        self, slot: int, title: str, categories: Sequence[str], tags: Sequence[str]
    ) -> None:
        """Take what the catalogue says, in place of all that was said before."""
        kept = self._config.name_bytes
        names: list[list[str]] = []
        for texts in (categories, tags):
            taken: list[str] = []
            for text in dict.fromkeys(texts):
                kept -= len(text.encode()) + 3
                if kept < 0:
                    break
                taken.append(intern(text))
            names.append(taken)
        old = self._rows.get(slot)
        self._rows[slot] = Content(
            cut(title, self._config.title_bytes),
            names[0],
            names[1],
            -inf if old is None else old.worth,
        )

    def learn(self, slots: Sequence[int], lessons: Sequence[Lesson]) -> None:
        """Describe items that the catalogue does not have; count who liked them."""
        rows, half_life_ms = self._rows, self._config.half_life_ms
        for slot, lesson in zip(slots, lessons, strict=True):
            content = rows.get(slot)
            if content is None:
                if not (lesson.categories or lesson.tags):
                    continue
                self.describe(slot, "", lesson.categories, lesson.tags)
                content = rows[slot]
            if lesson.label and not lesson.shown:
                title, categories, tags, worth = content
                term = log2(lesson.weight) + lesson.event_time_ms / half_life_ms
                worth = add_to_log2(worth, term)
                rows[slot] = Content(title, categories, tags, worth)

    def section(self, slot: int) -> Section:
        """The content; empty for an item of which nothing is known."""
        content = self._rows.get(slot)
        if content is None:
            return {}
        return {
            "title": content.title,
            "categories": content.categories,
            "tags": content.tags,
            **({"worth": content.worth} if content.worth > -inf else {}),
        }

    def load(self, slot: int, section: Section) -> None:
        """Take the content of a row back."""
        if not section:
            self._rows.pop(slot, None)
            return
        self._rows[slot] = Content(
            section["title"],
            list(map(intern, section["categories"])),
            list(map(intern, section["tags"])),
            section.get("worth", -inf),
        )

    def copy(self, slot: int) -> Content | None:
        """The content, which never changes in place; None if there is none."""
        return self._rows.get(slot)

    def put(self, slot: int, copied: Content | None) -> None:
        """Take a copy's content; None empties the slot."""
        if copied is None:
            self._rows.pop(slot, None)
        else:
            self._rows[slot] = copied


def cut(text: str, most_bytes: int) -> str:
    """The beginning of a text that takes at most so many bytes of UTF-8.

    >>> cut("Amélie", 3)
    'Am'
    """
    return text.encode()[:most_bytes].decode(errors="ignore")
