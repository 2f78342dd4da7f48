"""`/metrics`, `/healthz` and `/readyz` on a port of each worker."""

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Check = Callable[[], str]
"""Says what is wrong; empty when all is well."""


MOST_CONNECTIONS = 32
"""Above it the oldest is cut: whoever says nothing keeps nobody from asking."""

SILENCE_S = 10.0


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, *args: Any, **named: Any) -> None:
        self._open: dict[Any, None] = {}
        self._lock = threading.Lock()
        super().__init__(*args, **named)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread, unless there are too many; then cut the oldest."""
        with self._lock:
            self._open[request] = None
            full = len(self._open) > MOST_CONNECTIONS
            oldest = next(iter(self._open)) if full else None
            self._open.pop(oldest, None)
        if oldest is not None:
            with contextlib.suppress(OSError):
                oldest.shutdown(socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was lost is no news; all else is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Quiet(WSGIRequestHandler):
    timeout = SILENCE_S

    def log_message(self, format: str, *args: object) -> None:
        """Requests are no news."""


class HealthServer:
    """Answers on a thread of its own.

    Args:
        host: Address to listen on.
        port: 0 finds a free one.
        registry: What `/metrics` shows.
        healthy: Whether the loop goes round; else a restart helps.
        ready: Whether it works; else it joins, restores, or waits for Kafka.

    Raises:
        OSError: the port is taken.
    """

    def __init__(
        self,
        host: str,
        port: int,
        registry: CollectorRegistry,
        healthy: Check,
        ready: Check,
    ) -> None:
        self._metrics = make_wsgi_app(registry)
        self._checks = {"/healthz": healthy, "/readyz": ready}
        self._server = make_server(host, port, self._answer, _Server, _Quiet)
        self.port = int(self._server.server_port)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answer(
        self, environ: "WSGIEnvironment", start: "StartResponse"
    ) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            shown: Iterable[bytes] = self._metrics(environ, start)
            return shown
        plain = [("Content-Type", "text/plain; charset=utf-8")]
        check = self._checks.get(path)
        if check is None:
            start("404 Not Found", plain)
            return [b"there are /metrics, /healthz and /readyz\n"]
        wrong = check()
        start("503 Service Unavailable" if wrong else "200 OK", plain)
        return [f"{wrong or 'ok'}\n".encode()]

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
