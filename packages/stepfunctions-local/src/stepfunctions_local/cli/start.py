"""`start`: the engine as a server.

The environment variables of AWS Step Functions Local are accepted.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local.html
"""

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

import uvloop

from ..api.loopback import call_own_api
from ..api.server import serve
from ..engine import Config, Engine
from ..faults import MockConfigError, Mocks
from ..observers.logs import LogDelivery
from ..observers.metrics import MetricDelivery
from ..observers.status_events import StatusEventDelivery
from ..observers.traces import TraceDelivery
from ..services import LazyServiceClient, ServiceClient
from ..storage.store import Store
from .errors import CommandError

# The endpoint variables of AWS Step Functions Local, by botocore's service names.
_ENDPOINT_VARIABLES = {
    "lambda": "LAMBDA_ENDPOINT",
    "batch": "BATCH_ENDPOINT",
    "dynamodb": "DYNAMODB_ENDPOINT",
    "ecs": "ECS_ENDPOINT",
    "glue": "GLUE_ENDPOINT",
    "sagemaker": "SAGE_MAKER_ENDPOINT",
    "sqs": "SQS_ENDPOINT",
    "sns": "SNS_ENDPOINT",
}


def add_parser(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "start",
        help="Start the server.",
        description="Start the server. Options in capitals are environment variables, as in AWS Step Functions Local.",
        epilog="Also accepted: " + ", ".join(_ENDPOINT_VARIABLES.values()) + ", STEP_FUNCTIONS_ENDPOINT.",
    )
    environment = os.environ
    parser.add_argument("--host", default="127.0.0.1", help="Address to listen on (default %(default)s).")
    parser.add_argument(
        "--port",
        type=int,
        default=8083,
        help="Port to listen on (default %(default)s); 0 chooses a free one.",
    )
    parser.add_argument(
        "--store", default="stepfunctions.db", help='SQLite file (default %(default)s), or ":memory:".'
    )
    parser.add_argument(
        "--endpoint-url", help="URL of the services that tasks call; default: the services of AWS."
    )
    parser.add_argument(
        "--region",
        default=environment.get("AWS_DEFAULT_REGION", "us-east-1"),
        help="Region (AWS_DEFAULT_REGION; default us-east-1).",
    )
    parser.add_argument(
        "--account",
        default=environment.get("AWS_ACCOUNT_ID", "123456789012"),
        help="Account (AWS_ACCOUNT_ID; default 123456789012).",
    )
    parser.add_argument(
        "--retention-days",
        type=float,
        default=90,
        help="Days after which an ended execution is deleted (default %(default)s); 0 for never.",
    )
    parser.add_argument(
        "--wait-time-scale",
        type=float,
        # argparse converts a text when the command is run, and reports one that is not a number.
        default=environment.get("WAIT_TIME_SCALE") or "1",
        help="Factor of the duration of Wait states (WAIT_TIME_SCALE; default 1).",
    )
    parser.add_argument(
        "--mock-config", default=environment.get("SFN_MOCK_CONFIG"), help="Mock file (SFN_MOCK_CONFIG)."
    )
    parser.add_argument(
        "--no-assume-roles",
        action="store_true",
        help="Call services without assuming the state machines' roles.",
    )
    parser.add_argument("--power-safe", action="store_true", help="Sync each commit to disk.")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the server until it is interrupted."""
    try:
        mocks = Mocks.read(arguments.mock_config) if arguments.mock_config else None
    except MockConfigError as error:
        raise CommandError(str(error)) from None
    store = Store(arguments.store, "FULL" if arguments.power_safe else "NORMAL")
    uvloop.run(_serve(arguments, store, mocks))
    return 0


async def _serve(arguments: argparse.Namespace, store: Store, mocks: Mocks | None) -> None:
    config = Config(
        region=arguments.region,
        account=arguments.account,
        wait_time_scale=arguments.wait_time_scale,
        retention_days=arguments.retention_days or None,
    )
    services = LazyServiceClient(lambda: _services(arguments, os.environ))
    engine = Engine(store, services, config=config, own_api=call_own_api)
    engine.observers += [LogDelivery(engine), TraceDelivery(engine)]
    if arguments.endpoint_url is not None:
        # AWS rejects metrics and events in its own namespaces.
        engine.observers += [MetricDelivery(engine), StatusEventDelivery(engine)]
    if mocks is not None:
        engine.invoker = mocks.wrap(engine.invoker)
    engine.start()
    # Objects that exist now are permanent: exclude them from garbage collections.
    gc.collect()
    gc.freeze()
    server = await serve(engine, arguments.host, arguments.port)
    host, port = server.sockets[0].getsockname()[:2]
    sys.stdout.write(f"Step Functions on http://{host}:{port}\n")
    sys.stdout.flush()
    stopped = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stopped.set)
    store.on_failure = stopped.set
    # Load botocore now: the first task must not wait for it.
    await services.loaded()
    await stopped.wait()
    server.close()
    await engine.close()
    if store.failure is not None:
        raise store.failure


def _services(arguments: argparse.Namespace, environment: Mapping[str, str]) -> ServiceClient:
    from ..aws_services import AwsServices

    endpoints = {
        service: environment[variable]
        for service, variable in _ENDPOINT_VARIABLES.items()
        if environment.get(variable)
    }
    if endpoints or arguments.endpoint_url is not None:
        # Emulators accept any credentials.
        os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
        os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
    return AwsServices(
        endpoint_url=arguments.endpoint_url,
        endpoints=endpoints,
        region=arguments.region,
        # AWS Step Functions Local does not assume roles; its users' roles often do not exist.
        assume_roles=not (arguments.no_assume_roles or endpoints),
    )
