"""profiles + model -> recommendations."""

from pipeline.stages.publish.config import PublishConfig
from pipeline.stages.publish.task import Publish

__all__ = ["Publish", "PublishConfig"]
