"""Files as they are packed: `.gz`, `.zst`, or not at all."""

import gzip
import io
from collections.abc import Iterator
from typing import IO

import zstandard

CHUNK_BYTES = 1 << 18


def lines_of(file: IO[bytes], name: str) -> Iterator[bytes]:
    """Lines of an open file, unpacked as its name says.

    Raises:
        EOFError: the file ends too early.
        OSError: it cannot be read, or is not packed as its name says.
        zlib.error: it is damaged.
        zstandard.ZstdError: it is damaged.
    """
    if name.endswith(".gz"):
        with gzip.open(file) as unpacked:
            yield from unpacked
    elif name.endswith(".zst"):
        yield from _split(_unzst(file))
    else:
        yield from file


def _unzst(file: IO[bytes]) -> Iterator[bytes]:
    """Unpack frame after frame; the library's own reader passes over a missing end."""
    frame = None
    while chunk := file.read(CHUNK_BYTES):
        while chunk:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            yield frame.decompress(chunk)
            chunk = frame.unused_data if frame.eof else b""  # what is left of it
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("its end is missing")


def _split(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Cut chunks into lines."""
    begun = b""
    for chunk in chunks:
        *whole, begun = io.BytesIO(begun + chunk).readlines() or [b""]
        yield from whole
        if begun.endswith(b"\n"):
            yield begun
            begun = b""
    if begun:
        yield begun
