"""What a proxy can do to the frames of a connection to Kafka."""

import asyncio
import socket
import struct
import threading
from dataclasses import dataclass, field
from enum import Enum

PRODUCE, FETCH, METADATA = 0, 1, 3
OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR = 8, 9, 10
JOIN_GROUP, HEARTBEAT, SYNC_GROUP = 11, 12, 14
INIT_PRODUCER_ID, ADD_PARTITIONS, ADD_OFFSETS = 22, 24, 25
END_TXN, TXN_OFFSET_COMMIT = 26, 28


class Harm(Enum):
    """What befalls a frame."""

    CUT = "the connection is closed instead"
    RESET = "the connection is reset instead"
    HALF = "half of it arrives, then the connection is closed"
    DROP = "it never arrives, and the connection stays"
    DELAY = "it arrives late"


@dataclass(slots=True)
class Strike:
    """A harm to come.

    Args:
        harm: Which.
        api_key: Of the request.
        answers: Whether its answer is struck, else the request itself.
        client: Only of clients in whose id this stands.
        times: How often.
        delay_s: How late, for `DELAY`.
        done: Set once it has struck for the last time.
    """

    harm: Harm
    api_key: int
    answers: bool = True
    client: str = ""
    times: int = 1
    delay_s: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)

    def wait(self, limit_s: float = 30.0) -> None:
        """Wait until it has struck."""
        assert self.done.wait(limit_s), f"nothing to strike: {self}"


class Pair:
    """The two connections between a client and the node."""

    def __init__(self, client: asyncio.StreamWriter) -> None:
        self.client = client
        self.node: asyncio.StreamWriter | None = None
        self._asked: dict[int, tuple[int, str]] = {}

    def name(self, body: bytes, *, answers: bool) -> tuple[int, str]:
        """Kind of request, and id of the client, that a frame belongs to."""
        if answers:
            return self._asked.pop(int.from_bytes(body[:4], "big"))
        api_key, _, correlation, length = struct.unpack_from(">hhih", body)
        client = body[10 : 10 + max(0, length)].decode()
        self._asked[correlation] = (api_key, client)
        return api_key, client

    async def survives(
        self, strike: Strike, frame: bytes, to: asyncio.StreamWriter
    ) -> bool:
        """Do the harm; whether the frame arrives all the same."""
        if strike.harm is Harm.DELAY:
            await asyncio.sleep(strike.delay_s)
            return True
        if strike.harm is Harm.HALF:
            to.write(frame[: len(frame) // 2])
            await to.drain()
        if strike.harm is Harm.RESET:
            self.abort()
        elif strike.harm is not Harm.DROP:
            self.close()
        return False

    def close(self) -> None:
        """Close both."""
        for writer in (self.client, self.node):
            if writer is not None:
                writer.close()

    def abort(self) -> None:
        """Reset both: what is on its way is lost."""
        for writer in (self.client, self.node):
            if writer is not None:
                sock = writer.get_extra_info("socket")
                if sock is not None and sock.fileno() >= 0:
                    sock.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
                writer.transport.abort()
