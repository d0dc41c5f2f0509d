"""Filter patterns in the operations of CloudWatch Logs that take one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cloudwatch_logs

from .events import filter_log_events
from .filter_operands import InvalidFilterPattern
from .filter_patterns import compiled

type Response = tuple[int, dict[str, str], Any]
type Operation = Callable[[dict[str, Any]], Response]

_OPERATIONS = {
    "_filter_log_events": "filterPattern",
    "_put_subscription_filter": "filterPattern",
    "_put_metric_filter": "filterPattern",
    "_start_live_tail": "logEventFilterPattern",
}


def install_filter_patterns() -> None:
    """Match events as CloudWatch Logs does, and reject invalid patterns."""
    cloudwatch_logs._compile_filter_pattern = compiled
    cloudwatch_logs._subscription_pattern_matches = lambda pattern, message: compiled(pattern or "")(message)
    for name, parameter in _OPERATIONS.items():
        operation = filter_log_events if name == "_filter_log_events" else getattr(cloudwatch_logs, name)
        setattr(cloudwatch_logs, name, _checked(operation, parameter))


def _checked(operation: Operation, parameter: str) -> Operation:
    def checked(data: dict[str, Any]) -> Response:
        try:
            compiled(data.get(parameter) or "")
        except InvalidFilterPattern as error:
            rejected: Response = error_response_json(
                "InvalidParameterException", f"Invalid filter pattern: {error}", 400
            )
            return rejected
        return operation(data)

    return checked
