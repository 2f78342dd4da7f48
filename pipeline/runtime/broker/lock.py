"""Pin Kafka: `python -m pipeline.runtime.broker.lock` rewrites `kafka.lock.toml`.

Run it after changing a version, and commit the result. It resolves the
dependencies with jgo, downloads every jar and writes down its sha256.
"""

import tempfile
from pathlib import Path

from jgo.env._lockfile import LockFile  # no public name exists
from jgo.maven import Dependency, MavenContext

from pipeline.runtime.broker.jars import KAFKA_VERSION, LOCK

PINNED = (
    ("org.apache.kafka", "kafka_2.13", KAFKA_VERSION),
    ("org.slf4j", "slf4j-simple", "1.7.36"),  # warnings and errors reach the log
)


def main() -> None:
    """Resolve, download, hash and write the lock file."""
    with tempfile.TemporaryDirectory() as folder:
        maven = MavenContext(repo_cache=Path(folder))
        wanted = [
            Dependency(maven.project(g, a).at_version(v).artifact(), raw=True)
            for g, a, v in PINNED
        ]
        direct, transitive = maven.resolver.resolve(wanted)
        kept = [dep for dep in transitive if dep.scope in ("compile", "runtime")]
        LockFile.from_resolved_dependencies(direct + kept).save(LOCK)
    print(f"{LOCK}: {len(direct) + len(kept)} jars")


if __name__ == "__main__":
    main()
