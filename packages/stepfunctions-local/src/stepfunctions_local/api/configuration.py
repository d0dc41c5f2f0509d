"""Checks and defaults of logging, tracing and encryption configurations."""

from typing import Any

from ..errors import ApiError
from ..services import CallFailed, RoleNotAssumable, ServiceError, TaskServices

_LOG_GROUP = ":log-group:"


def logging(requested: dict[str, Any] | None) -> dict[str, Any]:
    """Return a logging configuration with defaults: level OFF, no execution data. Raises ApiError."""
    requested = requested or {}
    level = requested.get("level", "OFF")
    destinations = requested.get("destinations")
    if (destinations and len(destinations) > 1) or (level != "OFF" and not destinations):
        raise _invalid_logging("Must specify exactly one Log Destination.")
    for destination in destinations or []:
        arn = (destination.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn") or ""
        if _LOG_GROUP not in arn or not arn.endswith(":*"):
            raise _invalid_logging("Invalid Log Destination ARN.")
    complete = {"level": level, "includeExecutionData": requested.get("includeExecutionData", False)}
    if destinations is not None:
        complete["destinations"] = destinations
    return complete


async def check_destination(configuration: dict[str, Any], services: TaskServices | None) -> None:
    """Raise ApiError when the log group does not exist. Without a logs service nothing is checked."""
    if services is None or configuration["level"] == "OFF":
        return
    arn = configuration["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"]
    name = arn.split(_LOG_GROUP, 1)[1].removesuffix(":*")
    try:
        response = await services.call("logs", "DescribeLogGroups", {"logGroupNamePrefix": name})
    except (CallFailed, RoleNotAssumable, ServiceError):
        return
    if not any(group.get("logGroupName") == name for group in response.get("logGroups", [])):
        raise _invalid_logging("Log Destination not found.")


def _invalid_logging(reason: str) -> ApiError:
    return ApiError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {reason}")


def tracing(requested: dict[str, Any] | None) -> dict[str, Any]:
    """Return a tracing configuration with its default: disabled."""
    return {"enabled": bool((requested or {}).get("enabled", False))}


def encryption(requested: dict[str, Any] | None) -> dict[str, Any]:
    """Return an encryption configuration with its default: an AWS owned key. Raises ApiError."""
    requested = requested or {"type": "AWS_OWNED_KEY"}
    customer_managed = requested["type"] == "CUSTOMER_MANAGED_KMS_KEY"
    if customer_managed and not requested.get("kmsKeyId"):
        raise _invalid_encryption("kmsKeyId must be specified for the type CUSTOMER_MANAGED_KMS_KEY")
    if not customer_managed and (requested.get("kmsKeyId") or requested.get("kmsDataKeyReusePeriodSeconds")):
        raise _invalid_encryption("kmsKeyId is not allowed for the type AWS_OWNED_KEY")
    if customer_managed:
        return {"kmsDataKeyReusePeriodSeconds": 300, **requested}
    return dict(requested)


def _invalid_encryption(reason: str) -> ApiError:
    return ApiError("InvalidEncryptionConfiguration", f"Invalid Encryption Configuration: {reason}")
