"""The bytes by which a portrait remembers items and event ids."""

from functools import lru_cache
from hashlib import blake2b

from topics.partitioning import murmur2


@lru_cache(maxsize=1 << 17)
def item_hash(item_id: str) -> bytes:
    """4 bytes of an item id, as `had` of a portrait holds them.

    >>> int.from_bytes(item_hash("21"), "little") == murmur2(b"21")
    True
    """
    return murmur2(item_id.encode()).to_bytes(4, "little")


def event_hash(event_id: str | None) -> bytes:
    """8 bytes of an event id; none where there is no id.

    >>> len(event_hash("e1")), event_hash(None)
    (8, b'')
    """
    if event_id is None:
        return b""
    return blake2b(event_id.encode(), digest_size=8).digest()
