"""Hashes packed into bytes behave like a list of them."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic import packed

# Few bytes, so that entries are often found across the border of two others.
ENTRIES = st.lists(st.integers(0, 1), min_size=4, max_size=4).map(bytes)


@given(st.lists(ENTRIES, unique=True), ENTRIES)
def test_an_entry_is_found_where_it_stands_and_nowhere_else(
    entries: list[bytes], entry: bytes
) -> None:
    at = packed.position(b"".join(entries), entry)
    assert at == (entries.index(entry) * 4 if entry in entries else -1)


@given(st.lists(ENTRIES, unique=True), ENTRIES, st.integers(1, 9), st.integers(0, 5))
def test_a_renewed_entry_stands_once_before_the_later_ones(
    entries: list[bytes], entry: bytes, limit: int, later: int
) -> None:
    others = [other for other in entries if other != entry]
    cut = max(0, len(others) - later)
    expected = [*others[:cut], entry, *others[cut:]][-limit:]
    renewed = packed.renew(b"".join(entries), entry, limit, later)
    assert renewed == b"".join(expected)
