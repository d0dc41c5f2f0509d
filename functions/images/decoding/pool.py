"""The decoder pool: image files are decoded in another process, under limits and without this one's credentials."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import cast

from images.decoding.limits import MAX_MEMORY, MAX_SECONDS, Rejected
from images.documents import Rendering

_PASSED_VARIABLES = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH")


class DecoderPool:
    """A fork server kept running between images; started when first needed, restarted when it has died."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        """Return the running fork server; start one, without waiting until it is ready, if there is none."""
        if self._server is None or self._server.poll() is not None:
            environment = {name: os.environ[name] for name in _PASSED_VARIABLES if name in os.environ}
            environment |= {"PYTHONPATH": os.pathsep.join(sys.path), "VIPS_CONCURRENCY": "1"}
            self._server = subprocess.Popen(
                [sys.executable, "-m", "images.decoding.server"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
        return self._server

    def render(
        self, source: Path, folder: Path, memory: int = MAX_MEMORY, seconds: float = MAX_SECONDS
    ) -> Rendering:
        """Render a file in a child process: see `images.decoding.render.render`; add the child's `peak_kib`.

        memory: bytes on top of those of the idle child. Raises Rejected for a file that is refused, exceeds a
        limit or crashes its decoder, and OSError when the fork server itself failed.
        """
        server = self.start()
        assert server.stdin and server.stdout
        job = {"source": str(source), "folder": str(folder), "bytes": memory, "seconds": seconds}
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
        line = server.stdout.readline()
        if not line:
            raise OSError(f"the decoder server exited with {server.wait()} without a result")
        result = json.loads(line)
        if "failure" in result:
            raise OSError(result["failure"])
        if "reason" in result:
            raise Rejected(result["reason"], result["sentence"])
        return cast(Rendering, {**result["rendering"], "peak_kib": result["peak_kib"]})

    def close(self) -> None:
        """Stop the fork server."""
        if self._server is not None:
            self._server.communicate()
            self._server = None
