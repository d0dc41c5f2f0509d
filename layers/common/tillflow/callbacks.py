"""Task-token callbacks: complete, fail or keep alive a Step Functions task that waits for a decision or a response.

`states` is a Step Functions client. A callback to a task that no longer waits is not an error: the document it is
about holds it, and the workflow reads it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

NO_WORKFLOW = "none"
"""The task token of a case for which no workflow waits."""
_EXPIRED = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


def complete_task(states: Any, token: str, output: Mapping[str, Any]) -> bool:
    """Send a task-token callback; return False if the token has expired."""
    return _send(states.send_task_success, taskToken=token, output=json.dumps(output))


def fail_task(states: Any, token: str, error: Exception) -> bool:
    """Fail the waiting task with an error, by its class name; return False if the token has expired."""
    return _send(states.send_task_failure, taskToken=token, error=type(error).__name__, cause=str(error))


def send_heartbeat(states: Any, token: str) -> bool:
    """Restart the task's heartbeat timeout; return False if the token has expired."""
    return _send(states.send_task_heartbeat, taskToken=token)


def _send(call: Callable[..., Any], **request: Any) -> bool:
    try:
        call(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _EXPIRED:
            raise
        return False
    return True
