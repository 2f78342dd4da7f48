"""Does Kafka answer? Asked in its own protocol, without a client library."""

import socket
import struct

METADATA, VERSION = 3, 4


def answers(host: str, port: int, timeout_s: float = 1.0) -> bool:
    """Tell whether a broker that takes records listens at `host:port`.

    An open port is not enough, nor an answer to ApiVersions: Kafka gives that while
    it is still fenced and refuses to create topics. A fenced broker is absent from
    the list of brokers, hence a Metadata request that names no topic; others may stand
    there already, hence a look for this port.
    """
    # no topics, no auto-creation; correlation id 1; client id "kairec"
    body = struct.pack(">hhih6siB", METADATA, VERSION, 1, 6, b"kairec", 0, 0)
    try:
        with socket.create_connection((host, port), timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(struct.pack(">i", len(body)) + body)
            with connection.makefile("rb") as reply:
                size = struct.unpack(">i", reply.read(4))[0]
                return port in _ports(reply.read(size))
    except (OSError, struct.error):
        return False


def _ports(reply: bytes) -> list[int]:
    """Ports of the brokers that a Metadata answer lists."""
    # correlation id, throttle time, number of brokers
    count, at, found = struct.unpack_from(">iii", reply)[2], 12, []
    for _ in range(count):
        # node id, host, port, rack (length -1: none)
        at += 6 + struct.unpack_from(">ih", reply, at)[1]
        port, rack = struct.unpack_from(">ih", reply, at)
        at += 6 + max(0, rack)
        found.append(port)
    return found
