"""One record of each topic, every field filled in: what the files in `golden` hold.

`python -m tests.topics.golden_records` writes files that are missing, and no others: a
file is what some release has written, and stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.build import learnt
from topics import TOPICS, codec
from topics.diversify_changelog import Act, Content, Level, Memory, Pair, Waiting
from topics.events import Event
from topics.examples import Example
from topics.features import Feature
from topics.feedback import Feedback
from topics.items import Item
from topics.model import ModelRow
from topics.profiles import Portrait
from topics.recommendations import Reason, Recommended, Slate
from topics.samples import Basis, Sample
from topics.spec import Format, Position, TopicSpec
from topics.users import User

FOLDER = Path(__file__).parent / "golden"
LEARNT = FOLDER / "model.learnt.v1.bin"
"""A row with the sections of all experts, as the row task of a release wrote it."""
TIME_MS = 1_700_000_000_000
AT = Position("events", 3, 17)
ROW_KEY = "item/i-1"

EVENT = Event(
    "u-1",
    "i-1",
    "like",
    TIME_MS,
    event_id="e-1",
    value=4.5,
    session_id="s-1",
    surface="home",
    context={"device": "phone", "hour": 7.0, "night": False, "none": None},
)
FEEDBACK = Feedback(
    "u-1", "slate-1", "i-1", "click", TIME_MS, event_id="e-2", position=2, value=12.25
)
USER = User("u-1", {"plan": "free", "age": 30.0, "likes": ["tea", "chess"]}, TIME_MS)
ITEM = Item(
    "i-1",
    title="Fargo é 日",
    categories=["crime"],
    tags=["snow", "dark"],
    attributes={"year": 1996.0, "studio": "g", "cast": ["fm", "wm"]},
    text="A car salesman.",
    vector=[0.5, -0.25],
    domain="films",
    available=False,
    event_time_ms=TIME_MS,
)
FEATURE = Feature(
    "interaction",
    AT,
    TIME_MS,
    TIME_MS + 5,
    "u-1",
    "i-1",
    "rating",
    1.5,
    value=4.5,
    slate_id="slate-1",
    position=2,
    surface="home",
    context={"device": "phone"},
    categories=["crime"],
    tags=["snow"],
    attributes=["plan=free"],
    recent_items=["i-2", "i-3"],
    recent_times_ms=[TIME_MS - 2, TIME_MS - 1],
    history=2,
    repeat=True,
    duplicate=True,
    had="AQIDBA==",
)
PORTRAIT = Portrait(
    "u-1",
    AT,
    "interaction",
    TIME_MS,
    first_seen_ms=TIME_MS - 9,
    attributes={"plan": "free", "age": 30.0},
    recent_items=["i-2", "i-3"],
    recent_types=["like", "dislike"],
    recent_times_ms=[TIME_MS - 2, TIME_MS - 1],
    recent_weights=[2.0, -2.0],
    categories={"crime": 0.75},
    tags={"snow": -0.5},
    counts={"like": 1, "dislike": 1},
    history=2,
    had="AQIDBA==",
    event_ids=[1, 2**64 - 1],
    forgotten_at_ms=TIME_MS - 10,
)
EXAMPLE = Example(
    AT,
    "impression",
    "i-1",
    "u-1",
    1,
    0.25,
    "impression",
    TIME_MS,
    append_time_ms=TIME_MS + 5,
    position=2,
    attributes=["plan=free"],
    categories=["crime"],
    tags=["snow"],
    recent_items=["i-2"],
    recent_times_ms=[TIME_MS - 2],
    history=1,
    repeat=True,
)
SAMPLE = Sample(
    AT,
    "interaction",
    "i-1",
    "u-1",
    0,
    2.0,
    "skip",
    TIME_MS,
    had="AQIDBA==",
    basis=Basis(3, "AACAPw==", "AACAPwAAAEA="),
)
MEMORIES = (
    Memory(
        "pair",
        "u-1",
        "i-1",
        Pair(
            (Act("click", None, TIME_MS, 1),),
            (Waiting("slate-1", TIME_MS + 9, EXAMPLE),),
            TIME_MS + 10,
        ),
        Level(1.5, TIME_MS),
    ),
    Memory("content", "", "i-1", content=Content(["crime"], ["snow"], TIME_MS, 2)),
    Memory("basis", version=3),
    Memory("watermark", time_ms=TIME_MS),
)
MODEL_ROW = ModelRow(
    ROW_KEY,
    TIME_MS,
    {
        "popularity": codec.write_section({"ids": ["a"], "n": 2.0, "raw": b"\x00\xff"}),
        "of_tomorrow": b"\xc1\x00",
    },
)
SLATE = Slate(
    "events-3-17",
    "u-1",
    [Recommended("i-2", 1, 0.5, 0.9, [Reason("covisitation", 0.8, "i-1")])],
    "main",
    12,
    TIME_MS,
    TIME_MS + 20,
    AT,
    surface="home",
    request_id="r-1",
)

UNITS: Mapping[str, Sequence[object]] = {
    "events": [EVENT],
    "feedback": [FEEDBACK],
    "users": [USER],
    "items": [ITEM],
    "features": [FEATURE, Feature("tick", AT, TIME_MS)],
    "profiles": [PORTRAIT],
    "examples": [EXAMPLE],
    "samples": [SAMPLE],
    "diversify.changelog": MEMORIES,
    "model": [MODEL_ROW],
    "recommendations": [SLATE],
}
"""Of each topic's newest version, by short name."""


MINORS: Mapping[str, int] = {"samples": 1, "diversify.changelog": 1}
"""How often fields came to the newest version of a topic since it was agreed."""


def path_of(spec: TopicSpec, version: int, minor: int) -> Path:
    """Where a version's bytes are kept."""
    kind = "bin" if spec.format is Format.ROW else "json"
    beyond = f".{minor}" if minor else ""
    return FOLDER / f"{spec.name}.v{version}{beyond}.{kind}"


def newest(spec: TopicSpec) -> Path:
    """Where the bytes of this release are kept."""
    return path_of(spec, spec.version, MINORS.get(spec.name, 0))


def written(spec: TopicSpec) -> bytes:
    """The units of a topic as this release writes them."""
    units = UNITS[spec.name]
    if spec.format is Format.JSON_PACK:
        [(value, _)] = codec.write_packs(units)
        return value
    [unit] = units
    return codec.write_row(unit) if isinstance(unit, ModelRow) else codec.write(unit)


def main() -> None:
    """Write what is missing."""
    for spec in TOPICS:
        path = newest(spec)
        if not path.exists():
            path.write_bytes(written(spec))
    if not LEARNT.exists():
        rows = learnt([ITEM], [EXAMPLE, replace(EXAMPLE, origin="interaction")])
        [row] = [row.value for row in rows.touched() if row.key == ROW_KEY]
        LEARNT.write_bytes(codec.write_row(row))


if __name__ == "__main__":
    main()
