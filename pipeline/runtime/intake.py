"""What was polled becomes units, dead letters, or is forwarded to its partition.

Records of ours must be readable; one that is not stops the worker, for going on would
make a silent wrong row. Records of the application may be anything.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pipeline.runtime.dead_letters import dead_letter, source
from pipeline.runtime.faults import BadLog
from pipeline.runtime.transport import Raw, Send, check_size
from pipeline.stage import In, Row
from topics import codec
from topics.dead_letters import HEADER_SOURCE, ORIGINAL_BYTES, InvalidRecord, Reason
from topics.partitioning import partition_of
from topics.spec import Format, Key, Position, TopicSpec

REMEDY = (
    "written by a newer release, or by something else? Upgrade this worker, or see "
    "exit code 5 in deploy/README.md"
)


@dataclass(slots=True)
class Taken:
    """What a poll gave for one task.

    Args:
        units: For the stage, in offset order of each topic.
        raws: By unit, the record that it came in.
        forwarded: Misrouted records on their way to their partitions.
        dead: Dead letters.
        reasons: Why each is dead.
    """

    units: list[In] = field(default_factory=list)
    raws: list[Raw] = field(default_factory=list)
    forwarded: list[Send] = field(default_factory=list)
    dead: list[Send] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)

    def raw_of(self, unit: In) -> Raw:
        """The record that a unit came in."""
        return next(r for u, r in zip(self.units, self.raws, strict=True) if u is unit)

    def packs(self) -> list[list[In]]:
        """The units, pack by pack."""
        found: dict[Position, list[In]] = {}
        for unit in self.units:
            found.setdefault(unit.source, []).append(unit)
        return list(found.values())


class Intake:
    """Reads records of the topics that a worker consumes.

    Args:
        specs: Those topics.
        partitions: Number of partitions of each of them.
    """

    def __init__(self, specs: tuple[TopicSpec, ...], partitions: int) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._partitions = partitions

    def take(self, raws: list[Raw]) -> Taken:
        """Read records of one task."""
        taken = Taken()
        for raw in raws:
            spec = self._specs[raw.topic]
            if not spec.public:
                units = read_own(spec, raw)
                taken.units += units
                taken.raws += [raw] * len(units)
                continue
            try:
                self._take_public(spec, raw, taken)
            except InvalidRecord as error:
                taken.dead.append(dead_letter(raw, error))
                taken.reasons.append(error.reason)
        return taken

    def is_public(self, topic: str) -> bool:
        """Whether the application writes a topic."""
        return self._specs[topic].public

    def _take_public(self, spec: TopicSpec, raw: Raw, taken: Taken) -> None:
        """Read one record of the application.

        Raises:
            InvalidRecord: it is a dead letter.
        """
        key, record = read_public(spec, raw)
        owner = partition_of(key, self._partitions)
        if raw.key is None or owner != raw.partition:
            taken.forwarded.append(_forward(raw, key, owner))
            return
        taken.units.append(In(raw.topic, key, record, source(raw), raw.append_time_ms))
        taken.raws.append(raw)


def read_public(spec: TopicSpec, raw: Raw) -> tuple[str, object]:
    """Read a record of the application: its key, and the record or None.

    Raises:
        InvalidRecord: with the reason.
    """
    if raw.value is not None and len(raw.value) > ORIGINAL_BYTES:
        raise InvalidRecord(
            Reason.TOO_LARGE, f"{len(raw.value)} bytes; {ORIGINAL_BYTES} is most"
        )
    codec.check_version(spec, raw.headers)
    key = _text(raw.key)
    if raw.value is None:
        if not spec.compacted or not key:
            raise InvalidRecord(Reason.EMPTY, "no value")
        if key.startswith("~"):
            raise InvalidRecord(Reason.RESERVED_ID, f"key {key[:80]}")
        return key, None
    record = codec.read(spec, raw.value)[0]
    own: str = record.user_id if spec.key is Key.USER else record.item_id
    if key is not None and key != own:
        raise InvalidRecord(
            Reason.KEY_MISMATCH, f"key {key[:80]!r}, {spec.key}_id {own[:80]!r}"
        )
    return own, record


def read_own(spec: TopicSpec, raw: Raw) -> list[In]:
    """Read a record of one of our topics.

    Raises:
        BadLog: it cannot be read.
    """
    at = Position(raw.topic, raw.partition, raw.offset)
    key = (raw.key or b"").decode()
    return [
        In(raw.topic, key, r.value, at, raw.append_time_ms) for r in rows(spec, raw)
    ]


def rows(spec: TopicSpec, raw: Raw) -> list[Row]:
    """Read a record of one of our topics as rows: key and value.

    Raises:
        BadLog: it cannot be read.
    """
    return row_reader(spec)(raw)


@lru_cache(maxsize=64)
def row_reader(spec: TopicSpec) -> Callable[[Raw], list[Row]]:
    """What `rows` does with a topic's records, for those who read many."""
    read = None if spec.format is Format.ROW else codec.reader(spec)
    is_pack, known = spec.format is Format.JSON_PACK, (codec.version_header(spec),)

    def read_one(raw: Raw) -> list[Row]:
        _, _, _, appended_ms, name, value, headers = raw
        key = (name or b"").decode()
        if value is None:
            return [Row(key, None, None, appended_ms)]
        try:
            if headers != known:
                codec.check_version(spec, headers)
            values = read(value) if read else [codec.read_row(key, value)]
        except InvalidRecord as error:
            raise BadLog(
                f"{raw.topic} partition {raw.partition} offset {raw.offset} cannot be "
                f"read ({error}): {REMEDY}"
            ) from error
        if is_pack:
            return [Row(key, each, None, appended_ms) for each in values]
        return [Row(key, values[0], None, appended_ms, value)]

    return read_one


