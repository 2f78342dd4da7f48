"""What a release has written every later one reads; what is new does not disturb."""

import json
from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any

import pytest

from pipeline.runtime.faults import BadLog
from pipeline.runtime.intake import Intake, rows
from pipeline.runtime.transport import Raw
from pipeline.stage import Fate, In, Result, Row
from pipeline.stages.diversify.config import DiversifyConfig
from pipeline.stages.diversify.task import Diversify
from pipeline.stages.extract import Extract, ExtractConfig, Items
from pipeline.stages.update.rows import RowsConfig, UpdateRows
from tests.topics.golden_records import (
    AT,
    EXAMPLE,
    FOLDER,
    LEARNT,
    MINORS,
    MODEL_ROW,
    ROW_KEY,
    TIME_MS,
    UNITS,
    newest,
    path_of,
    written,
)
from topics import (
    DIVERSIFY_CHANGELOG,
    EXAMPLES,
    FEATURES,
    MODEL,
    PROFILES,
    TOPICS,
    codec,
)
from topics.codec import read_section
from topics.dead_letters import Reason
from topics.events import Event
from topics.model import ModelRow
from topics.spec import Format, Position, TopicSpec

VERSIONS = [
    (spec, version, minor)
    for spec in TOPICS
    for version in range(1, spec.version + 1)
    for minor in range(1 + (version == spec.version and MINORS.get(spec.name, 0)))
]
JSON = [spec for spec in TOPICS if spec.format is not Format.ROW]
OURS = [spec for spec in TOPICS if not spec.public]
PUBLIC = [spec for spec in TOPICS if spec.public]


def raw(spec: TopicSpec, value: bytes | None, version: int = 1) -> Raw:
    key = b"i-1" if spec.name == "items" else b"u-1"
    key = ROW_KEY.encode() if spec is MODEL else key
    headers = (("v", b"%d" % version),)
    return Raw(spec.name, 0, 17, TIME_MS, key, value, headers)


def read(spec: TopicSpec, value: bytes, version: int = 1) -> list[Any]:
    """Units as a worker reads them."""
    if not spec.public:
        return [row.value for row in rows(spec, raw(spec, value, version))]
    taken = Intake((spec,), 1).take([raw(spec, value, version)])
    assert taken.reasons == []
    return [unit.unit for unit in taken.units]


def least(unit: Any) -> Any:
    """A unit as a release would have written it that knew required fields alone."""
    if isinstance(unit, list | tuple):
        return [least(each) for each in unit]
    if not is_dataclass(unit):
        return unit
    required = [
        f for f in fields(unit) if f.default is MISSING and f.default_factory is MISSING
    ]
    return {f.name: least(getattr(unit, f.name)) for f in required}


def with_more(value: Any) -> Any:
    """JSON with a field that nobody knows in every object that is a record."""
    if isinstance(value, list):
        return [with_more(each) for each in value]
    if not isinstance(value, dict):
        return value
    maps = {"context", "attributes", "categories", "tags", "counts"}
    more = {k: v if k in maps else with_more(v) for k, v in value.items()}
    return {"of_tomorrow": {"deep": [1, {}]}, **more, "later": None}


def least_bytes(spec: TopicSpec, units: Sequence[object]) -> bytes:
    found = [least(unit) for unit in units]
    packed = spec.format is Format.JSON_PACK
    return json.dumps(found if packed else found[0]).encode()


@pytest.mark.parametrize(("spec", "version", "minor"), VERSIONS, ids=str)
def test_every_version_that_was_ever_written_is_read(
    spec: TopicSpec, version: int, minor: int
) -> None:
    path = path_of(spec, version, minor)
    units = read(spec, path.read_bytes(), version)
    if path == newest(spec):
        assert units == list(UNITS[spec.name])


@pytest.mark.parametrize("spec", TOPICS, ids=lambda spec: spec.name)
def test_this_release_writes_the_bytes_that_were_agreed(spec: TopicSpec) -> None:
    assert written(spec) == newest(spec).read_bytes()


def test_no_file_is_without_its_topic() -> None:
    assert set(FOLDER.iterdir()) == {LEARNT, *(path_of(*at) for at in VERSIONS)}


@pytest.mark.parametrize("spec", JSON, ids=lambda spec: spec.name)
def test_fields_of_a_newer_minor_version_are_passed_over(spec: TopicSpec) -> None:
    value = json.loads(newest(spec).read_bytes())
    assert read(spec, json.dumps(with_more(value)).encode()) == list(UNITS[spec.name])


@pytest.mark.parametrize("spec", JSON, ids=lambda spec: spec.name)
def test_fields_that_an_older_minor_version_lacks_have_their_defaults(
    spec: TopicSpec,
) -> None:
    units = read(spec, least_bytes(spec, UNITS[spec.name]))
    assert [least(unit) for unit in units] == [least(u) for u in UNITS[spec.name]]


