"""A share of units, chosen by what they are: the same ones after any retry."""

from hashlib import blake2b


def in_share(name: str, share: float) -> bool:
    """Whether the unit of this name belongs to a share (0 to 1) of all units.

    >>> [in_share(f"events-0-{offset}", 0.5) for offset in range(4)]
    [False, True, False, False]
    """
    if share >= 1:
        return True
    return drawn(name) < share * 2**64


def drawn(name: str) -> int:
    """A number below 2**64 that a name always draws, whoever asks.

    >>> drawn("i1") == drawn("i1") != drawn("i2")
    True
    """
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")
