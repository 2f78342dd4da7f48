"""Bytes to records and back; nothing else serialises.

Reading is total: any bytes give a record or an `InvalidRecord` with a reason from the
closed list. msgspec reads (typed, validated in one pass), orjson writes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NoReturn, TypeVar

import msgspec
import orjson

from topics.dead_letters import HEADER_VERSION, InvalidRecord, Reason
from topics.model import ModelRow
from topics.spec import Format, TopicSpec

T = TypeVar("T")

PACK_UNITS = 500
PACK_BYTES = 256 * 1024

Headers = Sequence[tuple[str, bytes]]
Section = Mapping[str, bytes | str | float | list[str]]
"""What an expert keeps of a row: raw arrays as bytes, ids as lists of texts."""


def version_header(spec: TopicSpec) -> tuple[str, bytes]:
    """The header that says how a record of this topic is written."""
    return HEADER_VERSION, _written(spec.version)


@cache
def _written(version: int) -> bytes:
    return b"%d" % version


def check_version(spec: TopicSpec, headers: Headers) -> None:
    """Refuse a major version that this release does not know; none means the newest.

    Raises:
        InvalidRecord: `schema_unknown`.
    """
    for name, value in headers:
        if name == HEADER_VERSION and value != _written(spec.version):
            raise InvalidRecord(
                Reason.SCHEMA_UNKNOWN,
                f"header v={value[:16]!r}; this release reads {spec.version}",
            )


def read(spec: TopicSpec, value: bytes) -> list[Any]:
    """Read the units of a record's value: one, or all of a pack.

    Args:
        spec: The topic that the bytes come from.
        value: Any bytes.

    Returns:
        Records of `spec.record`, checked.

    Raises:
        InvalidRecord: for whatever cannot be read or breaks a rule.

    >>> from topics.users import USERS
    >>> read(USERS, b'{"user_id": "u1", "attributes": {"age": 30}}')[0].attributes
    {'age': 30.0}
    """
    return reader(spec)(value)


@lru_cache(maxsize=64)
def reader(spec: TopicSpec) -> Callable[[bytes], list[Any]]:
    """What `read` does with a topic's values, for those who read many."""
    if spec.format is Format.ROW:
        raise TypeError("a row is read with `read_row`, which is given its key")
    is_pack = spec.format is Format.JSON_PACK
    record: Any = spec.record
    if is_pack:
        record = list[record]
    decode = msgspec.json.Decoder(record).decode

    def read_one(value: bytes) -> list[Any]:
        if not value:
            raise InvalidRecord(Reason.EMPTY, "the value has no bytes")
        try:
            decoded: Any = decode(value)
        except msgspec.ValidationError as error:
            text = str(error)
            raise InvalidRecord(_reason(text), text) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            _explain(value, str(error))
        except RecursionError:
            raise InvalidRecord(Reason.TOO_DEEP, "nested too deeply to read") from None
        if is_pack:
            return list(decoded)
        check = getattr(decoded, "check", None)
        if check is not None:
            check()
        return [decoded]

    return read_one


def _reason(error: str) -> Reason:
    """Tell what kind of breach msgspec's words describe."""
    if "missing required field" in error:
        return Reason.MISSING_FIELD
    if "out of range" in error:
        return Reason.OUT_OF_RANGE
    return Reason.WRONG_TYPE


def _explain(value: bytes, error: str) -> NoReturn:
    """Say why bytes are not JSON."""
    try:
        text = value.decode()
    except UnicodeDecodeError as bad:
        raise InvalidRecord(Reason.NOT_UTF8, str(bad)) from None
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise InvalidRecord(Reason.TOO_DEEP, "nested too deeply to read") from None
    except ValueError:
        raise InvalidRecord(Reason.MALFORMED, error) from None
    # The standard library takes what msgspec does not: a number beyond a double.
    raise InvalidRecord(Reason.OUT_OF_RANGE, error)


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidRecord(Reason.NOT_FINITE, f"{name} is not a number that JSON has")


def write(record: object) -> bytes:
    """Write one record as JSON; numpy arrays and dataclasses natively."""
    return orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY)


def write_packs(units: Iterable[object]) -> Iterator[tuple[bytes, int]]:
    """Write units as packs of at most 500 units and about 256 KiB.

    Yields:
        The bytes of a pack and its number of units.

    >>> list(write_packs([1, 2]))
    [(b'[1,2]', 2)]
    """
    pack: list[bytes] = []
    size = 0
    for unit in units:
        written = write(unit)
        if pack and (len(pack) == PACK_UNITS or size + len(written) > PACK_BYTES):
            yield b"[" + b",".join(pack) + b"]", len(pack)
            pack, size = [], 0
        pack.append(written)
        size += len(written) + 1
    if pack:
        yield b"[" + b",".join(pack) + b"]", len(pack)


def schema_text(spec: TopicSpec) -> str:
    """JSON Schema (2020-12) of a topic's value, indented."""
    record: Any = spec.record
    if spec.format is Format.JSON_PACK:
        record = list[record]
    schema = msgspec.json.schema(record)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode() + "\n"


def write_row(row: ModelRow) -> bytes:
    """Write a row of the model: msgpack of `[version, event_time_ms, sections]`."""
    return _ENCODER.encode((1, row.event_time_ms, row.sections))


def read_row(key: str, value: bytes) -> ModelRow:
    """Read a row of the model.

    Raises:
        InvalidRecord: `malformed` or `schema_unknown`.
    """
    try:
        version, event_time_ms, sections = _ROW.decode(value)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise InvalidRecord(Reason.MALFORMED, f"row {key[:80]}: {error}") from None
    if version != 1:
        raise InvalidRecord(Reason.SCHEMA_UNKNOWN, f"row {key[:80]}: version {version}")
    return ModelRow(key, event_time_ms, sections)


_ENCODER = msgspec.msgpack.Encoder()
_ROW = msgspec.msgpack.Decoder(tuple[int, int, dict[str, bytes]])
_SECTION = msgspec.msgpack.Decoder(dict[str, Any])


def write_section(section: Section) -> bytes:
    """Write what an expert keeps of a row.

    >>> read_section(write_section({"ids": ["a"], "n": 2.0, "raw": b"xy"}))
    {'ids': ['a'], 'n': 2.0, 'raw': b'xy'}
    """
    return _ENCODER.encode(section)


def read_section(value: bytes) -> dict[str, Any]:
    """Read what `write_section` wrote.

    Raises:
        InvalidRecord: `malformed`.
    """
    try:
        return _SECTION.decode(value)
    except (msgspec.DecodeError, ValueError) as error:
        raise InvalidRecord(Reason.MALFORMED, f"section: {error}") from None


def read_as(kind: type[T], value: bytes) -> T:
    """Read JSON of ours that is not a topic's, such as a file.

    Raises:
        InvalidRecord: `malformed`.
    """
    try:
        return msgspec.json.decode(value, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRecord(Reason.MALFORMED, str(error)) from None
