"""The process that forks a child for each picture: decoders loaded once, a clean memory every time.

Reads one JSON job a line from stdin, {"source", "folder", "bytes", "seconds"}, and answers each with one
line: {"facts"} | {"reason", "sentence"} | {"failure"}, with "peak_kib" of the child. Ends with stdin.
It holds no credentials and one thread; the child has a limit on memory and is killed at its deadline.
"""

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from images.limits import Rejected
from images.render import render

_ANSWER = "answer.json"
_MAX_FILE = 64 * 1024 * 1024
_LINUX_STATM = Path("/proc/self/statm")


def serve() -> None:
    """Answer jobs until stdin closes."""
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
    _, status, used = os.wait4(child, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return {**_verdict(job, status, timed_out), "peak_kib": used.ru_maxrss}


def _verdict(job: dict[str, Any], status: int, timed_out: bool) -> dict[str, Any]:
    if timed_out:
        sentence = f"the picture took over {job['seconds']} s to decode; expected less"
        return {"reason": "too_slow", "sentence": sentence}
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return {"reason": "decoder_crashed", "sentence": f"the decoder died of {name}; expected a picture"}
    answer: dict[str, Any] = json.loads((Path(job["folder"]) / _ANSWER).read_bytes())
    return answer


def _work(job: dict[str, Any]) -> NoReturn:
    """In the child: limit, render, leave the answer, and end without a word to the parent's buffers."""
    try:
        _limit(job["bytes"])
        answer = _answer(job)
        (Path(job["folder"]) / _ANSWER).write_text(json.dumps(answer))
        os._exit(0)
    finally:
        os.abort()


def _limit(allowed: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_FILE, _MAX_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _LINUX_STATM.exists():
        mapped = int(_LINUX_STATM.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + allowed, mapped + allowed))


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"facts": render(Path(job["source"]), Path(job["folder"]))}
    except Rejected as rejected:
        return {"reason": rejected.reason, "sentence": str(rejected)}
    except MemoryError:
        allowed = job["bytes"] // (1024 * 1024)
        sentence = f"the picture needs over {allowed} MiB to decode; expected less"
        return {"reason": "too_much_memory", "sentence": sentence}
    except OSError as error:
        return {"failure": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    serve()
