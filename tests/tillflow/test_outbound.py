"""Outgoing calls: what they refuse, and that none lasts longer than its deadline."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from tillflow import outbound
from tillflow.errors import InvalidRequest
from tillflow.outbound import CallFailed, check_url, leads_inside, post

type Respond = Callable[[socket.socket], None]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Respond], str]]:
    """Serve one connection with a function; return its URL. Local addresses are allowed."""
    monkeypatch.setenv("LOCAL_ADDRESSES", "allow")
    open_servers: list[socket.socket] = []

    def start(respond: Respond) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        open_servers.append(server)

        def run() -> None:
            with server.accept()[0] as connection:
                connection.recv(65536)
                respond(connection)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/hook"

    yield start
    for server in open_servers:
        server.close()


def responding(status: str, body: bytes = b"", headers: str = "") -> Respond:
    head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return lambda connection: connection.sendall(head.encode() + body)


def test_2xx_is_a_response(serve: Callable[[Respond], str]) -> None:
    response = post(serve(responding("202 Accepted", b"ok")), b"{}", {})
    assert (response.status, response.body) == (202, b"ok")


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "307 Temporary", "404 Not Found", "500 Error", "199 Odd"]
)
def test_status_outside_2xx_is_a_failure_and_redirects_are_not_followed(
    serve: Callable[[Respond], str], status: str
) -> None:
    url = serve(responding(status, headers="Location: http://127.0.0.1:1/\r\n"))
    with pytest.raises(CallFailed, match=f"status {status[:3]}|within|BadStatus|RemoteDisconnected"):
        post(url, b"{}", {}, deadline=1)


def test_response_that_is_not_http_is_a_failure(serve: Callable[[Respond], str]) -> None:
    with pytest.raises(CallFailed, match="BadStatusLine"):
        post(serve(lambda connection: connection.sendall(b"garbage\r\n\r\n")), b"{}", {})


def test_connection_that_is_closed_at_once_is_a_failure(serve: Callable[[Respond], str]) -> None:
    with pytest.raises(CallFailed):
        post(serve(lambda connection: connection.close()), b"{}", {})


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_slow_drip_ends_at_the_deadline(serve: Callable[[Respond], str], scheme: str) -> None:
    """A status line, or the record of a TLS handshake, of which a byte arrives now and then."""
    sent = b"HTTP/1.1 200 OK" + b" " * 100 if scheme == "http" else b"\x16\x03\x03\x40\x00" + bytes(100)

    def drip(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            for number in range(60):
                connection.sendall(sent[number : number + 1])
                time.sleep(0.1)

    url = serve(drip).replace("http", scheme, 1)
    began = time.monotonic()
    with pytest.raises(CallFailed, match=r"within 0\.5 s"):
        post(url, b"{}", {}, deadline=0.5)
    assert time.monotonic() - began < 3


def test_slow_resolver_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving = threading.Event()

    def wait(*_: Any, **__: Any) -> Any:
        resolving.wait(10)
        return []

    monkeypatch.setattr(outbound.socket, "getaddrinfo", wait)
    with pytest.raises(CallFailed, match=r"within 0\.2 s"):
        post("https://supplier.example/", b"", {}, deadline=0.2)
    resolving.set()


def test_time_of_the_resolver_counts_towards_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    timeouts: list[float] = []

    def resolve(*_: Any, **__: Any) -> Any:
        time.sleep(0.3)
        return [(2, 1, 6, "", ("93.184.216.34", 443))]

    def connect(address: Any, timeout: float) -> socket.socket:
        timeouts.append(timeout)
        raise TimeoutError

    monkeypatch.setattr(outbound.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(outbound.socket, "create_connection", connect)
    with pytest.raises(CallFailed):
        post("https://supplier.example/", b"", {}, deadline=1)
    assert timeouts[0] < 0.75


def test_deadline_that_passes_while_connecting_ends_the_call(
    serve: Callable[[Respond], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is made in the moment in which the deadline passes: no response is waited for any more."""
    url, connect = serve(responding("200 OK")), socket.create_connection

    def slow(*arguments: Any) -> socket.socket:
        connected = connect(*arguments)
        time.sleep(0.5)
        return connected

    monkeypatch.setattr(outbound.socket, "create_connection", slow)
    with pytest.raises(CallFailed, match=r"within 0\.2 s"):
        post(url, b"{}", {}, deadline=0.2)


def test_large_response_is_a_failure(serve: Callable[[Respond], str]) -> None:
    with pytest.raises(CallFailed, match="more than"):
        post(serve(responding("200 OK", b"x" * (outbound.MAX_RESPONSE_BYTES + 1))), b"{}", {})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook",
        "//host/hook",
        "ftp://host/",
        "file:///etc/passwd",
        "http://supplier.example/",
        "https://",
        "https:///path",
        "https://host:99999/",
        "https://user:secret@host/",
        "https://host/#part",
        "https://ho st/",
        "https://host/\r\nX: y",
        "https://höst/",
        "https://[::1",
        "https://host/" + "a" * 1100,
    ],
)
def test_address_that_may_not_be_called_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="address"):
        check_url(url)


@pytest.mark.parametrize(
    "url", ["https://supplier.example/orders?x=1", "https://supplier.example:8443", "https://8.8.8.8/"]
)
def test_https_url_may_be_called(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0X7F.1",
        "0177.0.0.1",
        "017700000001",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.257",
        "169.254.169.254",
        "0",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "localhost",
        "LOCALHOST.",
        "shop.localhost",
        "[::1]",
        "[::]",
        "[fe80::1%25eth0]",
        "[fd00::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[64:ff9b::a9fe:a9fe]",
        "[::127.0.0.1]",
    ],
)
def test_literal_of_an_address_that_is_not_public_leads_inside(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    assert leads_inside(f"https://{host}/hook")
    assert leads_inside(f"https://{host}:8443")
    monkeypatch.setenv("LOCAL_ADDRESSES", "allow")
    assert not leads_inside(f"https://{host}/hook")


@pytest.mark.parametrize(
    "host",
    ["supplier.example", "8.8.8.8", "134744072", "[2606:4700::1111]", "localhost.example", "127.example"],
)
def test_name_or_public_literal_does_not_lead_inside(host: str) -> None:
    assert not leads_inside(f"https://{host}/hook")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a9fe:a9fe",
        "::127.0.0.1",
        "fec0::1",
    ],
)
def test_host_without_a_public_address_is_not_called(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    resolved = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", (address, 443))]
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: resolved)
    monkeypatch.setattr(outbound.socket, "create_connection", _fail_on_connect)
    with pytest.raises(CallFailed, match="not a public address"):
        post("https://supplier.example/", b"", {})


def _fail_on_connect(*_: Any, **__: Any) -> socket.socket:
    raise AssertionError("a connection was opened")


def test_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = iter([[(2, 1, 6, "", ("93.184.216.34", 443))], [(2, 1, 6, "", ("127.0.0.1", 443))]])
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: next(addresses))
    called: list[Any] = []

    def connect(address: Any, timeout: float) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(outbound.socket, "create_connection", connect)
    with pytest.raises(CallFailed):
        post("https://supplier.example/", b"", {})
    assert called == [("93.184.216.34", 443)]


def test_host_that_does_not_resolve_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(outbound.socket, "getaddrinfo", fail)
    with pytest.raises(CallFailed, match="does not resolve"):
        post("https://supplier.example/", b"", {})


def test_port_that_refuses_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_ADDRESSES", "allow")
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    with pytest.raises(CallFailed, match="ConnectionRefused"):
        post(f"http://127.0.0.1:{port}/", b"", {})
