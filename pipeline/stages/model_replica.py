"""model -> what all tasks of a worker read: every item, by expert.

Shared by publish's tasks and by update's dense task.
"""

from dataclasses import dataclass, field

from pipeline.logic.catalogue import ITEM_SECTION, Catalogue
from pipeline.logic.expert import Reader
from pipeline.logic.experts.audience import AudienceConfig
from pipeline.logic.experts.audience_reader import AudienceReader
from pipeline.logic.experts.content_reader import ContentReader
from pipeline.logic.experts.covisitation import CovisitationConfig
from pipeline.logic.experts.covisitation_reader import CovisitationReader
from pipeline.logic.experts.embedding_reader import EmbeddingReader
from pipeline.logic.experts.embedding_tables import EmbeddingSettings
from pipeline.logic.experts.popularity import PopularityConfig
from pipeline.logic.experts.popularity_reader import PopularityReader
from pipeline.logic.slots import SlotTable
from pipeline.stage import Row
from topics.codec import read_section
from topics.model import BASIS, DENSE, ITEM, TOTALS, VECTORS, ModelRow
from topics.partitioning import murmur2

SHARED = frozenset({TOTALS, VECTORS, DENSE, BASIS})


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Settings of the readers: those of the writers.

    Args:
        popularity: Of the expert.
        covisitation: Of the expert.
        audience: Of the expert.
        embedding: Of the expert.
    """

    popularity: PopularityConfig = field(default_factory=PopularityConfig)
    covisitation: CovisitationConfig = field(default_factory=CovisitationConfig)
    audience: AudienceConfig = field(default_factory=AudienceConfig)
    embedding: EmbeddingSettings = field(default_factory=EmbeddingSettings)


class Model:
    """The replica of `model`, every partition of it.

    Sections of experts that this release does not have are ignored.

    Args:
        config: Settings.
    """

    def __init__(self, config: ModelConfig | None = None) -> None:
        config = config or ModelConfig()
        table = SlotTable()
        self.content = ContentReader()
        readers: list[Reader] = [
            PopularityReader(config.popularity),
            CovisitationReader(table, config.covisitation),
            self.content,
            AudienceReader(config.audience),
            EmbeddingReader(table, config.embedding),
        ]
        self.catalogue = Catalogue(table, readers, hash_of)
        self.version = 0
        self._read = {ITEM_SECTION, *self.catalogue.readers}

    def apply(self, row: Row) -> None:
        """Take the new value of a key, in log order of its partition.

        `version`, the event time of the newest row, orders models: a number of rows
        would mean something else on each publisher.
        """
        kind, _, item = row.key.partition("/")
        if row.value is None:
            if kind == ITEM:
                self.catalogue.drop(item)
            return
        value: ModelRow = row.value
        self.version = max(self.version, value.event_time_ms)
        sections = {
            name: read_section(written)
            for name, written in value.sections.items()
            if name in self._read
        }
        if kind == ITEM:
            self.catalogue.assign(item, sections)
        elif kind in SHARED:
            self.catalogue.assign_shared(row.key, sections)


def hash_of(item: str) -> int:
    """The 4-byte hash by which a portrait names the items a user had."""
    return murmur2(item.encode())
