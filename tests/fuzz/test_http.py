"""A worker's endpoints: whatever is asked, however slowly, they go on answering."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Gauge

from pipeline.runtime.health import HealthServer

HOST = "127.0.0.1"
IDLE = 100
PATHS = (
    "/metrics",
    "/healthz",
    "/readyz",
    "/",
    "*",
    "//metrics",
    "/../metrics",
    "/%ff",
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "G\x00T", "")
SAME_SERVER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server with one metric; what it prints must be nothing."""
    registry = CollectorRegistry()
    Gauge("kairec_ready", "Ready", registry=registry).set(1)
    server = HealthServer(HOST, 0, registry, lambda: "", lambda: "joining")
    yield server.port
    server.close()


def ask(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def is_well(port: int) -> bool:
    metrics, healthy, ready = (ask(port, p) for p in PATHS[:3])
    assert b"kairec_ready 1.0" in metrics[1]
    return (metrics[0], healthy, ready) == (200, (200, b"ok\n"), (503, b"joining\n"))


def say(port: int, request: bytes) -> bytes:
    """Send any bytes, then say that there are no more; what is answered."""
    answer = b""
    with socket.create_connection((HOST, port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        try:
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
    return answer


@SAME_SERVER
@given(
    method=st.sampled_from(METHODS),
    path=st.sampled_from(PATHS) | st.text(max_size=40),
    query=st.text(max_size=40) | st.just("?name[]=kairec_ready&name[]=x"),
    header=st.text(max_size=40),
)
def test_any_request_is_answered(
    port: int, method: str, path: str, query: str, header: str
) -> None:
    request = f"{method} {path}{query} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n"
    answer = say(port, request.encode())
    assert b"Traceback" not in answer
    assert b" 500 " not in answer[:40]


@SAME_SERVER
@given(request=st.binary(max_size=200))
def test_any_bytes_leave_the_server_well(port: int, request: bytes) -> None:
    assert b" 500 " not in say(port, request)[:40]


def test_a_request_that_is_too_long_is_refused(port: int) -> None:
    assert b" 414 " in say(port, b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n")[:40]
    many = b"".join(b"h%d: x\r\n" % n for n in range(200))
    assert b" 431 " in say(port, b"GET /metrics HTTP/1.1\r\n" + many + b"\r\n")[:40]
    assert is_well(port)


def test_connections_that_say_nothing_keep_nobody_from_asking(port: int) -> None:
    before = threading.active_count()
    with ExitStack() as stack:
        for _ in range(IDLE):
            connection = socket.create_connection((HOST, port), timeout=10)
            stack.enter_context(connection)
            connection.sendall(b"GET /metr")
        assert is_well(port)
        assert threading.active_count() - before < IDLE // 2


def test_a_connection_that_is_reset_is_no_news(
    port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(5):
        with socket.create_connection((HOST, port), timeout=10) as connection:
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            connection.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
    assert is_well(port)
    assert capfd.readouterr().err == ""
