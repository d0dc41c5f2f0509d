"""The transport of Stripe's library: one request for one call, to the address that was called."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import stripe
from payments.stripe_adapter import access


class Handler(BaseHTTPRequestHandler):
    """Redirects /redirect, does not respond to /silent, and returns the request's own headers for other paths."""

    received: list[str]
    over: threading.Event

    def do_POST(self) -> None:
        self.received.append(self.path)
        self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/silent":
            self.over.wait(10)
        content = str(dict(self.headers)).encode()
        self.send_response(307 if self.path == "/redirect" else 200)
        self.send_header("location", "/other")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    Handler.received, Handler.over = [], threading.Event()
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Handler.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def post(url: str) -> tuple[bytes, int]:
    content, status, _ = access.transport().request("post", url, {"Authorization": "Bearer sk_1"}, "amount=1")
    return content, status


def test_redirect_is_a_failure_and_is_not_followed(url: str) -> None:
    with pytest.raises(stripe.APIConnectionError):
        post(f"{url}/redirect")
    assert Handler.received == ["/redirect"]


def test_environment_has_no_effect(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    content, status = post(f"{url}/charge")
    assert (status, b"Bearer sk_1" in content) == (200, True)


def test_silence_is_a_failure_without_a_second_request(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_CALL_SECONDS", 0.2)
    with pytest.raises(stripe.APIConnectionError):
        post(f"{url}/silent")
    assert Handler.received == ["/silent"]
