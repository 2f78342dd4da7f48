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
from pipeline.logic.experts.joint_reader import JointReader
from pipeline.logic.experts.popularity import PopularityConfig
from pipeline.logic.experts.popularity_reader import PopularityReader
from pipeline.logic.ranker import Ranker
from pipeline.logic.ranker_settings import RankerSettings
from pipeline.logic.ranking import context_names, feature_names
from pipeline.logic.slots import SlotTable
from pipeline.stage import Row
from topics.codec import read_section
from topics.model import (
    BASIS,
    DENSE,
    ITEM,
    JOINT,
    ROW_KINDS,
    TOTALS,
    VECTORS,
    ModelRow,
)
from topics.partitioning import murmur2

RANKER = "ranker"
"""The section of `~dense` that holds the ranker."""
GUARD = "guard"
"""The section of `~dense` that says whether it is held back."""
SHARED = frozenset({TOTALS, VECTORS, JOINT, DENSE, BASIS})


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Settings of the readers: those of the writers.

    Args:
        popularity: Of the expert.
        covisitation: Of the expert.
        audience: Of the expert.
        embedding: Of the expert.
        ranker: Of the ranker.
        experts: Names of those that are heard; None is all.
    """

    popularity: PopularityConfig = field(default_factory=PopularityConfig)
    covisitation: CovisitationConfig = field(default_factory=CovisitationConfig)
    audience: AudienceConfig = field(default_factory=AudienceConfig)
    embedding: EmbeddingSettings = field(default_factory=EmbeddingSettings)
    ranker: RankerSettings = field(default_factory=RankerSettings)
    experts: frozenset[str] | None = None


class Model:
    """The replica of `model`, every partition of it.

    Sections of experts that this release does not have are ignored.

    Args:
        config: Settings.

    Attributes:
        version: Event time of the newest row.
        append_time_ms: Of the newest row that a row task wrote. What the dense task
            wrote tells nothing of packs that it has not read.
        held: The guard holds the ranker back; lists follow popularity alone.
    """

    def __init__(self, config: ModelConfig | None = None) -> None:
        config = config or ModelConfig()
        table = SlotTable()
        self.popularity = PopularityReader(config.popularity)
        self.content = ContentReader()
        readers: list[Reader] = [
            self.popularity,
            CovisitationReader(table, config.covisitation),
            self.content,
            AudienceReader(config.audience),
            EmbeddingReader(table, config.embedding),
            JointReader(table),
        ]
        self.catalogue = Catalogue(table, readers, hash_of, config.experts)
        self.ranker = self.new_ranker(config.ranker)
        self.version = 0
        self.append_time_ms = 0
        self.held = False
        self._read = {ITEM_SECTION, *self.catalogue.readers}

    def new_ranker(self, settings: RankerSettings) -> Ranker:
        """A ranker of what the readers say, that has learnt nothing yet."""
        features, contexts = (
            feature_names(self.catalogue),
            context_names(self.catalogue),
        )
        return Ranker(features, contexts, settings)

    def apply(self, row: Row) -> None:
        """Take the new value of a key, in log order of its partition.

        `version`, the event time of the newest row, orders models: a number of rows
        would mean something else on each publisher.
        """
        kind, _, item = row.key.partition("/")
        if kind in ROW_KINDS:
            self.append_time_ms = max(self.append_time_ms, row.append_time_ms)
        if row.value is None:
            if kind == ITEM:
                self.catalogue.drop(item)
            return
        value: ModelRow = row.value
        if kind != ITEM:  # the row of an item that is gone tells when it was told so
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
        if RANKER in value.sections:
            self.ranker.load(read_section(value.sections[RANKER]))
        if GUARD in value.sections:
            self.held = bool(read_section(value.sections[GUARD])["held"])


def hash_of(item: str) -> int:
    """The 4-byte hash by which a portrait names the items a user had."""
    return murmur2(item.encode())
