"""An engine in a process of its own, to be killed. The services stay in the test process; every call goes there."""

import asyncio
import sys
from collections.abc import Mapping
from multiprocessing.connection import Client
from typing import Any

from stepfunctions_local.api.loopback import call_own_api
from stepfunctions_local.api.server import serve
from stepfunctions_local.engine import Config, Engine
from stepfunctions_local.services import ServiceClient, ServiceError
from stepfunctions_local.storage.store import Store

from verification.harness.template import ACCOUNT, REGION


class RemoteServices(ServiceClient):
    """Services in another process, reached by one connection per call."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def call(self, service: str, operation: str, params: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return await asyncio.to_thread(self._request, "call", service, operation, dict(params))

    async def invoke_lambda(self, function: str, payload: bytes, **_: Any) -> dict[str, Any]:
        return await asyncio.to_thread(self._request, "invoke_lambda", function, payload)

    def _request(self, *request: Any) -> dict[str, Any]:
        with Client(self._address) as connection:
            connection.send(request)
            response, error = connection.recv()
        if error:
            raise ServiceError(**error)
        return dict(response)


async def main(store: str, address: str) -> None:
    config = Config(region=REGION, account=ACCOUNT)
    engine = Engine(Store(store), RemoteServices(address), config=config, own_api=call_own_api)
    engine.start()
    server = await serve(engine, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
