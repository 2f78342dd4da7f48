"""Content, the writing side: what the catalogue says of an item."""

from collections.abc import Sequence
from dataclasses import dataclass
from sys import intern

from pipeline.logic.expert import Lesson, Part, Section


@dataclass(frozen=True, slots=True)
class ContentConfig:
    """Settings of content.

    Args:
        title_bytes: How much of a title is kept, in bytes of UTF-8.
        name_bytes: How many bytes all categories and tags may take; the last go.
    """

    title_bytes: int = 200
    name_bytes: int = 900


@dataclass(frozen=True, slots=True)
class Content:
    """What is kept of an item.

    Args:
        title: For people; empty if there is none.
        categories: In the catalogue's order.
        tags: In the catalogue's order.
    """

    title: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class ContentWriter:
    """Content of each item of a partition; it is described, not learnt.

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
        self._rows[slot] = Content(
            cut(title, self._config.title_bytes), tuple(names[0]), tuple(names[1])
        )

    def learn(self, slot: int, lesson: Lesson) -> None:
        """Describe an item that the catalogue does not have."""
        if slot >= 0 and slot not in self._rows and (lesson.categories or lesson.tags):
            self.describe(slot, "", lesson.categories, lesson.tags)

    def section(self, slot: int) -> Section:
        """The content; empty for an item of which nothing is known."""
        content = self._rows.get(slot)
        if content is None:
            return {}
        return {
            "title": content.title,
            "categories": list(content.categories),
            "tags": list(content.tags),
        }

    def load(self, slot: int, section: Section) -> None:
        """Take the content of a row back."""
        if not section:
            self._rows.pop(slot, None)
            return
        self._rows[slot] = Content(
            section["title"],
            tuple(map(intern, section["categories"])),
            tuple(map(intern, section["tags"])),
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
