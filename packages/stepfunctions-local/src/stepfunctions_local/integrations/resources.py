"""Resolve a Task's resource ARN to its integration."""

import re

from . import emr, optimised, sdk
from .api_gateway import InvokeApi
from .base import Integration, Pattern, UnknownResource
from .http_task import InvokeHttp
from .lambda_function import FunctionArn, InvokeFunction
from .nested_execution import StartExecution

_ACTION = re.compile(r"(?P<action>\w+)(?:\.(?P<suffix>sync|waitForTaskToken))?(?::(?P<version>2))?$")
_PATTERNS: dict[str, Pattern] = {
    "": "request_response",
    "sync": "sync",
    "waitForTaskToken": "task_token",
}
_ACTIVITY_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")


def integration_of(resource_arn: str) -> Integration:
    """Return the integration of a Task's Resource. Raises UnknownResource."""
    parts = resource_arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1].startswith("aws"):
        raise UnknownResource(resource_arn)
    _, _, service, region, account, resource = parts
    if service == "lambda" and resource.startswith("function:") and region and account:
        return FunctionArn(resource_arn, "lambda", resource_arn, "lambda_arn")
    if service != "states":
        raise UnknownResource(resource_arn)
    if resource.startswith("activity:") and region and account:
        if not _ACTIVITY_NAME.fullmatch(resource.removeprefix("activity:")):
            raise UnknownResource(resource_arn)
        return Integration(resource_arn, "activity", resource_arn, "activity")
    if region or account:
        raise UnknownResource(resource_arn)
    return _service(resource_arn, resource)


def _service(arn: str, resource: str) -> Integration:
    name, _, rest = resource.partition(":")
    package = ""
    if name == "aws-sdk":
        package, _, rest = rest.partition(":")
    match = _ACTION.match(rest)
    if match is None:
        raise UnknownResource(arn)
    action, suffix, version = match["action"], match["suffix"] or "", match["version"]
    if version and not (name == "states" and suffix == "sync"):
        raise UnknownResource(arn)
    if name == "aws-sdk":
        if suffix == "sync":
            raise UnknownResource(arn)
        return sdk.resolve(arn, package, action, token=suffix == "waitForTaskToken")
    if name == "lambda" and action == "invoke" and suffix != "sync":
        return InvokeFunction(arn, "lambda", rest, _PATTERNS[suffix], ("FunctionName",))
    if name == "states" and action == "startExecution":
        pattern: Pattern = "sync2" if version else _PATTERNS[suffix]
        return StartExecution(arn, "states", rest, pattern, ("StateMachineArn",))
    if name == "apigateway" and action == "invoke" and suffix != "sync":
        return InvokeApi(arn, "apigateway", rest, _PATTERNS[suffix], ("ApiEndpoint", "Method"))
    if rest == "invoke" and name == "http":
        return InvokeHttp(arn, "http", rest, required=("ApiEndpoint", "Method"))
    if name == emr.NAME:
        return emr.resolve(arn, action, suffix)
    return optimised.resolve(arn, name, action, suffix)
