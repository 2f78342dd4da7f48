"""Reading is total: any bytes give a record or a reason from the closed list."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics import EVENTS, FEEDBACK, ITEMS, TOPICS, USERS, codec
from topics.dead_letters import InvalidRecord, Reason
from topics.events import Event
from topics.model import ModelRow
from topics.spec import Format, TopicSpec

PUBLIC = [spec for spec in TOPICS if spec.public]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["user_id", "item_id", "type", "value", "event_time_ms", "tags"]
            )
            | st.text(max_size=8),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


def reason(spec: TopicSpec, value: bytes) -> Reason | None:
    try:
        codec.read(spec, value)
    except InvalidRecord as error:
        return error.reason
    return None


@pytest.mark.parametrize("spec", PUBLIC, ids=lambda spec: spec.name)
@given(value=st.binary(max_size=300))
def test_any_bytes_give_a_record_or_a_reason(spec: TopicSpec, value: bytes) -> None:
    assert reason(spec, value) in {None, *Reason}


@pytest.mark.parametrize("spec", PUBLIC, ids=lambda spec: spec.name)
@given(value=JSON)
def test_any_json_gives_a_record_or_a_reason(spec: TopicSpec, value: object) -> None:
    assert reason(spec, json.dumps(value).encode()) in {None, *Reason}


EVENT = b'{"user_id":"u","item_id":"i","type":"view","event_time_ms":5'


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (b"", Reason.EMPTY),
        (b"{", Reason.MALFORMED),
        (b"\xff\xfe", Reason.NOT_UTF8),
        (b'{"a":' * 3000, Reason.TOO_DEEP),
        (b"null", Reason.WRONG_TYPE),
        (b'{"item_id":"i"}', Reason.MISSING_FIELD),
        (EVENT.replace(b'"u"', b'""') + b"}", Reason.MISSING_FIELD),
        (EVENT.replace(b'"u"', b"7") + b"}", Reason.WRONG_TYPE),
        (EVENT.replace(b'"u"', b'"~default"') + b"}", Reason.RESERVED_ID),
        (EVENT.replace(b":5", b":0") + b"}", Reason.OUT_OF_RANGE),
        (EVENT.replace(b":5", b":-5") + b"}", Reason.OUT_OF_RANGE),
        (EVENT + b',"value":NaN}', Reason.NOT_FINITE),
        (EVENT + b',"value":-Infinity}', Reason.NOT_FINITE),
        (EVENT + b',"value":1e999}', Reason.OUT_OF_RANGE),
        (EVENT + b',"value":"3"}', Reason.WRONG_TYPE),
        (EVENT.replace(b"view", b"rating") + b',"value":6}', Reason.OUT_OF_RANGE),
        (EVENT.replace(b"view", b"rating") + b"}", Reason.MISSING_FIELD),
    ],
)
def test_what_is_wrong_with_an_event_has_its_reason(
    value: bytes, wanted: Reason
) -> None:
    assert reason(EVENTS, value) is wanted


def test_unknown_fields_and_nulls_are_no_error() -> None:
    [event] = codec.read(EVENTS, EVENT + b',"value":null,"of_tomorrow":[1]}')
    assert event == Event("u", "i", "view", 5)


def test_an_impression_needs_no_value_and_its_rank_begins_at_one() -> None:
    value = EVENT.replace(b"view", b"impression") + b',"slate_id":"s"'
    assert reason(FEEDBACK, value + b',"position":1}') is None
    assert reason(FEEDBACK, value + b',"position":0}') is Reason.OUT_OF_RANGE


def test_attributes_are_texts_numbers_and_lists_of_texts() -> None:
    [user] = codec.read(USERS, b'{"user_id":"u","attributes":{"a":1,"b":["x"]}}')
    assert user.attributes == {"a": 1.0, "b": ["x"]}
    assert reason(USERS, b'{"user_id":"u","attributes":{"a":{}}}') is Reason.WRONG_TYPE
    assert reason(ITEMS, b'{"item_id":"i","tags":[""]}') is Reason.OUT_OF_RANGE


@given(
    event_time_ms=st.integers(0, 2**53),
    sections=st.dictionaries(st.text(max_size=8), st.binary(max_size=40)),
)
def test_rows_of_the_model_come_back_as_they_went(
    event_time_ms: int, sections: dict[str, bytes]
) -> None:
    row = ModelRow("item/i", event_time_ms, sections)
    assert codec.read_row("item/i", codec.write_row(row)) == row


@given(value=st.binary(max_size=60))
def test_any_bytes_give_a_row_or_a_reason(value: bytes) -> None:
    try:
        codec.read_row("item/i", value)
    except InvalidRecord as error:
        assert error.reason in Reason


@given(st.lists(st.text(max_size=2_000), max_size=1_200))
def test_packs_hold_every_unit_in_order_within_their_bounds(units: list[str]) -> None:
    packs = list(codec.write_packs(units))
    assert sum(count for _, count in packs) == len(units)
    assert all(count <= codec.PACK_UNITS for _, count in packs)
    read = [unit for value, _ in packs for unit in codec.read_as(list, value)]
    assert read == units


@pytest.mark.parametrize("spec", TOPICS, ids=lambda spec: spec.name)
def test_an_unknown_major_version_is_refused(spec: TopicSpec) -> None:
    codec.check_version(spec, [("v", b"1"), ("other", b"2")])
    with pytest.raises(InvalidRecord) as refused:
        codec.check_version(spec, [("v", b"2")])
    assert refused.value.reason is Reason.SCHEMA_UNKNOWN


def test_only_the_model_is_binary() -> None:
    assert [s.name for s in TOPICS if s.format is Format.ROW] == ["model"]
