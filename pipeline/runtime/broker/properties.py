"""The settings of one Kafka node that is broker and controller at once."""

from pathlib import Path

from pipeline.runtime.broker.seat import Seat

_FIXED = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "1",
    # Topics are created with their policy by `kairec init`, never by a typing error.
    "auto.create.topics.enable": "false",
    # A replay writes old timestamps: retention by time would delete them at once.
    # Topics that want retention say so in their policy.
    "log.retention.ms": "-1",
    # Seconds lost in every start of a group and every recovery, otherwise.
    "group.initial.rebalance.delay.ms": "0",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    # After `kill -9` the node may register again when its old session has ended.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "400",
    # A laptop's share of threads and memory.
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.cleaner.dedupe.buffer.size": str(8 * 2**20),
}


def node_settings(
    *,
    host: str,
    port: int,
    seat: Seat,
    bind: str | None = None,
    proxied: tuple[int, int] | None = None,
) -> dict[str, str]:
    """Return the settings of a node that clients reach at `host:port`.

    Args:
        host: The address that clients are told.
        port: The port, the same inside and outside of a container.
        seat: Which node of how many.
        bind: Address to listen on; `host` unless told.
        proxied: One more port to listen on, and the port of the proxy before it: who
            comes that way is told the proxy's address.
    """
    settings = (
        _FIXED
        | _copies(seat)
        | {
            "listeners": (
                f"PLAINTEXT://{bind or host}:{port},CONTROLLER://127.0.0.1:{seat.port}"
            ),
            "advertised.listeners": f"PLAINTEXT://{host}:{port}",
            "node.id": str(seat.node_id),
            "controller.quorum.voters": seat.voters,
        }
    )
    if proxied:
        behind, proxy = proxied
        settings["listeners"] += f",PROXIED://127.0.0.1:{behind}"
        settings["advertised.listeners"] += f",PROXIED://127.0.0.1:{proxy}"
        settings["listener.security.protocol.map"] += ",PROXIED:PLAINTEXT"
        settings["inter.broker.listener.name"] = "PLAINTEXT"
    return settings


def _copies(seat: Seat) -> dict[str, str]:
    """How many nodes hold a partition, Kafka's own topics included."""
    copies, needed = str(seat.copies), str(seat.copies_needed)
    return {
        "default.replication.factor": copies,
        "min.insync.replicas": needed,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": needed,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": needed,
    }


def write_properties(path: Path, settings: dict[str, str]) -> None:
    """Write `settings` as a Java properties file."""
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))


def read_properties(path: Path) -> dict[str, str]:
    """Read back what `write_properties` wrote."""
    pairs = (line.partition("=") for line in path.read_text().splitlines())
    return {key: value for key, _, value in pairs}
