"""Whatever stands in a topic: a unit, a dead letter, or a stop that names the place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.runtime.dead_letters import dead_letter, source
from pipeline.runtime.faults import BadLog
from pipeline.runtime.intake import Intake, Taken, rows
from pipeline.runtime.transport import Raw
from pipeline.stage import Fate
from pipeline.stages.extract import Extract, ExtractConfig, Items
from tests.fuzz.mutants import GOLDEN, bytes_for
from topics import TOPICS
from topics.dead_letters import (
    DETAIL_BYTES,
    HEADER_REASON,
    HEADER_SOURCE,
    InvalidRecord,
    Reason,
)
from topics.spec import Position, TopicSpec

PUBLIC = [spec for spec in TOPICS if spec.public]
OURS = [spec for spec in TOPICS if not spec.public]
PARTITIONS = 2
NOW_MS = 1_700_000_000_100
PLACES = st.sampled_from(
    [b"", b"-", b"events-1-2", b"--", b"a-b-c", b"e-1-99999999999999999999", b"\xff"]
) | st.binary(max_size=30)
HEADERS = st.lists(
    st.tuples(st.just("v"), st.sampled_from([b"1", b"2", b"", b"\xff", b"1.1"]))
    | st.tuples(st.just(HEADER_SOURCE), PLACES)
    | st.tuples(st.just(HEADER_REASON), st.binary(max_size=9))
    | st.tuples(st.text(max_size=9), st.binary(max_size=9)),
    max_size=5,
)
KEYS = st.sampled_from([None, b"", b"u-1", b"i-1", b"~", b"\xff"]) | st.binary(
    max_size=9
)


def taken(spec: TopicSpec, raw: Raw) -> Taken:
    return Intake((spec,), PARTITIONS).take([raw])


@pytest.mark.parametrize("spec", PUBLIC, ids=lambda spec: spec.name)
@given(data=st.data(), key=KEYS, headers=HEADERS)
def test_each_record_of_an_application_has_one_fate(
    spec: TopicSpec,
    data: st.DataObject,
    key: bytes | None,
    headers: list[tuple[str, bytes]],
) -> None:
    value = data.draw(st.none() | bytes_for(spec))
    raw = Raw(spec.name, 1, 7, NOW_MS, key, value, headers)
    found = taken(spec, raw)
    assert len(found.units) + len(found.forwarded) + len(found.dead) == 1
    for dead in found.dead:
        assert (dead.key, dead.value, dead.topic) == (key, value, f"{spec.name}.dlq")
        told = dict(dead.headers)
        assert told[HEADER_REASON].decode() in set(Reason)
        assert told[HEADER_SOURCE] == str(source(raw)).encode()
        kept = [pair for pair in headers if pair[0] != HEADER_SOURCE]
        assert list(dead.headers[: len(kept)]) == kept
    for forwarded in found.forwarded:
        again = Raw(
            spec.name,
            forwarded.partition,
            8,
            NOW_MS,
            forwarded.key,
            forwarded.value,
            forwarded.headers,
        )
        [unit] = taken(spec, again).units
        assert unit.source == source(raw)


@pytest.mark.parametrize("spec", OURS, ids=lambda spec: spec.name)
@given(data=st.data(), headers=HEADERS)
def test_a_record_of_ours_is_read_or_its_place_is_named(
    spec: TopicSpec, data: st.DataObject, headers: list[tuple[str, bytes]]
) -> None:
    raw = Raw(spec.name, 1, 7, NOW_MS, b"item/i", data.draw(bytes_for(spec)), headers)
    try:
        rows(spec, raw)
    except BadLog as error:
        assert str(error).startswith(f"{spec.name} partition 1 offset 7 cannot be read")


@given(detail=st.text(max_size=3 * DETAIL_BYTES), headers=HEADERS)
def test_a_dead_letter_is_bounded_whatever_its_record_says(
    detail: str, headers: list[tuple[str, bytes]]
) -> None:
    raw = Raw("events", 0, 1, NOW_MS, b"k", b"x" * (1 << 20), headers)
    sent = dead_letter(raw, InvalidRecord(Reason.FAILED, detail))
    assert sent.size < (1 << 20) + DETAIL_BYTES + 1024


@given(text=st.text(max_size=40))
def test_a_place_is_read_or_refused_by_a_value_error(text: str) -> None:
    try:
        assert isinstance(Position.parse(text), Position)
    except ValueError:
        return


@pytest.mark.parametrize("name", ["events", "feedback", "users"])
@given(data=st.data())
def test_what_can_be_read_extract_can_work_on(name: str, data: st.DataObject) -> None:
    [spec] = [spec for spec in PUBLIC if spec.name == name]
    value = data.draw(bytes_for(spec) | st.just(GOLDEN[name]))
    units = Intake((spec,), 1).take([Raw(name, 0, 7, NOW_MS, b"u-1", value, [])])
    task = Extract(0, Items(), ExtractConfig())
    result = task.on_batch(units.units, NOW_MS)
    assert sum(result.fates.values()) == len(units.units)
    assert all(fate in set(Fate) for fate, _ in result.fates)
    restored = Extract(0, Items(), ExtractConfig())
    for row in task.touched():
        restored.restore(row)
    task.commit()
