"""A second broker beside a local Kafka, whose partitions lose their leader with it."""

import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.runtime.broker.home import home
from pipeline.runtime.broker.jars import fetch_jars
from pipeline.runtime.broker.java import find_java
from pipeline.runtime.broker.node import JVM_FLAGS, LocalKafka
from pipeline.runtime.broker.ports import HOST, free_port
from pipeline.runtime.broker.process import KafkaProcess, launch
from pipeline.runtime.broker.properties import read_properties, write_properties
from pipeline.runtime.broker.readiness import wait_until_answering


class SecondNode:
    """A broker that joins a running Kafka; a context manager.

    Args:
        first: The node that it joins, which stays the only controller.
        folder: Keeps its settings, log and data.
    """

    NODE_ID = 2

    def __init__(self, first: LocalKafka, folder: Path) -> None:
        assert first.log is not None
        self._first = first.log.parent
        self._folder = folder
        self._port = free_port()
        jars = fetch_jars(home() / "maven", print)
        class_path = os.pathsep.join(map(str, jars))
        self._java = [str(find_java()), *JVM_FLAGS, "-cp", class_path]
        self._process: KafkaProcess | None = None

    def __enter__(self) -> Self:
        self._format()
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it on its data, and wait until it answers."""
        log = self._folder / "kafka.log"
        offset = log.stat().st_size if log.exists() else 0
        command = [*self._java, "kafka.Kafka", str(self._properties)]
        self._process = launch(command, log, owned=True, litter=None)
        wait_until_answering(self._process, self._port, log, offset)

    def kill(self) -> None:
        """End it as `kill -9` does."""
        if self._process is not None:
            self._process.kill()

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    def _format(self) -> None:
        """Write its settings, and give its data the id of the cluster."""
        at = f"PLAINTEXT://{HOST}:{self._port}"
        settings = read_properties(self._first / "server.properties") | {
            "process.roles": "broker",
            "node.id": str(self.NODE_ID),
            "listeners": at,
            "advertised.listeners": at,
            "log.dirs": str(self._folder / "data"),
        }
        write_properties(self._properties, settings)
        meta = (self._first / "data" / "meta.properties").read_text().splitlines()
        [cluster_id] = [line[11:] for line in meta if line.startswith("cluster.id=")]
        arguments = ["format", "-t", cluster_id, "-c", str(self._properties)]
        subprocess.run(
            [*self._java, "kafka.tools.StorageTool", *arguments],
            check=True,
            capture_output=True,
        )
