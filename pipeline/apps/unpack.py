"""Files as they are packed: `.gz`, `.zst`, or not at all."""

import gzip
import io
from collections.abc import Iterator
from typing import IO

import zstandard

PIECE_BYTES = 256
"""So much is unpacked at a time: four bytes can stand for 128 KiB."""
LINE_BYTES = 4 << 20
"""The longest line: no record of the contract comes near it."""


def lines_of(file: IO[bytes], name: str) -> Iterator[bytes]:
    """Lines of an open file, unpacked as its name says.

    Raises:
        EOFError: the file ends too early.
        OSError: it cannot be read, or is not packed as its name says.
        zlib.error: it is damaged.
        zstandard.ZstdError: it is damaged.
        LineTooLong: a line is longer than `LINE_BYTES`.
    """
    if name.endswith(".gz"):
        with gzip.open(file) as unpacked:
            yield from _bounded(unpacked)
    elif name.endswith(".zst"):
        yield from _split(_unzst(file))
    else:
        yield from _bounded(file)


class LineTooLong(OSError):
    """There is no end of a line where one must be."""

    def __init__(self) -> None:
        super().__init__(f"a line is longer than {LINE_BYTES >> 20} MiB")


def _bounded(file: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    while line := file.readline(LINE_BYTES + 1):
        if len(line) > LINE_BYTES:
            raise LineTooLong
        yield line


def _unzst(file: IO[bytes]) -> Iterator[bytes]:
    """Unpack frame after frame; the library's own reader passes over a missing end."""
    frame = None
    while chunk := file.read(PIECE_BYTES):
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
        if len(begun) > LINE_BYTES:
            raise LineTooLong
    if begun:
        yield begun
