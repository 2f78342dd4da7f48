"""The joint regression's notes, counts and weights as sections of rows, and back."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pipeline.logic.arrays import Matrix
from pipeline.logic.expert import Section
from pipeline.logic.experts.joint_core import NOTHING, Core, Taken
from pipeline.logic.joint import from_triangle, triangle

BLOCK_BYTES = 384 * 1024
"""What one record holds of a matrix."""
BLOCK_IDS = 1_000
"""Of so many items one record holds ids and counts."""
NOTES, COUNTS, TOGETHER, WEIGHTS = "notes", "counts", "together", "weights"
Named = tuple[str, Section]
"""How the key of a row ends, and what the row holds."""


def notes_row(notes: Sequence[Taken], **numbers: int) -> Named:
    """What was taken since it was counted last, and numbers beside it."""
    had = [each.had for each in notes]
    lengths = np.array([len(each) for each in had], np.uint32)
    section = {
        "items": [each.item for each in notes],
        "lengths": lengths.tobytes(),
        "had": np.concatenate(had).tobytes() if had else b"",
        **numbers,
    }
    return NOTES, section


def read_notes(section: Section) -> list[Taken]:
    """What `notes_row` was given."""
    lengths = np.frombuffer(section["lengths"], np.uint32)
    had = np.split(np.frombuffer(section["had"], np.uint16), np.cumsum(lengths))
    return [Taken(*each) for each in zip(section["items"], had[:-1], strict=True)]


def core_rows(core: Core) -> Iterator[Named]:
    """The counts, in blocks."""
    ids, counts = list(core.counts), np.array(list(core.counts.values()))
    for block, first in enumerate(range(0, len(ids), BLOCK_IDS)):
        span = slice(first, first + BLOCK_IDS)
        section = {
            "ids": ids[span],
            "counts": counts[span].tobytes(),
            "items": len(core.ids),
            "watched": len(ids),
            "at_ms": core.at_ms,
        }
        yield f"{COUNTS}/{block}", section
    for block, part in enumerate(triangle(core.together, BLOCK_BYTES // 4)):
        yield f"{TOGETHER}/{block}", {"together": part.tobytes()}


def read_core(read: Mapping[str, Section], most: int) -> Core:
    """What `core_rows` was given.

    Args:
        read: Rows by how their keys end.
        most: Items that have a place; where there were more, the first ones stay.
    """
    blocks = _blocks(read, COUNTS)
    if not blocks:
        return NOTHING
    watched = int(blocks[0]["watched"])
    ids = [item for block in blocks for item in block["ids"]][:watched]
    counts = np.frombuffer(b"".join(block["counts"] for block in blocks), np.float64)
    flat = b"".join(block["together"] for block in _blocks(read, TOGETHER))
    n = min(int(blocks[0]["items"]), most)
    return Core(
        tuple(ids[:n]),
        dict(zip(ids, counts.tolist(), strict=False)),
        from_triangle(np.frombuffer(flat, np.float32), n),
        int(blocks[0]["at_ms"]),
    )


def _blocks(read: Mapping[str, Section], kind: str) -> list[Section]:
    """Blocks of a kind, in order."""
    found: list[Section] = []
    while (key := f"{kind}/{len(found)}") in read:
        found.append(read[key])
    return found


def weight_rows(ids: Sequence[str], weights: Matrix, fit: int) -> Iterator[Named]:
    """Weights in blocks of rows; who reads them waits for all blocks of one fit."""
    n, halves = len(ids), weights.astype(np.float16)
    rows = max(1, BLOCK_BYTES // (2 * n))
    for block, first in enumerate(range(0, n, rows)):
        span = slice(first, first + rows)
        section = {
            "fit": fit,
            "first": first,
            "size": n,
            "ids": list(ids[span]),
            "weights": halves[span].tobytes(),
        }
        yield f"{WEIGHTS}/{block}", section
