"""Run a command as a group of processes that ends when the caller ends, even by SIGKILL.

python -m till.process_group CALLER COMMAND [ARGUMENT...]: CALLER is the process id of the parent. This process leads
the group. It ends with the command's exit code, after the command.
"""

import os
import signal
import subprocess
import sys
import threading

_POLL_SECONDS = 0.5


def main(caller: int, command: list[str]) -> int:
    terminated = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: terminated.set())
    with subprocess.Popen(command) as process:
        while True:
            try:
                return process.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                if terminated.is_set() or os.getppid() != caller:
                    os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
