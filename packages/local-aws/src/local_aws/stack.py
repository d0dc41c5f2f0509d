"""The parts of a local stack: their construction, start and stop, in order."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import sqlite3
import sys
from pathlib import Path

from .consistency import inconsistencies
from .containers import bridge_address, container_host
from .destinations import Destinations
from .direct_requests import DirectRequests
from .embedded_step_functions import EmbeddedStepFunctions
from .engine_page import with_engine_page
from .errors import UnreadableState, port_in_use
from .http_server import HttpServer, freeze_garbage_collector
from .journal import Journal
from .lambda_runner import LambdaRunner, LogEvent, PackageStore, Platform, ProcessStarter
from .ministack.cloudformation.install import install_cloudformation
from .ministack.dynamodb.install import install_dynamodb
from .ministack.error_texts import install_error_texts
from .ministack.eventbridge.connections import install_connections
from .ministack.eventbridge.events import install_event_checks, publish_aws_event
from .ministack.http_apis.install import install_http_apis
from .ministack.identity.install import install_identity
from .ministack.json_responses import install_json_responses
from .ministack.lambda_functions.functions import install_async_invocations, install_lambda
from .ministack.lambda_functions.mapping_checks import install_mapping_checks
from .ministack.lambda_functions.queue_mappings import install_batching_windows
from .ministack.logs.filters import install_filter_patterns
from .ministack.logs.groups import write_logs
from .ministack.mails import authorize_senders, show_attachments
from .ministack.persistence import Persistence, application
from .ministack.request_checks import install_request_checks
from .ministack.response_headers import install_response_headers
from .ministack.s3.install import install_s3
from .ministack.service_defaults import install_service_defaults
from .ministack.sns.topics import install_topic_checks
from .ministack.sqs.install import install_sqs
from .ministack.step_functions.inventory import deployed_state_machines, role_arns
from .ministack.step_functions.service import install_step_functions
from .role_sessions import RoleSessions
from .settings import PRELOADED_MODULES, endpoint_url
from .state_folder import RunningStack, StateFolder

# Each build of a function or layer is a package of its own, of up to 150 MB: unused ones are deleted.
_PACKAGE_LIFETIME = 7 * 86400.0

_MAINTENANCE_SECONDS = 60.0

_log = logging.getLogger(__name__)


async def run(folder: StateFolder, port: int, lambda_python: Path) -> None:
    """Run a stack until SIGTERM or SIGINT. Raise CannotStart."""
    listeners = [_listen("127.0.0.1", port)]
    bridge = bridge_address()
    if bridge is not None:
        listeners.append(_listen(bridge, port))
    journal = _open_journal(folder.journal)
    direct = DirectRequests(application(), asyncio.get_running_loop())
    engine = EmbeddedStepFunctions(folder.executions, endpoint_url(port), publish_aws_event, direct.send)
    roles = RoleSessions(endpoint_url(port))
    runner = _lambda_runner(folder, port, lambda_python, journal, roles)
    install_step_functions(engine)
    install_request_checks()
    install_lambda(runner.invoke)
    asynchronous = install_async_invocations(journal, Destinations(endpoint_url(port), roles.assume_now).send)
    install_cloudformation(engine)
    install_mapping_checks()
    install_batching_windows()
    install_service_defaults()
    install_s3()
    install_http_apis()
    install_response_headers()
    install_json_responses()
    install_error_texts()
    install_event_checks()
    install_connections()
    install_filter_patterns()
    install_topic_checks()
    install_sqs()
    install_identity(engine.machine_of_task)
    install_dynamodb()
    authorize_senders()
    show_attachments()
    persistence = Persistence(journal)

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    server = HttpServer(with_engine_page(application(), engine), listeners)
    await server.start()
    warnings = await asyncio.to_thread(_warnings, engine)
    persistence.clean_up()
    engine.resume()
    asynchronous.resume()
    maintenance = asyncio.create_task(_maintain(persistence))
    folder.announce(RunningStack(os.getpid(), port, tuple(warnings), container_host(bridge)))
    for line in [*warnings, f"Local AWS is ready on {endpoint_url(port)}"]:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    freeze_garbage_collector()
    await stop.wait()
    await asyncio.to_thread(engine.close)
    await asyncio.to_thread(runner.close)
    await server.stop()
    maintenance.cancel()
    journal.close()


def _open_journal(path: Path) -> Journal:
    try:
        return Journal(path)
    except sqlite3.DatabaseError as error:
        raise UnreadableState(f"{path} cannot be read: {error}.") from None


def _lambda_runner(
    folder: StateFolder, port: int, lambda_python: Path, journal: Journal, roles: RoleSessions
) -> LambdaRunner:
    packages = PackageStore(folder.packages)
    packages.prune(_PACKAGE_LIFETIME)

    def write_logs_in_group(group: str, stream: str, events: list[LogEvent]) -> None:
        with journal.group():
            write_logs(group, stream, events)

    processes = ProcessStarter(PRELOADED_MODULES)
    return LambdaRunner(
        Platform(lambda_python, endpoint_url(port), packages, roles.assume, write_logs_in_group, processes)
    )


def _listen(address: str, port: int) -> socket.socket:
    """Return a socket that has the port of an address. Raise PortInUse."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise port_in_use(port) from None
        raise
    return listener


def _warnings(engine: EmbeddedStepFunctions) -> list[str]:
    return inconsistencies(engine.machines(), deployed_state_machines(), role_arns())


async def _maintain(persistence: Persistence) -> None:
    while True:
        await asyncio.sleep(_MAINTENANCE_SECONDS)
        try:
            persistence.maintain()
        except Exception:
            _log.exception("Maintenance failed; it runs again in %.0f s", _MAINTENANCE_SECONDS)
