"""Which partition a key belongs to: Kafka's default, murmur2 of the key's bytes."""

from functools import lru_cache

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995


def murmur2(data: bytes) -> int:
    """Hash as Kafka's default partitioner does (Austin Appleby's MurmurHash2, 32 bit).

    >>> murmur2(b"21") & 0x7FFFFFFF, murmur2(b"foobar") & 0x7FFFFFFF
    (1173551340, 1357151166)
    """
    length = len(data)
    h = (0x9747B28C ^ length) & _MASK
    whole = length & ~3
    for i in range(0, whole, 4):
        k = (int.from_bytes(data[i : i + 4], "little") * _M) & _MASK
        k ^= k >> 24
        h = ((h * _M) & _MASK) ^ ((k * _M) & _MASK)
    rest = data[whole:]
    if rest:
        h ^= int.from_bytes(rest, "little")
        h = (h * _M) & _MASK
    h ^= h >> 13
    h = (h * _M) & _MASK
    return h ^ (h >> 15)


@lru_cache(maxsize=1 << 18)
def partition_of(key: str, partitions: int) -> int:
    """Partition of a key among `partitions`, as every Kafka client computes it.

    >>> partition_of("21", 1000)
    340
    """
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions
