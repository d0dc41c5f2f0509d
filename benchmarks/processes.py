"""The CPU time of a local AWS by process: the stack, the handlers of functions, and the clients in this process."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class CpuSeconds:
    """CPU seconds since each process started; `-` gives those between two measurements."""

    stack: float
    handlers: float
    clients: float

    def __sub__(self, earlier: "CpuSeconds") -> "CpuSeconds":
        return CpuSeconds(
            self.stack - earlier.stack, self.handlers - earlier.handlers, self.clients - earlier.clients
        )


def cpu_seconds(stack: int) -> CpuSeconds:
    """Return what the processes of a stack have used. Handlers are the descendants of its process."""
    processes = {int(path.name): _fields(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    descendants = {stack}
    while added := {
        pid for pid, (parent, *_) in processes.items() if parent in descendants and pid not in descendants
    }:
        descendants |= added
    _, own, ended = processes[stack]
    running = sum(sum(processes[pid][1:]) for pid in descendants - {stack})
    mine = os.times()
    return CpuSeconds(own, running + ended, mine.user + mine.system)


def _fields(process: Path) -> tuple[int, float, float]:
    """Return the parent of a process, its CPU seconds, and those of its children that have ended."""
    try:
        fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0, 0.0, 0.0
    own, children = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return int(fields[1]), own / _TICKS, children / _TICKS