@pytest.mark.parametrize("spec", PUBLIC, ids=lambda spec: spec.name)
def test_an_unknown_major_version_of_the_application_is_a_dead_letter(
    spec: TopicSpec,
) -> None:
    value = newest(spec).read_bytes()
    taken = Intake((spec,), 1).take([raw(spec, value, spec.version + 1)])
    assert (taken.units, taken.reasons) == ([], [Reason.SCHEMA_UNKNOWN])
    assert taken.dead[0].value == value


@pytest.mark.parametrize("spec", OURS, ids=lambda spec: spec.name)
def test_an_unknown_major_version_of_ours_stops_the_worker(spec: TopicSpec) -> None:
    value = newest(spec).read_bytes()
    with pytest.raises(BadLog, match=rf"{spec.name} partition 0 offset 17 cannot be"):
        read(spec, value, spec.version + 1)


def test_a_row_of_an_unknown_version_stops_the_worker() -> None:
    value = bytearray(newest(MODEL).read_bytes())
    assert value[:2] == b"\x93\x01"
    value[1] = 2
    with pytest.raises(BadLog, match="schema_unknown"):
        read(MODEL, bytes(value))


def test_a_tombstone_has_no_version() -> None:
    for spec in TOPICS:
        if spec.compacted:
            assert [r.value for r in rows(spec, raw(spec, None))] == [None]


def clicked(offset: int) -> In:
    at = Position("events", 0, offset)
    return In("events", "u-1", Event("u-1", "i-9", "click", TIME_MS + 1), at, TIME_MS)


def balanced(result: Result, units: int) -> None:
    assert sum(result.fates.values()) == units
    assert not any(fate is Fate.DEAD for fate, _ in result.fates)


def test_extract_goes_on_from_a_portrait_of_an_older_release() -> None:
    [portrait] = read(PROFILES, least_bytes(PROFILES, UNITS["profiles"]))
    task = Extract(0, Items(), ExtractConfig())
    task.restore(Row("u-1", portrait))
    balanced(task.on_batch([clicked(18)], TIME_MS), 1)
    assert [row.value.recent_items for row in task.touched()] == [["i-9"]]


def test_diversify_and_update_take_units_of_an_older_release_among_new_ones() -> None:
    old = read(FEATURES, least_bytes(FEATURES, UNITS["features"][1:]))
    new = read(FEATURES, written(FEATURES))
    task = Diversify(0, DiversifyConfig())
    for memory in read(DIVERSIFY_CHANGELOG, written(DIVERSIFY_CHANGELOG)):
        task.restore(Row("", memory))
    batch = [In("features", "", unit, AT, TIME_MS) for unit in [*old, *new]]
    balanced(task.on_batch(batch, TIME_MS), len(batch))
    older = read(EXAMPLES, least_bytes(EXAMPLES, UNITS["examples"]))
    examples = [
        In("examples", "", e, AT, TIME_MS) for e in [*older, *UNITS["examples"]]
    ]
    rows_task = UpdateRows(0, RowsConfig())
    balanced(rows_task.on_batch(examples, TIME_MS), 2)


def test_a_section_that_a_newer_release_has_put_into_a_row_is_carried_through() -> None:
    of_tomorrow = {"of_tomorrow": MODEL_ROW.sections["of_tomorrow"]}
    before = codec.read_row(ROW_KEY, LEARNT.read_bytes())
    row = replace(before, sections={**before.sections, **of_tomorrow})
    after = row_of(gone_on(row))
    assert after.sections["of_tomorrow"] == of_tomorrow["of_tomorrow"]


def test_what_a_release_has_learnt_of_an_item_every_later_one_goes_on_with() -> None:
    before = codec.read_row(ROW_KEY, LEARNT.read_bytes())
    after = row_of(gone_on(before))
    assert before.sections.keys() <= after.sections.keys()
    counted = [read_section(r.sections["popularity"]) for r in (before, after)]
    assert counted[0] != counted[1]


def gone_on(row: ModelRow) -> UpdateRows:
    """A task that was restored from a row and has learnt more of its item."""
    task = UpdateRows(0, RowsConfig())
    task.restore(Row(ROW_KEY, row))
    example = replace(EXAMPLE, event_time_ms=TIME_MS + 60_000)
    task.on_batch([In("examples", "i-1", example, AT, TIME_MS)], TIME_MS)
    return task


def row_of(task: UpdateRows) -> ModelRow:
    [row] = [row.value for row in task.touched() if row.key == ROW_KEY]
    assert isinstance(row, ModelRow)
    return row
