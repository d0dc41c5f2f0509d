"""Checks and defaults of logging and tracing configurations."""

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
    """Return a tracing configuration with its default: disabled. Raises ApiError."""
    if requested is None:
        return {"enabled": False}
    enabled = requested.get("enabled")
    if not isinstance(enabled, bool):
        raise ApiError(
            "InvalidTracingConfiguration", "Invalid Tracing Configuration: enabled must be true or false."
        )
    return {"enabled": enabled}
