"""Run one of the engines: print its port and serve until killed.

python -m benchmarks.comparison.engines ENGINE FOLDER
"""

import os
import sys
from pathlib import Path

from benchmarks.comparison.definitions import ROLE


def _serve_embedded(folder: Path) -> None:
    import asyncio

    import uvloop

    from stepfunctions_local.api.server import serve as serve_api
    from stepfunctions_local.engine import Engine
    from stepfunctions_local.observers.logs import LogDelivery
    from stepfunctions_local.storage.store import Store
    from stepfunctions_local.testing import FakeServices

    async def run() -> None:
        engine = Engine(Store(folder / "states.db"), FakeServices({"stub": lambda _: {}}))
        engine.observers.append(LogDelivery(engine))
        engine.start()
        server = await serve_api(engine, "127.0.0.1", 0)
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Event().wait()

    uvloop.run(run())


def _serve_moto(_: Path) -> None:
    import io
    import types
    import zipfile

    # moto's server imports flask-cors only for browsers.
    cors = types.ModuleType("flask_cors")
    cors.CORS = lambda *_, **__: None  # type: ignore[attr-defined]
    sys.modules["flask_cors"] = cors
    os.environ |= {
        "MOTO_ACCOUNT_ID": "000000000000",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    import boto3
    from moto import mock_aws
    from moto.moto_server.werkzeug_app import create_backend_app
    from werkzeug.serving import make_server

    # With use_docker off, its Lambda returns immediately without running code.
    mock_aws(
        config={"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}
    ).start()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("stub.py", "def handler(event, context): return {}")
    boto3.client("iam", "us-east-1").create_role(RoleName="bench", AssumeRolePolicyDocument="{}")
    boto3.client("lambda", "us-east-1").create_function(
        FunctionName="stub",
        Runtime="python3.13",
        Role=ROLE,
        Handler="stub.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    app = create_backend_app("stepfunctions")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print("port", server.server_port, flush=True)
    server.serve_forever()


def _serve_ministack(folder: Path) -> None:
    import asyncio
    import socket

    with socket.socket() as measurements:
        measurements.bind(("127.0.0.1", 0))
        port = measurements.getsockname()[1]
    os.environ |= {
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "LOG_LEVEL": "ERROR",
    }
    from hypercorn.asyncio import serve as serve_http
    from hypercorn.config import Config
    from ministack.app import app
    from ministack.services import stepfunctions

    stepfunctions._call_lambda = lambda reference, event: {}  # type: ignore[attr-defined]
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.loglevel = "ERROR"
    print("port", port, flush=True)
    asyncio.run(serve_http(app, config))  # type: ignore[arg-type]


SERVE = {"embedded": _serve_embedded, "moto": _serve_moto, "ministack": _serve_ministack}


if __name__ == "__main__":
    SERVE[sys.argv[1]](Path(sys.argv[2]))
