"""An engine in a process of its own, for tests that kill it: one Lambda that writes down that it was called."""

import asyncio
import os
import sys

from local.stepfunctions.api.server import serve
from local.stepfunctions.engine import Engine
from local.stepfunctions.store import Store
from local.stepfunctions.virtual import FunctionServices


async def main(store: str, log: str) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def note(payload: dict) -> dict:
        os.write(descriptor, f"{payload['order']} {payload['step']} {payload.get('token', '')}\n".encode())
        await asyncio.sleep(0.002)
        return {"order": payload["order"]}

    engine = Engine(Store(store), FunctionServices({"note": note}))
    engine.start()
    server = await serve(engine, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
