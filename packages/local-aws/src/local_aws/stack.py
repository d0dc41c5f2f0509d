"""The parts of a local stack: their construction, start and stop, in order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve as serve_http
from hypercorn.config import Config

from .consistency import inconsistencies
from .embedded_step_functions import EmbeddedStepFunctions
from .errors import CannotStart
from .lambda_runner import LambdaRunner, PackageStore, Platform, ProcessStarter
from .ministack import persistence
from .ministack.events import publish_aws_event
from .ministack.functions import install_lambda, rewind_streams
from .ministack.inventory import deployed_state_machines, role_arns
from .ministack.logs import write_logs
from .ministack.queues import readdress_queues
from .ministack.step_functions import install_step_functions
from .role_sessions import RoleSessions
from .settings import endpoint_url
from .snapshots import SnapshotTimer, last_save
from .state_folder import RunningStack, StateFolder

# Modules that nearly every function imports and that do not read the environment when they are imported.
_PRELOADED = ("boto3", "botocore.session", "botocore.client", "pydantic")

# Each build of a function or layer is a package of its own, of up to 150 MB: unused ones are deleted.
_PACKAGE_LIFETIME = 7 * 86400.0


async def run(folder: StateFolder, port: int, lambda_python: Path) -> None:
    """Run a stack until SIGTERM or SIGINT. Raise CannotStart."""
    engine = EmbeddedStepFunctions(folder.executions, endpoint_url(port), publish_aws_event)
    runner = _lambda_runner(folder, port, lambda_python)
    install_step_functions(engine)
    install_lambda(runner.invoke)
    persistence.collect_save_errors()
    snapshots = SnapshotTimer(folder, persistence.save_state)

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def until_stopped() -> None:
        await stop.wait()
        snapshots.stop()
        await asyncio.to_thread(engine.close)
        await asyncio.to_thread(runner.close)

    app = _RequestHook(persistence.application(), snapshots.mark_changed)
    server = asyncio.create_task(serve_http(app, _http_config(port), shutdown_trigger=until_stopped))
    await _until_listening(server, port)
    rewind_streams()
    readdress_queues()
    warnings = await asyncio.to_thread(_warnings, folder, engine)
    engine.resume()
    snapshots.start()
    folder.announce(RunningStack(os.getpid(), port, tuple(warnings)))
    for line in [*warnings, f"Local AWS is ready on {endpoint_url(port)}"]:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    await server
    persistence.check_saved()
    snapshots.record_clean_stop()


def _lambda_runner(folder: StateFolder, port: int, lambda_python: Path) -> LambdaRunner:
    packages = PackageStore(folder.packages)
    packages.prune(_PACKAGE_LIFETIME)
    roles = RoleSessions(endpoint_url(port))
    return LambdaRunner(
        Platform(
            lambda_python, endpoint_url(port), packages, roles.assume, write_logs, ProcessStarter(_PRELOADED)
        )
    )


def _http_config(port: int) -> Config:
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    config.graceful_timeout = 1
    return config


def _warnings(folder: StateFolder, engine: EmbeddedStepFunctions) -> list[str]:
    last = last_save(folder)
    later = engine.active_since(last) if last is not None and not last.clean else []
    return inconsistencies(engine.machines(), deployed_state_machines(), role_arns(), last, later)


async def _until_listening(server: asyncio.Task[None], port: int) -> None:
    """Return when the port accepts connections. Raise the server's error if it ends first."""
    listening = asyncio.create_task(_connect(port))
    await asyncio.wait({server, listening}, return_when=asyncio.FIRST_COMPLETED)
    if server.done():
        listening.cancel()
        server.result()
        raise CannotStart("MiniStack ended before it was ready; the log says why.")


async def _connect(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


class _RequestHook:
    """An ASGI application that calls a function before each request."""

    def __init__(self, app: Any, before_request: Callable[[], None]) -> None:
        self._app = app
        self._before_request = before_request

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self._before_request()
        await self._app(scope, receive, send)
