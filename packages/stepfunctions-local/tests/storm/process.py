"""The engine's process: start, kill -9, and restart on the same store and port."""

import contextlib
import socket
import subprocess
import sys
import time
from pathlib import Path


class Process:
    def __init__(self, folder: Path):
        self.store, self.log = folder / "states.db", folder / "deliveries.log"
        self._errors = folder / "errors.log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        app = [sys.executable, "-m", "tests.storm.app"]
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                [*app, str(self.store), str(self.log), str(self.port)], stderr=errors
            )

    def kill(self) -> None:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"the engine exited: {self.errors()[-2000:]}")
        self._process.kill()
        self._process.wait()

    def wait_until_up(self) -> None:
        """Wait until the port accepts connections or the process has ended."""
        assert self._process is not None
        while self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
                return
            time.sleep(0.01)

    def errors(self) -> str:
        """Return the engine's error output."""
        return self._errors.read_text() if self._errors.exists() else ""
