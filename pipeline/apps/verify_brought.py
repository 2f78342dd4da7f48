"""What a deployment has brought along from the one that it was copied from.

Nothing of it was sent to this deployment; what is done with it later is no fault. The
records that were copied say so in a header.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from pipeline.apps.verify_log import ReadTopic
from pipeline.runtime.faults import BadTopics
from topics import codec
from topics.origin import HEADER_BROUGHT


@dataclass(slots=True)
class Brought:
    """What came along.

    Args:
        accepted: Interactions that the model had learnt.
        waiting: Impressions that waited; each may become an example.
        times: Event times of what a user did with an item shortly before.
        amounts: Of each user, interactions that still counted for its cap.
        forgotten: Users who were forgotten, and when (append time, ms).
    """

    accepted: int = 0
    waiting: int = 0
    times: dict[tuple[str, str], list[int]] = field(
        default_factory=lambda: defaultdict(list)
    )
    amounts: Counter[str] = field(default_factory=Counter)
    forgotten: dict[str, int] = field(default_factory=dict)


def read_brought(read: ReadTopic) -> Brought:
    """Read what came along; of a deployment that began empty, nothing."""
    found = Brought()
    try:
        told = list(read("origin"))
    except BadTopics:
        return found
    for record in told:
        origin = codec.read_as(dict[str, Any], record.value or b"{}")
        found.accepted, found.waiting = origin["accepted"], origin["waiting"]
    if told:
        _read_memory(read, found)
        _read_portraits(read, told[-1].append_time_ms, found)
    return found


def _read_portraits(read: ReadTopic, before_ms: int, found: Brought) -> None:
    """Take who was forgotten; also of portraits that were written again since."""
    for record in read("profiles"):
        portrait = codec.read_as(dict[str, Any], record.value or b"{}")
        at_ms = portrait.get("forgotten_at_ms")
        if at_ms is not None and at_ms < before_ms:
            found.forgotten[portrait["user_id"]] = at_ms


def _read_memory(read: ReadTopic, found: Brought) -> None:
    """Take what diversify remembered: acts by pair, and users' levels."""
    for record in read("diversify.changelog"):
        if HEADER_BROUGHT not in record.headers:
            continue
        for unit in codec.read_as(list[dict[str, Any]], record.value or b"[]"):
            user_id = unit["user_id"]
            if unit["level"]:
                found.amounts[user_id] = unit["level"]["amount"]
            acts = unit["pair"]["acts"] if unit["pair"] else ()
            times = found.times[user_id, unit["item_id"]]
            times += [act["event_time_ms"] for act in acts if act["sign"]]
