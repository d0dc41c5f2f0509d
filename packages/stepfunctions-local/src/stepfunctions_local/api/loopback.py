"""Calls of this engine's API by its own tasks: `states:startExecution` and `aws-sdk:sfn:…`."""

import uuid
from email.utils import formatdate
from typing import Any

import orjson

from ..engine import Engine
from ..errors import ApiError
from ..services import ServiceError
from .dispatch import dispatch


async def call_own_api(
    engine: Engine,
    operation: str,
    params: dict[str, Any],
    trace_header: str | None,
    account: str | None = None,
) -> dict[str, Any]:
    """Perform an operation and return its response like botocore. Raises ServiceError."""
    name = operation[0].upper() + operation[1:]
    try:
        response = await dispatch(engine, name, params, trace_header, account, by_task=True)
    except ApiError as error:
        raise ServiceError("stepfunctions", name, error.code, error.message, status=error.status) from None
    return response | {"ResponseMetadata": _metadata(engine, response)}


def _metadata(engine: Engine, response: dict[str, Any]) -> dict[str, Any]:
    """Return the ResponseMetadata that botocore would add for an HTTP response."""
    request_id = str(uuid.uuid4())
    headers = {
        "x-amzn-requestid": request_id,
        "date": formatdate(engine.clock.now(), usegmt=True),
        "content-type": "application/x-amz-json-1.0",
        "content-length": str(len(orjson.dumps(response))),
        "connection": "keep-alive",
    }
    return {"RequestId": request_id, "HTTPStatusCode": 200, "HTTPHeaders": headers}
