"""Titles of items, read from the topic `items`."""

from pipeline.runtime.kafka.tail import Reader
from topics import ITEMS, codec
from topics.dead_letters import InvalidRecord


def read_titles(reader: Reader) -> dict[str, str]:
    """Title of each item that has one, as the topic stands now."""
    titles: dict[str, str] = {}
    for record in reader.read(reader.bounds(ITEMS.name)):
        key = (record.key or b"").decode(errors="replace")
        titles.pop(key, None)
        if record.value is None:
            continue
        try:
            item = codec.read(ITEMS, record.value)[0]
        except InvalidRecord:
            continue  # Extract makes it a dead letter; here it has no title.
        if item.title:
            titles[item.item_id] = item.title
    return titles
