"""Run by the runtime environment's python, isolated (`-I`); stands for Lambda's /var/runtime/bootstrap.

    _bootstrap.py PARENT HANDLER FOLDER...                      a sandbox
    _bootstrap.py PARENT --template SOCKET MODULE... -- FOLDER...   a process that sandboxes are forked from

PARENT is the pid this one ends with; the folders go first on sys.path. A sandbox imports nothing but AWS's
runtime client, so that is all a handler finds imported. A template has imported the modules as well; it is told
what to fork over the socket, a message each: {"handler", "folders", "cwd", "environment"} with the descriptor of
the output. It answers {"started": pid} and, in time, {"ended": pid, "returncode": …}.
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


def _serve(handler: str) -> None:
    from awslambdaric.__main__ import main as serve  # type: ignore[import-untyped]

    sys.argv = ["bootstrap", handler]
    serve(sys.argv)


def _fork_what_is_asked_for(descriptor: int, modules: list[str], folders: list[str]) -> str:
    """Returns in every process that is forked, as what was asked for, with its handler."""
    import contextlib
    import gc
    import importlib
    import json
    import select
    import signal
    import socket

    own_path = list(sys.path)
    sys.path[:0] = folders
    for module in modules:
        with contextlib.suppress(Exception):  # what cannot be imported here, the handler is to find out
            importlib.import_module(module)
    # What is here stays: a collection in a sandbox would copy every page it looks at.
    gc.collect()
    gc.freeze()
    control = socket.socket(fileno=descriptor)
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    template = os.getpid()
    while True:
        ready, _, _ = select.select([descriptor, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            for pid, returncode in _ended():
                control.send(json.dumps({"ended": pid, "returncode": returncode}).encode())
        if descriptor not in ready:
            continue
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 1)
        if not message:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for end in (woken, wake):
                os.close(end)
            control.close()
            _end_with_parent(template)
            asked = json.loads(message)
            _become(asked["cwd"], asked["environment"], descriptors[0])
            sys.path[:] = asked["folders"] + own_path
            handler: str = asked["handler"]
            return handler
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        os.close(descriptors[0])
        control.send(json.dumps({"started": pid}).encode())


def _become(cwd: str, environment: dict[str, str], output: int) -> None:
    """What a process that is started is from the start."""
    import contextlib
    import time

    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(output)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()


def _ended() -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if not pid:
            return found
        found.append((pid, os.waitstatus_to_exitcode(status)))


def main() -> None:
    parent, handler, *rest = sys.argv[1:]
    _end_with_parent(int(parent))
    if handler == "--template":
        descriptor, *rest = rest
        modules, folders = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
        handler = _fork_what_is_asked_for(int(descriptor), modules, folders)
    else:
        # The folder of this file is not on sys.path under -I; what is there is the runtime's.
        sys.path[:0] = rest
    _serve(handler)


main()
