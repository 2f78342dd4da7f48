"""The nodes of the background Kafka that run, as their settings files tell."""

from dataclasses import dataclass
from pathlib import Path

import psutil

from pipeline.runtime.broker.home import home
from pipeline.runtime.broker.nodes import node_folder
from pipeline.runtime.broker.process import KafkaProcess
from pipeline.runtime.broker.properties import read_properties

PROPERTIES = "server.properties"


@dataclass(frozen=True, slots=True)
class FoundNode:
    """One that runs.

    Args:
        process: It.
        folder: Its settings, log and data.
        settings: What it was started with.
    """

    process: KafkaProcess
    folder: Path
    settings: dict[str, str]

    @property
    def number(self) -> int:
        """Which of them, from 1."""
        return int(self.settings["node.id"])

    @property
    def address(self) -> str:
        """Where clients connect to it."""
        return self.settings["advertised.listeners"].removeprefix("PLAINTEXT://")

    @property
    def host(self) -> str:
        """The machine in its address."""
        return self.address.rpartition(":")[0]

    @property
    def port(self) -> int:
        """The port in its address."""
        return int(self.address.rpartition(":")[2])

    @property
    def controllers(self) -> list[int]:
        """Port of each node's quorum, in the order of the nodes."""
        voters = self.settings["controller.quorum.voters"].split(",")
        return [int(voter.rpartition(":")[2]) for voter in voters]

    @property
    def nodes(self) -> int:
        """How many there are, with those that do not run."""
        return len(self.controllers)

    @property
    def addresses(self) -> list[str]:
        """Where clients connect: to every node, also to those that do not run."""
        if self.nodes == 1:
            return [self.address]
        folders = [node_folder(self.folder.parent, n + 1) for n in range(self.nodes)]
        settings = [read_properties(folder / PROPERTIES) for folder in folders]
        listeners = [each["advertised.listeners"] for each in settings]
        return [each.removeprefix("PLAINTEXT://") for each in listeners]


def found_nodes() -> list[FoundNode]:
    """Our nodes that run, in their order."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []  # None: not ours to read
        # The guard, which is Python, has the same ending for a moment.
        if command[-2:-1] != ["kafka.Kafka"] or Path(command[0]).name != "java":
            continue
        path = Path(command[-1])
        if path.name == PROPERTIES and _is_ours(path.parent):
            found.append(
                FoundNode(KafkaProcess(process), path.parent, read_properties(path))
            )
    return sorted(found, key=lambda node: node.number)


def _is_ours(folder: Path) -> bool:
    """Whether it is `kafka`, or a node's in `kafka-3`, below our home."""
    if folder == home() / "kafka":
        return True
    return folder.parent.parent == home() and folder.parent.name.startswith("kafka-")
