"""The standalone server: `python -m stepfunctions_local --port 8083 --store states.db --endpoint-url URL`."""

import argparse
import asyncio
import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

import uvloop

from .api.loopback import call_own_api
from .api.server import serve
from .engine import Config, Engine
from .errors import StoreError
from .observers.logs import LogDelivery
from .observers.metrics import MetricDelivery
from .observers.status_events import StatusEventDelivery
from .services import LazyServiceClient, ServiceClient
from .storage.store import Store

if TYPE_CHECKING:
    from .faults import Mocks


def main() -> int:
    arguments = _arguments()
    try:
        mocks = _mocks(arguments.mock_config) if arguments.mock_config else None
        store = Store(arguments.store, "FULL" if arguments.power_safe else "NORMAL")
        uvloop.run(_run(arguments, store, mocks))
    except (StoreError, _Unusable) as wrong:
        return _refuse(str(wrong))
    except OSError as wrong:
        return _refuse(f"Cannot start: {wrong}. Give another --port, --store or --mock-config.")
    return 0


class _Unusable(Exception):
    """A mock configuration that cannot be read."""


def _mocks(path: str) -> "Mocks":
    from .faults import MockConfigError, Mocks

    try:
        return Mocks.read(path)
    except MockConfigError as wrong:
        raise _Unusable(str(wrong)) from None


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 (a command's one way to speak)
    return 1


async def _run(arguments: argparse.Namespace, store: Store, mocks: "Mocks | None") -> None:
    if arguments.endpoint_url is not None:
        # An emulator takes any credentials; the role's come on top of these by sts:AssumeRole.
        os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
        os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
    config = Config(region=arguments.region, account=arguments.account)

    def load() -> ServiceClient:
        from .aws_services import AwsServices

        return AwsServices(endpoint_url=arguments.endpoint_url, region=arguments.region)

    services = LazyServiceClient(load)
    engine = Engine(store, services, config=config, own_api=call_own_api)
    engine.observers.append(LogDelivery(engine))
    if arguments.endpoint_url is not None:
        # AWS itself lets nobody write its services' metrics and events.
        engine.observers += [MetricDelivery(engine), StatusEventDelivery(engine)]
    if mocks is not None:
        engine.invoker = mocks.wrap(engine.invoker)
    engine.start()
    # What is here now stays: collections need not look at it again.
    gc.collect()
    gc.freeze()
    server = await serve(engine, arguments.host, arguments.port)
    host, port = server.sockets[0].getsockname()[:2]
    print(f"Step Functions on http://{host}:{port}", flush=True)  # noqa: T201
    ended = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, ended.set)
    store.on_failure = ended.set
    # The first task need not wait for it.
    await services.loaded()
    await ended.wait()
    server.close()
    await engine.close()
    if store.failure is not None:
        raise store.failure


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stepfunctions_local", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8083, help="0 takes a free one")
    parser.add_argument(
        "--store", default="stepfunctions.db", help='the SQLite file; ":memory:" keeps nothing'
    )
    parser.add_argument("--endpoint-url", help="where the services tasks call are; AWS itself when not given")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--account", default="000000000000")
    parser.add_argument("--mock-config", help="an AWS Step Functions Local mock configuration file")
    parser.add_argument(
        "--power-safe", action="store_true", help="sync each commit to disk: survives the loss of power too"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
