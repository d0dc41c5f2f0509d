"""The logging, tracing and encryption configurations of a state machine, checked and completed as AWS does."""

from typing import Any

from ..errors import ApiError
from ..services import CallFailed, RoleNotAssumable, ServiceError, TaskServices

_LOG_GROUP = ":log-group:"


def logging(given: dict[str, Any] | None) -> dict[str, Any]:
    """A logging configuration with its defaults: level OFF, no execution data. Raises ApiError."""
    given = given or {}
    level = given.get("level", "OFF")
    destinations = given.get("destinations")
    if (destinations and len(destinations) > 1) or (level != "OFF" and not destinations):
        raise _invalid_logging("Must specify exactly one Log Destination.")
    for destination in destinations or []:
        arn = (destination.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn") or ""
        if _LOG_GROUP not in arn or not arn.endswith(":*"):
            raise _invalid_logging("Invalid Log Destination ARN.")
    complete = {"level": level, "includeExecutionData": given.get("includeExecutionData", False)}
    if destinations is not None:
        complete["destinations"] = destinations
    return complete


async def check_destination(configuration: dict[str, Any], services: TaskServices | None) -> None:
    """Raise ApiError when the log group written to is not there. Without a logs service nothing is said."""
    if services is None or configuration["level"] == "OFF":
        return
    arn = configuration["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"]
    name = arn.split(_LOG_GROUP, 1)[1].removesuffix(":*")
    try:
        answer = await services.call("logs", "DescribeLogGroups", {"logGroupNamePrefix": name})
    except (CallFailed, RoleNotAssumable, ServiceError):
        return
    if not any(group.get("logGroupName") == name for group in answer.get("logGroups", [])):
        raise _invalid_logging("Log Destination not found.")


def _invalid_logging(reason: str) -> ApiError:
    return ApiError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {reason}")


def tracing(given: dict[str, Any] | None) -> dict[str, Any]:
    """A tracing configuration with its default: off."""
    return {"enabled": bool((given or {}).get("enabled", False))}


def encryption(given: dict[str, Any] | None) -> dict[str, Any]:
    """An encryption configuration with its default: AWS's own key. Raises ApiError."""
    given = given or {"type": "AWS_OWNED_KEY"}
    customer = given["type"] == "CUSTOMER_MANAGED_KMS_KEY"
    if customer and not given.get("kmsKeyId"):
        raise _invalid_encryption("kmsKeyId must be specified for the type CUSTOMER_MANAGED_KMS_KEY")
    if not customer and (given.get("kmsKeyId") or given.get("kmsDataKeyReusePeriodSeconds")):
        raise _invalid_encryption("kmsKeyId is not allowed for the type AWS_OWNED_KEY")
    if customer:
        return {"kmsDataKeyReusePeriodSeconds": 300, **given}
    return dict(given)


def _invalid_encryption(reason: str) -> ApiError:
    return ApiError("InvalidEncryptionConfiguration", f"Invalid Encryption Configuration: {reason}")
