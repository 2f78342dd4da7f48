"""Rows of equal length, one after the other."""


def cut(raw: bytes, size: int) -> list[bytes]:
    """Pieces of so many bytes.

    >>> cut(b"abcdef", 2)
    [b'ab', b'cd', b'ef']
    """
    return [raw[first : first + size] for first in range(0, len(raw), size)]
