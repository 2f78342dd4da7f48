"""`/metrics`, `/healthz` and `/readyz` on a port of each worker."""

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Check = Callable[[], str]
"""Says what is wrong; empty when all is well."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
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
