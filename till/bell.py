"""The bell of a workflow that waits: a task token is only that, what was said is in a document."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

NOBODY_WAITS = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


def ring(call: Callable[..., Any], **request: Any) -> bool:
    """Answer a callback with one of Step Functions' `send_task_…`; False when nobody waits for it any more."""
    try:
        call(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOBODY_WAITS:
            raise
        return False
    return True