def hand(raw: Raw, found: Sequence[Row], take: Callable[[Row], None]) -> int:
    """Give a record's rows to who takes them; how many.

    What a row does to those who take it is a fault of the record.

    Raises:
        BadLog: naming it.
    """
    try:
        for row in found:
            take(row)
    except (InvalidRecord, ArithmeticError, LookupError, TypeError, ValueError) as bad:
        raise BadLog(
            f"{raw.topic} partition {raw.partition} offset {raw.offset} holds a row "
            f"that cannot be taken ({bad!r}): {REMEDY}"
        ) from bad
    return len(found)


def _forward(raw: Raw, key: str, partition: int) -> Send:
    headers = [(name, value) for name, value in raw.headers if name != HEADER_SOURCE]
    headers.append((HEADER_SOURCE, str(source(raw)).encode()))
    send = Send(raw.topic, partition, key.encode(), raw.value, tuple(headers))
    return check_size(send)


def _text(key: bytes | None) -> str | None:
    if key is None:
        return None
    try:
        return key.decode()
    except UnicodeDecodeError as error:
        raise InvalidRecord(Reason.NOT_UTF8, f"key: {error}") from None


def by_partition(raws: Sequence[Raw]) -> dict[int, list[Raw]]:
    """Records of a poll by partition, each partition's merged by append time.

    The order within a topic is kept; over topics it is that of the append time, so that
    a user's attributes come before the events that followed them.
    """
    found: dict[int, list[Raw]] = defaultdict(list)
    for raw in raws:
        found[raw.partition].append(raw)
    for partition, records in found.items():
        latest: dict[str, int] = {}
        keyed = []
        for raw in records:
            # A clock set back does not change the order within a topic.
            time_ms = max(raw.append_time_ms, latest.get(raw.topic, 0))
            latest[raw.topic] = time_ms
            keyed.append((time_ms, raw))
        found[partition] = [raw for _, raw in sorted(keyed, key=lambda pair: pair[0])]
    return found
