"""Short lists of hashes as bytes: little memory, fast to copy, compared whole.

An entry is a hash of a fixed width, 4 or 8 bytes; the newest stands last.
"""


def position(entries: bytes, entry: bytes) -> int:
    """Byte at which an entry stands, or -1.

    >>> position(b"aaaabbbb", b"bbbb"), position(b"aaaabbbb", b"aabb")
    (4, -1)
    """
    width = len(entry)
    at = entries.find(entry)
    while at > 0 and at % width:  # found across the border of two entries
        at = entries.find(entry, at + 1)
    return at


def append(entries: bytes, entry: bytes, limit: int) -> bytes:
    """Put an entry at the end; at most `limit` of the newest are kept.

    >>> append(b"aaaabbbb", b"cccc", limit=2)
    b'bbbbcccc'
    """
    return (entries + entry)[-limit * len(entry) :]


def renew(entries: bytes, entry: bytes, limit: int, later: int = 0) -> bytes:
    """Put an entry where it is the newest but for `later` others, and nowhere else.

    Args:
        entries: Distinct entries.
        entry: Which; it is not among the `later` newest.
        limit: How many are kept.
        later: How many of the newest stay behind it.

    >>> renew(b"aaaabbbbcccc", b"aaaa", limit=3)
    b'bbbbccccaaaa'
    >>> renew(b"aaaabbbbcccc", b"dddd", limit=3, later=1)
    b'bbbbddddcccc'
    """
    width = len(entry)
    at = position(entries, entry)
    if at >= 0:
        entries = entries[:at] + entries[at + width :]
    cut = max(0, len(entries) - later * width)
    return (entries[:cut] + entry + entries[cut:])[-limit * width :]
