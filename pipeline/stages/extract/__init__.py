"""`events + feedback + users (+ items) -> features + profiles`."""

from pipeline.stages.extract.config import WEIGHTS, ExtractConfig
from pipeline.stages.extract.items import Items
from pipeline.stages.extract.stage import Extract

__all__ = ["WEIGHTS", "Extract", "ExtractConfig", "Items"]
