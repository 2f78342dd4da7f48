"""A log in memory that keeps the same promises: offsets, transactions, groups.

It is the twin of `runtime.kafka` for tests and evaluation: the same worker loop runs on
both. What goes wrong on Kafka goes wrong here, when a test says so: answers that are
missing (`break_at`), members and producers that are replaced, sessions that end.
"""

from pipeline.runtime.memory.log import MemoryLog
from pipeline.runtime.memory.sink import STEPS
from pipeline.runtime.memory.transport import MemoryTransport

__all__ = ["STEPS", "MemoryLog", "MemoryTransport"]
