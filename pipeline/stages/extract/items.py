"""Of every item what extract needs: its categories, and its tags with other names."""

from sys import intern
from typing import NamedTuple

from pipeline.stage import Row
from pipeline.stages.contents import names_of
from topics.items import Item


class Content(NamedTuple):
    """Categories and tags of an item, each once."""

    categories: tuple[str, ...]
    tags: tuple[str, ...]


NOTHING = Content((), ())


class Items:
    """The replica of `items`; an item without category and tag takes no room.

    >>> items = Items()
    >>> items.apply(Row("i1", Item("i1", categories=["film"], tags=["new", "new"])))
    >>> items.content_of("i1"), len(items)
    (Content(categories=('film',), tags=('new',)), 1)
    >>> items.apply(Row("i1", None))
    >>> items.content_of("i1"), len(items)
    (Content(categories=(), tags=()), 0)
    """

    __slots__ = ("_contents",)

    def __init__(self) -> None:
        self._contents: dict[str, Content] = {}

    def __len__(self) -> int:
        return len(self._contents)

    def apply(self, row: Row) -> None:
        """Take the new value of an item."""
        item: Item | None = row.value
        content = (
            NOTHING
            if item is None
            else Content(_distinct(item.categories), _distinct(names_of(item)))
        )
        if content == NOTHING:
            self._contents.pop(row.key, None)
        else:
            self._contents[intern(row.key)] = content

    def content_of(self, item_id: str) -> Content:
        """Categories and tags of an item; none of one that is not known."""
        return self._contents.get(item_id, NOTHING)


def _distinct(names: list[str]) -> tuple[str, ...]:
    return tuple(map(intern, dict.fromkeys(names)))
