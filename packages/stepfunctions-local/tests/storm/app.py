"""An engine process with one Lambda that logs each delivery before any effect."""

import asyncio
import json
import os
import random
import sys
import time
from typing import Any

from stepfunctions_local.api.loopback import call_own_api
from stepfunctions_local.api.server import serve
from stepfunctions_local.engine import Engine
from stepfunctions_local.storage.store import Store
from stepfunctions_local.testing import FakeServices


async def main(store: str, log: str, port: str) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def work(given: dict[str, Any]) -> dict[str, Any]:
        line = {"at": time.time(), "key": given["key"], "token": given.get("token")}
        os.write(descriptor, f"{json.dumps(line)}\n".encode())
        await asyncio.sleep(random.uniform(0, 0.02))
        if given["tries"] < given.get("fails", 0):
            raise ConnectionError("away")
        return {"done": given["key"]}

    engine = Engine(Store(store), FakeServices({"work": work}), own_api=call_own_api)
    engine.start()
    await serve(engine, "127.0.0.1", int(port))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
