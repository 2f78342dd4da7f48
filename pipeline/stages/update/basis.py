"""The row of `model` that holds what item content is reduced to."""

from base64 import b64decode
from typing import NamedTuple

from topics.codec import Section, read_section, write_section
from topics.model import BASIS, ModelRow
from topics.samples import Sample


class Held(NamedTuple):
    """A version, and its row."""

    version: int
    row: ModelRow | None


class BasisRow:
    """The basis that the newest sample took along, until another one comes."""

    name = "content"
    """Of its section: the expert that reads it."""

    def __init__(self) -> None:
        self._now = self._committed = Held(0, None)

    def take(self, sample: Sample) -> None:
        """Take what a sample has with it, if anything."""
        basis = sample.basis
        if basis is not None:
            section: Section = {
                "version": basis.version,
                "mean": b64decode(basis.mean),
                "components": b64decode(basis.components),
            }
            written = {self.name: write_section(section)}
            row = ModelRow(BASIS, sample.event_time_ms, written)
            self._now = Held(basis.version, row)

    def restore(self, row: ModelRow) -> None:
        """Take the row of the changelog."""
        version = read_section(row.sections[self.name])["version"]
        self._now = self._committed = Held(int(version), row)

    @property
    def version(self) -> int:
        """Of the basis; 0 if there is none."""
        return self._now.version

    @property
    def changed(self) -> ModelRow | None:
        """The row, if it is another than at the last commit."""
        return None if self._now is self._committed else self._now.row

    def commit(self) -> None:
        """What was taken is durable."""
        self._committed = self._now

    def undo(self) -> None:
        """Back to the last commit."""
        self._now = self._committed
