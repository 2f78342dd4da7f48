"""Running `kairec` as people do: another process, an environment of its own."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.runtime.kafka.cluster import Cluster
from pipeline.runtime.kafka.plain import Producer
from pipeline.runtime.kafka.tail import Reader
from topics.spec import Names

LIMIT_S = 100
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Kairec:
    """A deployment of a test's own in the shared Kafka.

    Args:
        servers: Kafka.
        home: Cache folder.
        names: Topics and groups.
    """

    servers: str
    home: Path
    names: Names = field(default_factory=lambda: Names(f"t{uuid.uuid4().hex[:8]}"))

    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if k[:7] != "KAIREC_"}
        return {
            **inherited,
            "KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "KAIREC_HOME": str(self.home),
            "KAIREC_PREFIX": self.names.prefix,
            "KAIREC_PARTITIONS": "2",
        }

    def run(self, *arguments: str, stdin: str = "", **changed: str) -> Done:
        """Run a command to its end; `changed` are variables of the environment."""
        with subprocess.Popen(
            command(*arguments),
            env=self.environment() | changed,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="surrogateescape",
        ) as process:
            try:
                out, err = process.communicate(stdin, timeout=LIMIT_S)
            except subprocess.TimeoutExpired:
                process.terminate()
                out, err = process.communicate(timeout=20)
                raise AssertionError(
                    f"{arguments} took too long:\n{out}{err}"
                ) from None
        return Done(process.returncode, out, err)

    @contextmanager
    def beside(
        self, *arguments: str, **changed: str
    ) -> "Iterator[subprocess.Popen[str]]":
        """Run a command beside the block; a process group of its own, killed after."""
        with subprocess.Popen(
            command(*arguments),
            env=self.environment() | changed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def create_topics(self) -> None:
        with Cluster(self.servers, self.names) as kafka:
            kafka.create(2, 1)

    def cluster(self) -> Cluster:
        return Cluster(self.servers, self.names)

    def send(
        self, topic: str, key: str, value: bytes, headers: Mapping[str, bytes]
    ) -> None:
        """Put a record of any topic there, dead letters included."""
        with Producer(self.servers, self.names, {topic: 2}) as producer:
            producer.send(topic, key, value, tuple(headers.items()))
            producer.flush()

    def records(self, topic: str) -> list[tuple[bytes | None, bytes | None]]:
        """Keys and values of a topic."""
        with Reader(self.servers, self.names, [topic]) as reader:
            return [(r.key, r.value) for r in reader.read(reader.bounds(topic))]


def command(*arguments: str) -> Sequence[str]:
    return [sys.executable, "-P", "-m", "pipeline", *arguments]


def read_until(process: "subprocess.Popen[str]", found: Callable[[str], bool]) -> str:
    """Lines that a process prints, up to the first that is `found`."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found(line):
            return said
    raise AssertionError(f"it ended with {process.wait()} and said:\n{said}")


def eventually(happened: Callable[[], bool], limit_s: float = 30.0) -> None:
    """Wait until something has happened."""
    deadline = time.monotonic() + limit_s
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
