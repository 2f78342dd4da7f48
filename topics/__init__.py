"""Nouns: every topic, in the order in which data flows."""

from topics.diversify_changelog import DIVERSIFY_CHANGELOG
from topics.events import EVENTS
from topics.examples import EXAMPLES
from topics.features import FEATURES
from topics.feedback import FEEDBACK
from topics.items import ITEMS
from topics.model import MODEL
from topics.profiles import PROFILES
from topics.recommendations import RECOMMENDATIONS
from topics.samples import SAMPLES
from topics.spec import TopicSpec
from topics.users import USERS

TOPICS: tuple[TopicSpec, ...] = (
    EVENTS,
    FEEDBACK,
    USERS,
    ITEMS,
    FEATURES,
    PROFILES,
    EXAMPLES,
    SAMPLES,
    DIVERSIFY_CHANGELOG,
    MODEL,
    RECOMMENDATIONS,
)

__all__ = [
    "DIVERSIFY_CHANGELOG",
    "EVENTS",
    "EXAMPLES",
    "FEATURES",
    "FEEDBACK",
    "ITEMS",
    "MODEL",
    "PROFILES",
    "RECOMMENDATIONS",
    "SAMPLES",
    "TOPICS",
    "USERS",
    "TopicSpec",
]
