"""The graph of workers and topics, as data.

A stage is imported where its node is made: a worker starts without what others need.
"""

from collections.abc import Mapping

from pipeline.settings import BadSettings, Settings
from pipeline.stage import WorkerSpec
from topics import (
    DIVERSIFY_CHANGELOG,
    EVENTS,
    EXAMPLES,
    FEATURES,
    FEEDBACK,
    ITEMS,
    MODEL,
    PROFILES,
    RECOMMENDATIONS,
    SAMPLES,
    USERS,
)

PACKS_PER_POLL = 8
"""A pack holds up to 500 units."""
JOINT_ITEMS = 3_000
"""The joint regression of so many takes seconds and 450 MB."""


def workers(settings: Settings) -> dict[str, WorkerSpec]:
    """Every worker by name, in the order in which data flows; as `worker` makes it."""
    return {name: worker(name, settings) for name in _NODES}


def worker(name: str, settings: Settings) -> WorkerSpec:
    """One worker; only what it needs is imported.

    Raises:
        BadSettings: a setting has no sense; named.
    """
    try:
        return _NODES[name](settings)
    except ValueError as error:  # Of a stage's settings; it says which, and the remedy.
        raise BadSettings(str(error)) from None


def _extract(settings: Settings) -> WorkerSpec:
    from pipeline.stages.extract import Extract, ExtractConfig, Items

    config = ExtractConfig(
        weights=event_weights(settings),
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


def _diversify(settings: Settings) -> WorkerSpec:
    from pipeline.stages.diversify import Diversify, DiversifyConfig

    config = DiversifyConfig(
        join_window_ms=settings.join_window_ms,
        repeat_window_ms=settings.repeat_window_ms,
        future_skew_ms=settings.skew_ms,
        user_cap=settings.user_cap,
        sample_share=settings.sample_share,
        negative_share=settings.negative_share,
    )
    return WorkerSpec(
        "diversify",
        (FEATURES,),
        (EXAMPLES, SAMPLES, DIVERSIFY_CHANGELOG),
        lambda partition, _: Diversify(partition, config),
        changelog=DIVERSIFY_CHANGELOG,
        max_records=PACKS_PER_POLL,
        commit_interval_ms=settings.diversify_commit_ms,
    )


def _update_rows(settings: Settings) -> WorkerSpec:
    from pipeline.stages.update.rows import RowsConfig, UpdateRows

    config = RowsConfig()
    return WorkerSpec(
        "update",
        (EXAMPLES, ITEMS),
        (MODEL,),
        lambda partition, _: UpdateRows(partition, config),
        changelog=MODEL,
        max_records=100,
        commit_interval_ms=settings.rows_commit_ms,
    )


def _update_dense(settings: Settings) -> WorkerSpec:
    from pipeline.logic.experts.joint_core import JointSettings
    from pipeline.stages.model_replica import Model
    from pipeline.stages.update.dense import DenseConfig, UpdateDense

    config = DenseConfig(
        joint=JointSettings(_joint_items(settings), 4 * settings.joint_items),
        ranker_share=_share(settings.ranker_share),
    )
    return WorkerSpec(
        "update.dense",
        (SAMPLES,),
        (MODEL,),
        lambda _, model: UpdateDense(config, model),
        changelog=MODEL,
        replica=MODEL,
        make_replica=Model,
        restore_all=True,
        max_records=PACKS_PER_POLL,
        commit_interval_ms=settings.dense_commit_ms,
        pack_is_batch=True,
        replica_waits=True,
    )


def _publish(settings: Settings) -> WorkerSpec:
    from pipeline.stages.model_replica import Model
    from pipeline.stages.publish import Publish, PublishConfig

    config = PublishConfig(
        partitions=settings.partitions,
        list_size=settings.list_size,
        default_interval_ms=settings.default_interval_ms,
        model_name=settings.model_name,
    )
    return WorkerSpec(
        "publish",
        (PROFILES,),
        (RECOMMENDATIONS,),
        lambda partition, model: Publish(partition, model, config),
        replica=MODEL,
        make_replica=Model,
        # A poll's lists are committed together: more of them make the first one wait.
        max_records=128,
        poll_interval_ms=settings.list_interval_ms,
    )


_NODES = {
    "extract": _extract,
    "diversify": _diversify,
    "update": _update_rows,
    "update.dense": _update_dense,
    "publish": _publish,
}


def event_weights(settings: Settings) -> Mapping[str, float]:
    """What each type of event counts for.

    Raises:
        BadSettings: the setting cannot be read.
    """
    from pipeline.stages.extract.config import weights_with

    try:
        return weights_with(settings.event_weights)
    except ValueError as error:
        raise BadSettings(
            f"event_weights: {error}; say it as in buy=3, view=0.1, return=-2"
        ) from None


def _joint_items(settings: Settings) -> int:
    """How many items the joint regression spans."""
    items = settings.joint_items
    if items > JOINT_ITEMS:
        raise BadSettings(
            f"joint_items is {items}: at most {JOINT_ITEMS}, for its memory grows with "
            "the square, and its time with the cube"
        )
    return items


def _share(text: str) -> float | None:
    """The share that a setting names; None is `auto`."""
    if text == "auto":
        return None
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise BadSettings(f"ranker_share is {text!r}: a number from 0 to 1, or auto")
    return share
