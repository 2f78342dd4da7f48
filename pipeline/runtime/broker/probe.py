"""Does Kafka answer? Asked in its own protocol, without a client library."""

import socket
import struct

METADATA, VERSION = 3, 4


def answers(host: str, port: int, timeout_s: float = 1.0) -> bool:
    """Tell whether a broker that takes records listens at `host:port`.

    An open port is not enough, nor an answer to ApiVersions: Kafka gives that while
    it is still fenced and refuses to create topics. A fenced broker is absent from
    the list of brokers, hence a Metadata request that names no topic.
    """
    # no topics, no auto-creation; correlation id 1; client id "kairec"
    body = struct.pack(">hhih6siB", METADATA, VERSION, 1, 6, b"kairec", 0, 0)
    try:
        with socket.create_connection((host, port), timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(struct.pack(">i", len(body)) + body)
            # size, correlation id, throttle time, number of brokers
            reply = connection.makefile("rb").read(16)
    except OSError:
        return False
    return len(reply) == 16 and struct.unpack(">iiii", reply)[3] > 0
