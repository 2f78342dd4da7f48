"""`items`: the catalogue; a null value says that the item is gone."""

from dataclasses import dataclass, field
from math import isfinite

from topics.dead_letters import InvalidRecord, Reason
from topics.spec import Key, TopicSpec, check_id, check_time
from topics.users import Attribute, check_attributes

NAMES = 64


@dataclass(frozen=True, slots=True)
class Item:
    """What the application knows of an item, all of it: a new record replaces the last.

    Args:
        item_id: Which; the key of the record.
        title: For people.
        categories: At most 64 texts.
        tags: At most 64 texts.
        attributes: As for users.
        text: A description; its first words count as tags, as textual attributes do.
        vector: An embedding of the application's own, finite numbers; not learnt from
            yet.
        domain: Of several catalogues, which.
        available: Whether it may be recommended now.
        event_time_ms: When this became so, milliseconds UTC.
    """

    item_id: str
    title: str | None = None
    categories: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    text: str | None = None
    vector: list[float] = field(default_factory=list)
    domain: str | None = None
    available: bool = True
    event_time_ms: int | None = None

    def check(self) -> None:
        """Refuse what types alone do not.

        Raises:
            InvalidRecord: with the reason.
        """
        check_id("item_id", self.item_id)
        if self.event_time_ms is not None:
            check_time(self.event_time_ms)
        check_attributes(self.attributes)
        _check_names("categories", self.categories)
        _check_names("tags", self.tags)
        if len(self.vector) > 4096:
            raise InvalidRecord(
                Reason.OUT_OF_RANGE, f"`vector` has {len(self.vector)} numbers"
            )
        if not all(map(isfinite, self.vector)):
            raise InvalidRecord(Reason.NOT_FINITE, "`vector` has a number that is not")


def _check_names(name: str, texts: list[str]) -> None:
    if len(texts) > NAMES or any(not 0 < len(text) <= 256 for text in texts):
        raise InvalidRecord(
            Reason.OUT_OF_RANGE, f"`{name}`: {NAMES} texts of 1 to 256 characters"
        )


ITEMS = TopicSpec(
    "items",
    Item,
    Key.ITEM,
    None,
    "the application",
    "extract (all), update (its partition)",
    public=True,
)
