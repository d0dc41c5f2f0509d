"""Run in the sandbox's own process by the runtime environment's python, isolated (`-I`).

Arguments: the parent's pid, the handler, then the folders to put first on sys.path. Stands for Lambda's
/var/runtime/bootstrap; imports nothing but AWS's runtime client, so that is all a handler finds.
"""

import os
import sys


def _end_with_parent(parent: int) -> None:
    """Ask the kernel to end this process with the one that started it, kill -9 included."""
    if sys.platform == "linux":
        import ctypes
        import signal

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    else:
        import threading

        def watch() -> None:
            # Standard input is a pipe only the parent holds: it reads empty when the parent is gone.
            os.read(0, 1)
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    parent, handler, *folders = sys.argv[1:]
    _end_with_parent(int(parent))
    # The folder of this file is not on sys.path under -I; what is there is the runtime's.
    sys.path[:0] = folders
    from awslambdaric.__main__ import main as serve  # type: ignore[import-untyped]

    sys.argv = ["bootstrap", handler]
    serve(sys.argv)


main()
