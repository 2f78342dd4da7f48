"""A TCP proxy before a Kafka node, which does harm on command.

It reads Kafka's frames, so that it can strike at a certain request or its answer: "the
broker has committed, and nobody learns of it" is a fault at the answer to `END_TXN`.
A node must tell its clients the proxy's address: see `proxied_kafka`.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from pipeline.runtime.broker.node import LocalKafka
from pipeline.runtime.broker.ports import free_port
from tests.harm import Harm, Pair, Strike

HOST = "127.0.0.1"


class Proxy:
    """Listens on a port of its own; a context manager, on a thread of its own.

    Args:
        port: Where it listens.
        target_port: Where the node listens for it, on loopback.
    """

    def __init__(self, port: int, target_port: int) -> None:
        self.port = port
        self._target_port = target_port
        self._strikes: list[Strike] = []
        self._pairs: set[Pair] = set()
        self._refusing = False
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def servers(self) -> str:
        """What clients connect to."""
        return f"{HOST}:{self.port}"

    # Harm ---------------------------------------------------------------------------

    def strike(self, harm: Harm, api_key: int, **how: Any) -> Strike:
        """Strike the next frame of this kind; see `Strike` for how."""
        strike = Strike(harm, api_key, **how)
        self._call(lambda: self._strikes.append(strike))
        return strike

    def cut(self) -> None:
        """Close all connections; new ones are taken."""
        self._each(Pair.close)

    def reset(self) -> None:
        """Reset all connections; new ones are taken."""
        self._each(Pair.abort)

    def refuse(self) -> None:
        """Close all connections, and new ones at once."""
        self._refusing = True
        self.cut()

    def stall(self) -> None:
        """Hold all bytes back; connections stay, new ones are taken."""
        self._call(self._flowing.clear)

    def heal(self) -> None:
        """Do no harm any more; what was held back arrives."""
        self._refusing = False
        self._call(self._strikes.clear)
        self._call(self._flowing.set)

    # The thread's side --------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _call(self, call: Callable[[], object]) -> None:
        async def do() -> None:
            call()

        self._run(do())

    def _each(self, call: Callable[[Pair], None]) -> None:
        async def do() -> None:
            for pair in list(self._pairs):
                call(pair)

        self._run(do())

    async def _listen(self) -> None:
        self._flowing.set()
        self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        self._flowing.set()
        for pair in list(self._pairs):
            pair.abort()
        while self._pairs:
            await asyncio.sleep(0.01)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        pair = Pair(writer)
        self._pairs.add(pair)
        try:
            if not self._refusing:
                await self._carry(reader, pair)
        except (OSError, asyncio.IncompleteReadError):
            pass  # One side has gone; so does the other.
        finally:
            pair.close()
            self._pairs.discard(pair)

    async def _carry(self, reader: asyncio.StreamReader, pair: Pair) -> None:
        answers, pair.node = await asyncio.open_connection(HOST, self._target_port)
        ways = [
            asyncio.ensure_future(self._carry_frames(reader, pair, answers=False)),
            asyncio.ensure_future(self._carry_frames(answers, pair, answers=True)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)

    async def _carry_frames(
        self, reader: asyncio.StreamReader, pair: Pair, *, answers: bool
    ) -> None:
        while True:
            head = await reader.readexactly(4)
            body = await reader.readexactly(int.from_bytes(head, "big"))
            strike = self._strike_at(*pair.name(body, answers=answers), answers)
            await self._flowing.wait()
            to = pair.client if answers else pair.node
            assert to is not None
            if strike is None or await pair.survives(strike, head + body, to):
                to.write(head + body)
                await to.drain()

    def _strike_at(self, api_key: int, client: str, answers: bool) -> Strike | None:
        for strike in self._strikes:
            kind = (strike.api_key, strike.answers)
            if kind == (api_key, answers) and strike.client in client:
                strike.times -= 1
                if strike.times == 0:
                    self._strikes.remove(strike)
                    strike.done.set()
                return strike
        return None


@contextmanager
def proxied_kafka() -> Iterator[tuple[LocalKafka, Proxy]]:
    """A node, and a proxy before it; who connects to `proxy.servers` goes through."""
    behind, port = free_port(), free_port()
    with LocalKafka(proxied=(behind, port)) as kafka, Proxy(port, behind) as proxy:
        yield kafka, proxy
