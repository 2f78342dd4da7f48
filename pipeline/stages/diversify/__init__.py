"""features -> examples + samples."""

from pipeline.stages.diversify.config import DiversifyConfig
from pipeline.stages.diversify.task import Diversify

__all__ = ["Diversify", "DiversifyConfig"]
