"""The graph of workers and topics, as data."""

from pipeline.settings import Settings
from pipeline.stage import WorkerSpec
from pipeline.stages.extract.config import ExtractConfig
from pipeline.stages.extract.items import Items
from pipeline.stages.extract.stage import Extract
from topics import EVENTS, FEATURES, FEEDBACK, ITEMS, PROFILES, USERS


def workers(settings: Settings) -> dict[str, WorkerSpec]:
    """Every worker by name, in the order in which data flows."""
    return {spec.name: spec for spec in (_extract(settings),)}


def _extract(settings: Settings) -> WorkerSpec:
    config = ExtractConfig(
        half_life_ms=settings.interest_half_life_ms,
        skew_ms=settings.skew_ms,
        lateness_ms=settings.lateness_ms,
        tick_idle_ms=settings.tick_idle_ms,
    )
    return WorkerSpec(
        "extract",
        (EVENTS, FEEDBACK, USERS),
        (FEATURES, PROFILES),
        lambda partition, items: Extract(partition, items, config),
        changelog=PROFILES,
        replica=ITEMS,
        make_replica=Items,
        commit_interval_ms=settings.extract_commit_ms,
    )
