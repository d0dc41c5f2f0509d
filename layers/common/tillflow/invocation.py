"""Calls of another service's function, whose failures are named.

`client` is a Lambda client; `function` is the name of a function or of an alias of it.
"""

import json
from collections.abc import Mapping
from typing import Any


class FunctionFailed(Exception):
    """A function failed. `error` is the class name of its error and `message` the text of it; both may be empty."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(f"{error}: {message}")
        self.error = error
        self.message = message


def call_function(client: Any, function: str, request: Mapping[str, Any]) -> Any:
    """Return the response of a function; FunctionFailed if it failed."""
    response = client.invoke(FunctionName=function, Payload=json.dumps(request))
    payload = json.loads(response["Payload"].read())
    if "FunctionError" in response:
        raise FunctionFailed(str(payload.get("errorType", "")), str(payload.get("errorMessage", "")))
    return payload
