"""Units and rows become records: packed, keyed, and sent to their partitions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.runtime.transport import Send, check_size
from pipeline.stage import Out, Row
from topics import codec
from topics.partitioning import partition_of
from topics.spec import Format, Key, TopicSpec


class Outbox:
    """Writes what a worker produces.

    Args:
        specs: Topics that it produces to, by short name.
        partitions: Number of partitions of each.

    Raises:
        InvalidRecord: by each method: a record is larger than Kafka takes.
    """

    def __init__(
        self, specs: Mapping[str, TopicSpec], partitions: Mapping[str, int]
    ) -> None:
        self._specs = specs
        self._partitions = partitions

    def outputs(self, outputs: Iterable[Out]) -> list[Send]:
        """Records of output units; the order of a partition's units is kept."""
        by_target: dict[tuple[str, int], list[Out]] = defaultdict(list)
        for out in outputs:
            partition = out.partition
            if partition is None:
                partition = partition_of(out.key, self._partitions[out.topic])
            by_target[out.topic, partition].append(out)
        records: list[Send] = []
        for (topic, partition), outs in by_target.items():
            spec = self._specs[topic]
            if spec.format is Format.JSON_PACK:
                records += self._packs(spec, partition, [out.unit for out in outs])
            else:
                records += [
                    self._record(spec, partition, out.key, out.unit) for out in outs
                ]
        return records

    def rows(self, spec: TopicSpec, own: int, rows: Sequence[Row]) -> list[Send]:
        """Records of a task's touched rows, for its changelog.

        Args:
            spec: The changelog.
            own: The task's partition.
            rows: Each once.
        """
        if spec.format is Format.JSON_PACK:
            return self._packs(spec, own, [row.value for row in rows])
        count = self._partitions[spec.name]
        whole = spec.key is Key.KIND_AND_ID
        return [
            self._record(spec, _target(row, own, count, whole), row.key, row.value)
            for row in rows
        ]

    def _packs(
        self, spec: TopicSpec, partition: int, units: list[object]
    ) -> list[Send]:
        header = codec.version_header(spec)
        return [
            check_size(Send(spec.name, partition, None, value, (header,)))
            for value, _ in codec.write_packs(units)
        ]

    def _record(self, spec: TopicSpec, partition: int, key: str, unit: Any) -> Send:
        value = None
        if unit is not None:
            row = spec.format is Format.ROW
            value = codec.write_row(unit) if row else codec.write(unit)
        header = codec.version_header(spec)
        return check_size(Send(spec.name, partition, key.encode(), value, (header,)))


def _target(row: Row, own: int, partitions: int, whole: bool) -> int:
    """Partition of a row: as it says, else by key if it may lie anywhere, else own."""
    if row.partition is not None:
        return row.partition
    return partition_of(row.key, partitions) if whole else own
