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
from .ministack.dynamodb_costs import reduce_dynamodb_costs
from .ministack.error_texts import install_error_texts
from .ministack.events import install_event_checks, publish_aws_event
from .ministack.expression_checks import install_expression_checks
from .ministack.functions import install_async_invocations, install_lambda
from .ministack.http_apis import install_http_apis
from .ministack.http_events import install_http_events
from .ministack.http_routes import install_compiled_routes
from .ministack.index_pages import install_index_pages
from .ministack.inventory import deployed_state_machines, role_arns
from .ministack.json_responses import install_json_responses
from .ministack.log_filters import install_filter_patterns
from .ministack.logs import write_logs
from .ministack.mails import authorize_senders, show_attachments
from .ministack.mapping_checks import install_mapping_checks
from .ministack.message_checks import install_message_checks
from .ministack.multipart_checksums import install_multipart_checksums
from .ministack.nested_stacks import install_nested_stacks
from .ministack.object_checks import install_object_checks
from .ministack.persistence import Persistence, application
from .ministack.policies import (
    authorize_state_machines,
    authorize_transactions_once,
    cache_parsed_policies,
    match_line_feeds,
    name_callers_by_credentials,
)
from .ministack.queue_checks import install_queue_checks
from .ministack.queue_mappings import install_batching_windows
from .ministack.queues import install_message_lock
from .ministack.request_checks import install_request_checks
from .ministack.resource_schemas import install_resource_schemas
from .ministack.resources import install_resources
from .ministack.response_headers import install_response_headers
from .ministack.service_defaults import install_service_defaults
from .ministack.sign_in import install_renewed_tokens
from .ministack.step_functions import install_step_functions
from .ministack.tables import lock_streams
from .ministack.templates import install_template_parser
from .ministack.topics import install_topic_checks
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
    install_resources(engine)
    install_nested_stacks()
    install_template_parser()
    install_resource_schemas()
    install_mapping_checks()
    install_batching_windows()
    install_service_defaults()
    install_multipart_checksums()
    install_object_checks()
    install_http_apis()
    install_http_events()
    install_compiled_routes()
    install_response_headers()
    install_json_responses()
    install_error_texts()
    install_event_checks()
    install_filter_patterns()
    install_topic_checks()
    install_message_lock()
    lock_streams()
    install_message_checks()
    install_queue_checks()
    install_renewed_tokens()
    cache_parsed_policies()
    match_line_feeds()
    authorize_transactions_once()
    name_callers_by_credentials()
    install_expression_checks()
    reduce_dynamodb_costs()
    install_index_pages()
    authorize_state_machines(engine.machine_of_task)
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
