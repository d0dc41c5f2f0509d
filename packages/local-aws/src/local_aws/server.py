"""The local AWS in one process: MiniStack's services, our Step Functions, our Lambda runner, on one port."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from . import ministack
from .agreement import disagreements
from .credentials import RoleSessions
from .home import PROJECT, CannotStart, Home, RunningStack, endpoint_url
from .lambda_runner import LambdaRunner, PackageStore, Platform, Processes
from .saving import StateSaver
from .stepfunctions import EmbeddedStepFunctions

# What nearly every function imports, and nothing of which looks at the environment when it is imported.
_PRELOADED = ("boto3", "botocore.session", "botocore.client", "pydantic")

# Every build of a layer is another package, of up to 150 MB: those of last week's builds are not used again.
_UNUSED_FOR = 7 * 86400.0

LAMBDA_PYTHON = PROJECT / ".tools" / "lambda-runtime" / "bin" / "python"


def serve(home: Home, port: int, *, lambda_python: Path = LAMBDA_PYTHON) -> None:
    """Run until SIGTERM or SIGINT. Raises CannotStart or StackInUse before anything has started."""
    if not lambda_python.exists():
        raise CannotStart("The environment Lambda handlers run in is missing: run `make setup`.")
    with home.lock():
        _clear_scratch(home.scratch)
        home.prepare()
        _refuse_damage(home.state)
        ministack.configure(home, port)
        try:
            asyncio.run(_serve(home, port, lambda_python))
        finally:
            home.withdraw()


def _clear_scratch(folder: Path) -> None:
    """Temporary files of a stack that was killed are nobody's: the folder is ours while we hold the lock."""
    shutil.rmtree(folder, ignore_errors=True)


def _refuse_damage(state: Path) -> None:
    """MiniStack passes over a file it cannot read, and writes an empty one in its place at the next save."""
    for file in sorted(state.glob("*.json")):
        try:
            orjson.loads(file.read_bytes())
        except ValueError as damage:
            raise CannotStart(
                f"{file} cannot be read ({damage}): put it back from a copy, or start afresh with `till reset`."
            ) from None


async def _serve(home: Home, port: int, lambda_python: Path) -> None:
    from hypercorn.asyncio import serve as serve_http
    from hypercorn.config import Config

    sessions = RoleSessions(endpoint_url(port))
    engine = EmbeddedStepFunctions(home.executions, endpoint_url(port))
    packages = PackageStore(home.packages)
    packages.prune(_UNUSED_FOR)
    runner = LambdaRunner(
        Platform(
            lambda_python,
            endpoint_url(port),
            packages,
            sessions.assume,
            ministack.write_logs,
            Processes(_PRELOADED),
        )
    )
    ministack.install_step_functions(engine)
    ministack.install_lambda(runner.invoke)
    ministack.watch_saving()
    saver = StateSaver(home.state, ministack.save_state)

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def until_stopped() -> None:
        await stop.wait()
        saver.stop()
        await asyncio.to_thread(engine.close)
        await asyncio.to_thread(runner.close)

    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    config.graceful_timeout = 1

    app = _Counting(ministack.application(), saver.touched)
    server = asyncio.create_task(serve_http(app, config, shutdown_trigger=until_stopped))
    ready = asyncio.create_task(_listening(port))
    await asyncio.wait({server, ready}, return_when=asyncio.FIRST_COMPLETED)
    if server.done():
        ready.cancel()
        server.result()
        raise CannotStart("MiniStack ended before it was ready; its log says why.")
    ministack.rewind_streams()
    ministack.readdress_queues()
    for line in await asyncio.to_thread(_disagreements, engine, saver):
        _say(f"! {line}")
    engine.resume()
    saver.start()
    home.announce(RunningStack(os.getpid(), port))
    _say(f"Local AWS is ready on {endpoint_url(port)}")
    await server
    ministack.refuse_unsaved()
    saver.ended_cleanly()


def _disagreements(engine: EmbeddedStepFunctions, saver: StateSaver) -> list[str]:
    last = saver.last()
    later = engine.active_since(last) if last is not None and not last.clean else []
    return disagreements(
        engine.machines(), ministack.deployed_state_machines(), ministack.known_roles(), last, later
    )


def _say(line: str) -> None:
    """For the log, and for the supervisor that reads it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _listening(port: int) -> None:
    """Return when the port answers: the engine's tasks call it from the moment they go on."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


class _Counting:
    """Tells the saver of every request on its way into the application."""

    def __init__(self, app: Any, touched: Callable[[], None]) -> None:
        self._app = app
        self._touched = touched

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self._touched()
        await self._app(scope, receive, send)
