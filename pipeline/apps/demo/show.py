"""Lists in words, for those who watch."""

from collections.abc import Mapping

from pipeline.apps.demo.snapshot import ShownItem, ShownList
from pipeline.apps.slates import title_of, why
from pipeline.runtime.transport import Raw
from topics import EVENTS, RECOMMENDATIONS, codec
from topics.events import Event
from topics.items import Item
from topics.recommendations import Slate
from topics.spec import Position
from topics.users import User


class Words:
    """Knows the titles and the users of a data set.

    Args:
        items: Its catalogue.
        users: Their attributes.
        kept: Events of users who are watched, by position.
    """

    def __init__(
        self, items: list[Item], users: list[User], kept: Mapping[Position, bytes]
    ) -> None:
        self._titles = {i.item_id: i.title for i in items if i.title}
        self._about = {
            user.user_id: ", ".join(map(str, user.attributes.values()))
            for user in users
        }
        self._kept = kept

    def empty(self, user: str) -> ShownList:
        """Of a user who has no list yet."""
        return ShownList(user, self._about.get(user, ""), "no list yet", ())

    def show(self, raw: Raw) -> ShownList:
        """Of a list as it was read."""
        slate: Slate = codec.read(RECOMMENDATIONS, raw.value or b"")[0]
        items = [
            ShownItem(i.rank, title_of(i.item_id, self._titles), why(i, self._titles))
            for i in slate.items
        ]
        about = self._about.get(slate.user_id, "")
        return ShownList(slate.user_id, about, self._after(slate.source), items)

    def _after(self, source: Position) -> str:
        value = self._kept.get(source)
        if value is None:
            return ""
        event: Event = codec.read(EVENTS, value)[0]
        what = event.type if event.value is None else f"{event.type} {event.value:g}"
        return f"after {what} of {title_of(event.item_id, self._titles)}"
