"""`events + feedback + users (+ items) -> features + profiles`."""

from pipeline.stages.extract.config import ExtractConfig
from pipeline.stages.extract.items import Items
from pipeline.stages.extract.stage import Extract

__all__ = ["Extract", "ExtractConfig", "Items"]
