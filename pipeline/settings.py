"""Every setting, in one table: name, default, unit and meaning.

A setting comes from the environment (`KAIREC_PARTITIONS=4`), else from the file that
`KAIREC_CONFIG` names (TOML, one table), else from its default here. An unknown name is
an error. What belongs to the client alone is `KAFKA_*` (`runtime.kafka.client`).
"""

import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from math import inf
from pathlib import Path
from typing import Any

PREFIX = "KAIREC_"
NOT_SETTINGS = frozenset({"KAIREC_CONFIG", "KAIREC_HOME", "KAIREC_FAIL_AT"})


class BadSettings(Exception):
    """A setting is unknown or has no sense; the message names it and the remedy."""


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a deployment; workers of one deployment share them."""

    prefix: str = _setting("kairec", "Begins the names of topics and groups")
    model_name: str = _setting("main", "Which of several models side by side")
    partitions: int = _setting(8, "Partitions of each topic but `samples`")
    replication: int = _setting(
        0, "Replicas of each topic; 0: 3, or one a node if fewer"
    )
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR")
    health_host: str = _setting("127.0.0.1", "Where /metrics and /healthz listen")
    health_port: int = _setting(0, "Their port; 0 finds a free one")
    # The runtime
    session_timeout_ms: int = _setting(10_000, "A silent worker is out of its group")
    transaction_timeout_ms: int = _setting(12_000, "An open transaction is aborted")
    request_timeout_ms: int = _setting(5_000, "One request to Kafka")
    delivery_timeout_ms: int = _setting(8_000, "A record from send to answer")
    step_timeout_ms: int = _setting(10_000, "One step of a checkpoint")
    in_flight_bytes: int = _setting(32 << 20, "Sent and not yet answered")
    batch_units: int = _setting(20_000, "Output units after which a commit is due")
    watchdog_ms: int = _setting(90_000, "A loop that stands still so long is ended")
    dead_letter_run: int = _setting(1_000, "Bad records in a row that stop a worker")
    dead_letter_ratio: float = _setting(0.5, "Share of bad records that stops it")
    dead_letter_window: int = _setting(2_000, "Records over which the share is taken")
    # extract
    event_weights: str = _setting(
        "", "What types of events count for, beside the defaults: buy=3, view=0.1"
    )
    extract_commit_ms: int = _setting(20, "Between two commits of extract")
    skew_ms: int = _setting(300_000, "An event may be so far ahead of its record")
    lateness_ms: int = _setting(
        86_400_000, "Late events of a forgotten user come so late"
    )
    tick_idle_ms: int = _setting(5_000, "Idle inputs give a tick after so long")
    interest_half_life_ms: int = _setting(14 * 86_400_000, "Interests halve in it")
    # diversify
    diversify_commit_ms: int = _setting(20, "Between two commits of diversify")
    join_window_ms: int = _setting(600_000, "An impression waits so long for an action")
    repeat_window_ms: int = _setting(10_000, "The same behaviour counts once within it")
    user_cap: float = _setting(
        2_000.0, "Interactions of one user that count in an hour"
    )
    sample_share: float = _setting(1.0, "Share of examples for the dense task, 0 to 1")
    negative_share: float = _setting(
        0.25, "Of impressions that were not acted on, the share for it, 0 to 1"
    )
    # update
    rows_commit_ms: int = _setting(100, "Between two commits of update's row tasks")
    dense_commit_ms: int = _setting(1_000, "Between two commits of the dense task")
    ranker_share: str = _setting(
        "auto", "Share of samples that the ranker learns from: 0 to 1, or auto"
    )
    joint_items: int = _setting(1_000, "Items that the joint regression spans; 0: none")
    # publish
    list_interval_ms: int = _setting(50, "Between two polls of publish")
    list_size: int = _setting(20, "Items of a list")
    default_interval_ms: int = _setting(60_000, "Between two lists for new users")


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of this process.

    Raises:
        BadSettings: an unknown name, a value of the wrong type, an unreadable file.

    >>> load_settings({"KAIREC_PARTITIONS": "4"}).partitions
    4
    >>> load_settings({"KAIREC_SKEW_MS": "-4"})
    Traceback (most recent call last):
    pipeline.settings.BadSettings: KAIREC_SKEW_MS is -4: a number from 0 up
    """
    environment = os.environ if environment is None else environment
    found = _from_file(environment.get("KAIREC_CONFIG"))
    for name, text in environment.items():
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            found[name.removeprefix(PREFIX).lower()] = (name, text)
    known = {f.name: f for f in fields(Settings)}
    values: dict[str, Any] = {}
    for name, (where, value) in found.items():
        if name not in known:
            raise BadSettings(
                f"unknown setting {where}: `kairec settings` lists those there are"
            )
        values[name] = _typed(where, value, type(known[name].default))
    if values.get("partitions", 1) < 1:
        raise BadSettings(f"{found['partitions'][0]} is 0: at least 1")
    return Settings(**values)


def _from_file(path: str | None) -> dict[str, tuple[str, Any]]:
    if not path:
        return {}
    try:
        table = tomllib.loads(Path(path).read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise BadSettings(f"cannot read KAIREC_CONFIG={path}: {error}") from error
    return {name: (f"{name} in {path}", value) for name, value in table.items()}


def _typed(where: str, value: Any, kind: type) -> Any:
    """The value as its type; texts come from the environment."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = kind(value)
    elif kind is float and isinstance(value, int):
        value = float(value)
    if not isinstance(value, kind):
        raise BadSettings(f"{where} must be of type {kind.__name__}")
    if isinstance(value, int | float) and not 0 <= value < inf:
        raise BadSettings(f"{where} is {value}: a number from 0 up")
    return value


def table() -> list[tuple[str, Any, str]]:
    """Name, default and meaning of each setting."""
    return [(f.name, f.default, f.metadata["meaning"]) for f in fields(Settings)]
