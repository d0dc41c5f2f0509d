"""The error payloads of the Lambda service itself, for invocations that the handler did not response.

Texts as in the Lambda Developer Guide, "Troubleshoot invocation issues" and "Lambda execution environment
lifecycle". awslambdaric makes the payloads of errors that a handler raises.
"""

from __future__ import annotations

import json
import signal

MAX_RESPONSE_BYTES = 6_291_556


def _payload(error_type: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()


def timed_out(request_id: str, timeout: float) -> bytes:
    return _payload(
        "Sandbox.Timedout", f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds"
    )


def exited(request_id: str, returncode: int) -> bytes:
    return _payload("Runtime.ExitError", f"RequestId: {request_id} Error: {exit_reason(returncode)}")


def exit_reason(returncode: int) -> str:
    """Return Lambda's text for the exit of a runtime; `returncode` as in subprocess, negative for a signal."""
    if returncode == 0:
        return "Runtime exited without providing a reason"
    if returncode > 0:
        return f"Runtime exited with error: exit status {returncode}"
    name = (signal.strsignal(-returncode) or f"signal {-returncode}").lower()
    return f"Runtime exited with error: signal: {name}"


def response_too_large() -> bytes:
    return _payload(
        "Function.ResponseSizeTooLarge",
        f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes).",
    )


def cannot_assume_role(role_arn: str, reason: str) -> bytes:
    return _payload(
        "AccessDeniedException",
        f"The role defined for the function cannot be assumed by Lambda: {role_arn}: {reason}",
    )
