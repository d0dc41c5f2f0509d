"""The fork server: it has the decoders loaded and forks a child for each image, so each starts with clean memory.

Protocol: one JSON job a line on stdin, {"source", "folder", "bytes", "seconds"}; one JSON result a line on stdout,
{"rendering"} | {"reason", "sentence"} | {"failure"}, with the child's "peak_kib". The server exits when stdin closes.
It has one thread and no credentials; the child has a memory limit and is killed at its deadline.
"""

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from images.decoding.limits import Rejected
from images.decoding.render import render

_RESULT = "result.json"
_MAX_FILE = 64 * 1024 * 1024
_LINUX_STATM = Path("/proc/self/statm")


def serve() -> None:
    """Process jobs until stdin closes."""
    for line in sys.stdin:
        print(json.dumps(_run(json.loads(line))), flush=True)  # noqa: T201 - the protocol


def _run(job: dict[str, Any]) -> dict[str, Any]:
    child = os.fork()
    if child == 0:
        _work(job)
    timed_out = False

    def kill(_signal: int, _frame: object) -> None:
        nonlocal timed_out
        timed_out = True
        os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    signal.setitimer(signal.ITIMER_REAL, job["seconds"])
    _, status, usage = os.wait4(child, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return {**_result(job, status, timed_out), "peak_kib": usage.ru_maxrss}


def _result(job: dict[str, Any], status: int, timed_out: bool) -> dict[str, Any]:
    if timed_out:
        return {"reason": "too_slow", "sentence": f"decoding the image took over {job['seconds']} s"}
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return {"reason": "decoder_crashed", "sentence": f"the decoder was ended by {name}"}
    result: dict[str, Any] = json.loads((Path(job["folder"]) / _RESULT).read_bytes())
    return result


def _work(job: dict[str, Any]) -> NoReturn:
    """Run in the child: set the limits, render, write the result, and exit without flushing inherited buffers."""
    try:
        _limit(job["bytes"])
        result = _rendered(job)
        (Path(job["folder"]) / _RESULT).write_text(json.dumps(result))
        os._exit(0)
    finally:
        os.abort()


def _limit(allowed: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_FILE, _MAX_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _LINUX_STATM.exists():
        mapped = int(_LINUX_STATM.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + allowed, mapped + allowed))


def _rendered(job: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"rendering": render(Path(job["source"]), Path(job["folder"]))}
    except Rejected as rejected:
        return {"reason": rejected.reason, "sentence": str(rejected)}
    except MemoryError:
        allowed = job["bytes"] // (1024 * 1024)
        return {"reason": "too_much_memory", "sentence": f"decoding the image needs over {allowed} MiB"}
    except OSError as error:
        return {"failure": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    serve()
