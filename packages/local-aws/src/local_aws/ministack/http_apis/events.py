"""HTTP APIs: events of functions in payload format 2.0, and the response to a failure of a function.

Sources: the API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway" and
"Troubleshooting issues with HTTP API Lambda integrations".
"""

from __future__ import annotations

from typing import Any

from ministack.services import apigateway

type Event = dict[str, Any]

_FORMAT = "2.0"
_FAILURE = {
    "body": {
        "statusCode": 500,
        "headers": {"Content-Type": "application/json"},
        "body": '{"message":"Internal Server Error"}',
    }
}


def install_http_events() -> None:
    """Complete the events of HTTP APIs, and return a function's failure without its cause."""
    run = apigateway.run_reentrant

    async def run_function(execute: Any, *arguments: Any, **options: Any) -> Any:
        event = arguments[-1]
        # The event of an authorizer has a type.
        if not isinstance(event, dict) or event.get("version") != _FORMAT or "type" in event:
            return await run(execute, *arguments, **options)
        return integration_result(await run(execute, *arguments[:-1], complete_event(event), **options))

    apigateway.run_reentrant = run_function


def complete_event(event: Event) -> Event:
    """Return an event with its cookies in a list of their own, and the prefix of its domain."""
    headers = {name: value for name, value in event["headers"].items() if name != "cookie"}
    context = event["requestContext"]
    context = context | {"domainPrefix": context["domainName"].partition(".")[0]}
    completed = event | {"headers": headers, "requestContext": context}
    if cookies := event["headers"].get("cookie"):
        completed["cookies"] = cookies.split("; ")
    return completed


def integration_result(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result of which a response can be made: "Internal Server Error" for a failure or a malformed one."""
    if result.get("throttle"):
        return result
    body = result.get("body")
    is_malformed = isinstance(body, dict) and not _is_status(body.get("statusCode", 200))
    return _FAILURE if result.get("error") or is_malformed else result


def _is_status(value: Any) -> bool:
    return str(value).isdecimal() and 100 <= int(value) <= 599
