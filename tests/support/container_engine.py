"""A container engine that records what it is asked to create and creates nothing."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

_IMAGE = {"Id": "sha256:1", "RepoTags": [], "Config": {}, "Created": "2026-01-01T00:00:00Z", "Os": "linux"}


class _Engine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Handler)
        self.created: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    """The requests of Docker's API that SAM CLI sends before a container starts."""

    protocol_version = "HTTP/1.1"
    server: _Engine

    def address_string(self) -> str:
        return "unix"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, response = 200, b"OK"
        if "/version" in self.path:
            response = json.dumps({"ApiVersion": "1.44", "Os": "linux", "Arch": "amd64"}).encode()
        elif "/images/" in self.path:
            response = json.dumps(_IMAGE).encode()
        elif "/build" in self.path:
            response = b'{"stream": "built"}\n'
        elif "/containers/create" in self.path:
            self.server.created.append(json.loads(body))
            status, response = 500, json.dumps({"message": "recorded"}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(response)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response)

    do_GET = do_HEAD = do_POST = do_DELETE = _answer

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextmanager
def recording_engine(socket: Path) -> Iterator[list[dict[str, Any]]]:
    """Serve Docker's API on a socket; yield the bodies of the requests to create a container."""
    engine = _Engine(socket)
    thread = threading.Thread(target=engine.serve_forever, daemon=True)
    thread.start()
    try:
        yield engine.created
    finally:
        engine.shutdown()
        engine.server_close()
        thread.join()
