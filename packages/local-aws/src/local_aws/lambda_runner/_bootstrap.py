"""Run by the runtime environment's python, isolated (`-I`), in the place of Lambda's /var/runtime/bootstrap.

    _bootstrap.py PARENT HANDLER FOLDER...                          a sandbox
    _bootstrap.py PARENT --fork-server SOCKET MODULE... -- FOLDER...   a process that forks sandboxes

PARENT is the pid that this process ends with; the folders are put first on sys.path. A sandbox imports AWS's
runtime client and nothing else, so a handler finds nothing else imported. A fork server imports the modules as
well, and forks a sandbox for each message on the socket: {"handler", "folders", "cwd", "environment"} with the
descriptor of the output. It sends {"started": pid} and later {"ended": pid, "returncode": …}.
"""

import os
import sys


def _end_with_parent(parent: int) -> None:
    """End this process when the one that started it ends, by kill -9 too."""
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
            # Standard input is a pipe that only the parent holds: end of file means that the parent ended.
            os.read(0, 1)
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


def _make_files_read_only(except_in: list[str]) -> None:
    """Forbid this process and its children to change files outside of some folders, as in Lambda.

    Uses Landlock (https://docs.kernel.org/userspace-api/landlock.html); without it, nothing is forbidden.
    """
    if sys.platform != "linux":
        return
    import ctypes
    import struct

    create_ruleset, add_rule, restrict_self = 444, 445, 446
    write, remove_and_make, refer, truncate = 1 << 1, 0b1_1111_1111 << 4, 1 << 13, 1 << 14
    no_new_privileges, version_flag, path_beneath = 38, 1, 1
    libc = ctypes.CDLL(None)
    version = libc.syscall(create_ruleset, None, 0, version_flag)
    if version < 1:
        return
    rights = write | remove_and_make | (refer if version >= 2 else 0) | (truncate if version >= 3 else 0)
    ruleset = libc.syscall(create_ruleset, struct.pack("=Q", rights), 8, 0)
    if ruleset < 0:
        return
    for folder in except_in:
        descriptor = os.open(folder, os.O_PATH | os.O_CLOEXEC)
        libc.syscall(add_rule, ruleset, path_beneath, struct.pack("=Qi", rights, descriptor), 0)
        os.close(descriptor)
    libc.prctl(no_new_privileges, 1, 0, 0, 0)
    libc.syscall(restrict_self, ruleset, 0)
    os.close(ruleset)


def _reject_writes(read_only: list[str], writable: list[str]) -> None:
    """Raise the error of a read-only file system, as in Lambda, when Python code changes files there.

    Landlock has no exceptions within a folder that can be written, has another error, and is not everywhere.
    """
    import errno

    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    # Where the paths of each event are that change, and from where on its folder descriptors: -1 without one.
    changes = {
        "os.mkdir": (0, 1, 2), "os.remove": (0, 1, 1), "os.rmdir": (0, 1, 1), "os.truncate": (0, 1, 2),
        "os.chmod": (0, 1, 2), "os.utime": (0, 1, 3), "os.rename": (0, 2, 2), "os.link": (1, 2, 2),
        "os.symlink": (1, 2, 2),
    }  # fmt: skip
    # With a slash at the end, so that "/tmp" does not match "/tmpfs".
    forbidden, allowed = (
        tuple(f"{folder.rstrip('/')}/" for folder in side) for side in (read_only, writable)
    )

    def check(event: str, args: tuple[object, ...]) -> None:
        if event == "open":
            path, mode, flags = args
            if not isinstance(flags, int) or not flags & writing:
                return
            # os.open, which has no mode, may have a folder descriptor that is not in the event.
            is_certain = mode is not None or str(path).startswith("/")
            paths: tuple[object, ...] = (path,) if is_certain else ()
        elif event in changes:
            first, end, descriptors = changes[event]
            if any(descriptor != -1 for descriptor in args[descriptors:]):
                return
            paths = args[first:end]
        else:
            return
        for path in paths:
            if isinstance(path, str | bytes | os.PathLike):
                absolute = os.path.abspath(os.fsdecode(path)) + "/"  # noqa: PTH100 - links stay as they are
                if absolute.startswith(forbidden) or not absolute.startswith(allowed):
                    raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)

    sys.addaudithook(check)


def _serve(handler: str, folders: list[str]) -> None:
    from awslambdaric.__main__ import main as serve
    from awslambdaric.lambda_config import LambdaConfigProvider

    # The runtime client starts a thread for each invocation, in which it waits for the next one, so that signals are
    # handled meanwhile. A sandbox gets none then: between invocations, Lambda freezes it.
    LambdaConfigProvider.SUPPORTED_THREADPOLLING_ENVS = set()
    writable = [os.environ["TMPDIR"], "/tmp", "/dev", "/proc"]  # noqa: S108
    _make_files_read_only(writable)
    _reject_writes(folders, writable)
    sys.argv = ["bootstrap", handler]
    serve(sys.argv)


def _run_fork_server(descriptor: int, modules: list[str], folders: list[str]) -> tuple[str, list[str]]:
    """Fork a process for each message; return in the forked process, with its handler and folders."""
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
        with contextlib.suppress(Exception):  # the handler that imports it gets the error
            importlib.import_module(module)
    # A garbage collection in a sandbox would copy every shared page that it visits.
    gc.collect()
    gc.freeze()
    control = socket.socket(fileno=descriptor)
    wakeup_read, wakeup_write = os.pipe()
    for end in (wakeup_read, wakeup_write):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wakeup_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    server = os.getpid()
    while True:
        ready, _, _ = select.select([descriptor, wakeup_read], [], [])
        if wakeup_read in ready:
            os.read(wakeup_read, 4096)
            for pid, returncode in _ended_children():
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
            for end in (wakeup_read, wakeup_write):
                os.close(end)
            control.close()
            _end_with_parent(server)
            launch = json.loads(message)
            _set_up_sandbox(launch["cwd"], launch["environment"], descriptors[0])
            sys.path[:] = launch["folders"] + own_path
            handler: str = launch["handler"]
            return handler, launch["folders"]
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        os.close(descriptors[0])
        control.send(json.dumps({"started": pid}).encode())


def _set_up_sandbox(cwd: str, environment: dict[str, str], output: int) -> None:
    """Give a forked process its process group, output, folder and environment."""
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


def _ended_children() -> list[tuple[int, int]]:
    ended: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if not pid:
            return ended
        ended.append((pid, os.waitstatus_to_exitcode(status)))


def main() -> None:
    parent, handler, *rest = sys.argv[1:]
    _end_with_parent(int(parent))
    if handler == "--fork-server":
        descriptor, *rest = rest
        modules, folders = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
        handler, rest = _run_fork_server(int(descriptor), modules, folders)
    else:
        # -I leaves the folder of this file off sys.path: what is there belongs to the runtime.
        sys.path[:0] = rest
    _serve(handler, rest)


main()
