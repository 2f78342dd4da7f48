"""Kafka's storage: formatted once, before a node starts on it for the first time."""

import base64
import subprocess
import uuid
from pathlib import Path

from pipeline.runtime.broker.errors import BrokerError

LIMIT_S = 60


def format_storage(
    java: list[str], data: Path, properties: Path, cluster_id: str | None = None
) -> None:
    """Give `data` a cluster id unless it has one.

    Args:
        java: The command that runs a Kafka class.
        data: The node's data folder.
        properties: The node's settings.
        cluster_id: Which; without it a new one.
    """
    # Kafka writes this file last.
    if (data / "meta.properties").exists():
        return
    arguments = ["-t", cluster_id or new_cluster_id(), "-c", str(properties)]
    done = subprocess.run(
        [*java, "kafka.tools.StorageTool", "format", *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode:
        output = (done.stdout + done.stderr).strip()
        cause = output.splitlines()[-1] if output else f"exit code {done.returncode}"
        error = BrokerError(f"Kafka cannot format {data}: {cause}")
        error.add_note(output)
        raise error


def new_cluster_id() -> str:
    """Make an id as Kafka does; a leading dash would look like an option."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes)[:22].decode().replace("-", "_")
