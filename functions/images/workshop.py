"""Where pictures are decoded: outside this process, under limits, without its credentials."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from images.limits import MAX_MEMORY, MAX_SECONDS, Rejected

_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH")


class Workshop:
    """A zygote kept warm between pictures; it is started when first needed and replaced when it died."""

    def __init__(self) -> None:
        self._zygote: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        """The running zygote; starts one, without waiting for it to be ready, when there is none."""
        if self._zygote is None or self._zygote.poll() is not None:
            environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
            environment |= {"PYTHONPATH": os.pathsep.join(sys.path), "VIPS_CONCURRENCY": "1"}
            self._zygote = subprocess.Popen(
                [sys.executable, "-m", "images.zygote"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
        return self._zygote

    def render(
        self, source: Path, folder: Path, memory: int = MAX_MEMORY, seconds: float = MAX_SECONDS
    ) -> dict[str, Any]:
        """As `images.render.render`, with the child's `peak_kib`; memory in bytes on top of the idle child.

        Raises Rejected for a picture that is refused, too slow, too hungry or that kills its decoder,
        and OSError when the workshop itself failed.
        """
        zygote = self.start()
        assert zygote.stdin and zygote.stdout
        job = {"source": str(source), "folder": str(folder), "bytes": memory, "seconds": seconds}
        zygote.stdin.write(json.dumps(job) + "\n")
        zygote.stdin.flush()
        line = zygote.stdout.readline()
        if not line:
            raise OSError(f"the decoding process ended with {zygote.wait()}; expected an answer")
        answer = json.loads(line)
        if "failure" in answer:
            raise OSError(answer["failure"])
        if "reason" in answer:
            raise Rejected(answer["reason"], answer["sentence"])
        facts: dict[str, Any] = answer["facts"]
        return {**facts, "peak_kib": answer["peak_kib"]}

    def close(self) -> None:
        """End the zygote."""
        if self._zygote is not None:
            self._zygote.communicate()
            self._zygote = None
