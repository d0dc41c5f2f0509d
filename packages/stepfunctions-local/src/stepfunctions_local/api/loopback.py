"""This engine called by its own tasks: `states:startExecution` and whatever else of `stepfunctions` they use."""

import uuid
from email.utils import formatdate
from typing import Any

import orjson

from ..engine import Engine
from ..errors import ApiError
from ..services import ServiceError
from .dispatch import dispatch


async def call_own_api(
    engine: Engine, operation: str, params: dict[str, Any], trace_header: str | None
) -> dict[str, Any]:
    """The operation's answer as a service's. Raises ServiceError."""
    name = operation[0].upper() + operation[1:]
    try:
        answer = await dispatch(engine, name, params, trace_header)
    except ApiError as error:
        raise ServiceError("stepfunctions", name, error.code, error.message, status=error.status) from None
    return answer | {"ResponseMetadata": _metadata(engine, answer)}


def _metadata(engine: Engine, answer: dict[str, Any]) -> dict[str, Any]:
    """What botocore would tell of the HTTP answer, had there been one."""
    request_id = str(uuid.uuid4())
    headers = {
        "x-amzn-requestid": request_id,
        "date": formatdate(engine.clock.now(), usegmt=True),
        "content-type": "application/x-amz-json-1.0",
        "content-length": str(len(orjson.dumps(answer))),
        "connection": "keep-alive",
    }
    return {"RequestId": request_id, "HTTPStatusCode": 200, "HTTPHeaders": headers}
