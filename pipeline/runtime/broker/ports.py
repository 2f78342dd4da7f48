"""Free TCP ports on loopback."""

import secrets
import socket

HOST = "127.0.0.1"
# Below the range the kernel hands out (32768 up on Linux): while a broker is down,
# its clients' own connections could otherwise be given its port.
LOWEST, HIGHEST = 20_000, 32_000


def is_free(port: int) -> bool:
    """Tell whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Pick a free port at random, so that two processes seldom pick the same."""
    while not is_free(port := LOWEST + secrets.randbelow(HIGHEST - LOWEST)):
        pass
    return port
