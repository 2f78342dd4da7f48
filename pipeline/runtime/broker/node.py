"""One Apache Kafka node on loopback, without Docker."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.runtime.broker.errors import BrokerError
from pipeline.runtime.broker.home import home
from pipeline.runtime.broker.jars import fetch_jars
from pipeline.runtime.broker.java import find_java
from pipeline.runtime.broker.ports import HOST, free_port, is_free
from pipeline.runtime.broker.process import KafkaProcess, launch
from pipeline.runtime.broker.properties import node_settings, write_properties
from pipeline.runtime.broker.readiness import PortLostError, wait_until_answering
from pipeline.runtime.broker.seat import Seat
from pipeline.runtime.broker.storage import format_storage

ATTEMPTS = 3
JVM_FLAGS = (
    "-XX:TieredStopAtLevel=1",  # starts faster, and halves latency on two cores
    "-XX:+UseSerialGC",
    "-Xmx512m",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)
SMALL_HEAP = "-Xmx256m"
"""Of a node beside others; the last such flag counts."""


class LocalKafka:
    """A Kafka node that can be started, killed and started again on its data.

    As a context manager it starts on entry and stops at the end.

    Args:
        folder: Keeps settings, log and data. Without it: a temporary one, which
            lives until `stop`.
        port: Where clients connect. Without it: a free one, kept over restarts.
        owned: Whether Kafka ends with this process, even if that is killed.
        proxied: Port to listen on behind a proxy, and the proxy's own port.
        seat: Its place among others; without it, it is the only one.
        progress: Told in a few words what takes time.
    """

    def __init__(
        self,
        folder: Path | None = None,
        port: int | None = None,
        *,
        owned: bool = True,
        proxied: tuple[int, int] | None = None,
        seat: Seat | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self._given_folder = folder
        self._port = port
        self._owned = owned
        self._proxied = proxied
        self._seat = seat
        self._progress = progress or (lambda _: None)
        self._folder = folder
        self._process: KafkaProcess | None = None

    @property
    def bootstrap_servers(self) -> str:
        """What clients connect to, once started: also while it is down."""
        if self._port is None:
            raise BrokerError("Kafka has no address before its first start")
        return f"{HOST}:{self._port}"

    @property
    def pid(self) -> int | None:
        """The process id of Kafka's Java while it runs."""
        return self._process.pid if self._process and self._process.alive else None

    @property
    def log(self) -> Path | None:
        """Kafka's own log: warnings and errors, of all starts."""
        return self._folder / "kafka.log" if self._folder else None

    def start(self) -> str:
        """Start unless it runs; return the bootstrap servers once it answers.

        Raises:
            BrokerError: It cannot start, for the reason given.
        """
        if self.pid:
            return self.bootstrap_servers
        jars = fetch_jars(home() / "maven", self._progress)
        class_path = os.pathsep.join(map(str, jars))
        heap = [SMALL_HEAP] if self._seat else []
        java = [str(find_java()), *JVM_FLAGS, *heap, "-cp", class_path]
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="kairec-kafka-"))
        self._progress("starting Kafka")
        try:
            self._start(java, self._folder)
        except BaseException:
            self.stop()
            raise
        return self.bootstrap_servers

    def stop(self) -> None:
        """Shut down in order, by force if that takes long; drop temporary data."""
        if self._process:
            self._process.stop()
        if self._folder and not self._given_folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def kill(self) -> None:
        """End it as `kill -9` does; the data stay for the next `start`."""
        if self._process:
            self._process.kill()

    def pause(self) -> None:
        """Let it stand still, as SIGSTOP does: connections stay, nothing answers."""
        if self._process:
            self._process.pause()

    def resume(self) -> None:
        """Let it go on."""
        if self._process:
            self._process.resume()

    def restart(self) -> str:
        """Shut down in order and start again on the same data and port."""
        if self._process:
            self._process.stop()
        return self.start()

    def _start(self, java: list[str], folder: Path) -> None:
        port = self._port
        for attempt in range(1, ATTEMPTS + 1):
            if port and not is_free(port):
                raise BrokerError(
                    f"port {port} is taken: choose another, or stop what listens there"
                )
            try:
                self._start_at(port or free_port(), java, folder)
            except PortLostError:
                if attempt == ATTEMPTS:
                    raise
            else:
                return

    def _start_at(self, port: int, java: list[str], folder: Path) -> None:
        """Write the settings, format new storage, launch, wait for an answer."""
        if self._process:
            self._process.stop()  # it ended by itself: reap it
        seat = self._seat or Seat(1, (_free_port_but(port, *(self._proxied or ())),))
        settings = node_settings(host=HOST, port=port, seat=seat, proxied=self._proxied)
        data = folder / "data"
        properties = folder / "server.properties"
        folder.mkdir(parents=True, exist_ok=True)
        write_properties(properties, settings | {"log.dirs": str(data)})
        format_storage(java, data, properties, seat.cluster_id)
        log = folder / "kafka.log"
        offset = log.stat().st_size if log.exists() else 0
        self._process = launch(
            [*java, "kafka.Kafka", str(properties)],
            log,
            owned=self._owned,
            litter=None if self._given_folder else folder,
        )
        wait_until_answering(self._process, port, log, offset)
        self._port = port

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _free_port_but(*taken: int) -> int:
    """A free port that is none of those that Kafka is about to listen on."""
    while (port := free_port()) in taken:
        pass
    return port
