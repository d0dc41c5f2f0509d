"""Start and find Step Functions executions. An execution is named after the business id it is about.

`states` is a Step Functions client; `machine` is the ARN of a state machine, of one of its versions or aliases.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from botocore.exceptions import ClientError

from tillflow.errors import check_same

FAILED = ("FAILED", "TIMED_OUT", "ABORTED")
_MISSING = ("ExecutionDoesNotExist", "InvalidArn")
# AWS refuses a longer one with the error of a malformed request.
_MAX_ARN = 256


@dataclass(frozen=True, slots=True)
class Started:
    """An execution and whether it is a duplicate: its name was used before, with another input or by one that ended.

    The same input again while the execution runs is the same start.
    """

    arn: str
    duplicate: bool


def execution_arn(machine: str, name: str) -> str:
    """Return the ARN of a state machine's execution by its name."""
    unqualified = ":".join(machine.split(":")[:7])
    return f"{unqualified.replace(':stateMachine:', ':execution:')}:{name}"


def start_execution(states: Any, machine: str, name: str, request: Mapping[str, Any]) -> Started:
    """Start an execution; a name that was used before starts nothing."""
    try:
        response = states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(request))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
        return Started(execution_arn(machine, name), duplicate=True)
    return Started(response["executionArn"], duplicate=False)


def start_once(states: Any, machine: str, name: str, request: Mapping[str, Any], subject: str) -> Started:
    """Start an execution; the same request again starts nothing. IdempotencyConflict for another request.

    subject: what is started, for the message of the conflict.
    """
    started = start_execution(states, machine, name, request)
    if started.duplicate:
        check_same_input(states, started.arn, request, subject)
    return started


def check_same_input(states: Any, arn: str, request: Mapping[str, Any], subject: str) -> None:
    """Raise IdempotencyConflict if an execution was started with another request than this."""
    execution = describe_execution(states, arn)
    if execution is not None:
        check_same(subject, json.loads(execution["input"]), request)


def has_failed(execution: Mapping[str, Any]) -> bool:
    """Return whether a description is of an execution that failed."""
    return execution["status"] in FAILED


def restart_execution(
    states: Any,
    machine: str,
    name: str,
    request: Mapping[str, Any],
    without_effect: Callable[[Mapping[str, Any]], bool] = has_failed,
) -> Started:
    """Start an execution, or, if those before it had no effect, another one named `<name>.<n>`.

    For workflows whose effects are keyed by the business id alone, so that what an earlier execution did is found.
    """
    for number in count(1):
        started = start_execution(states, machine, _repeated(name, number), request)
        if not started.duplicate:
            break
        execution = describe_execution(states, started.arn)
        if execution is None or not without_effect(execution):
            break
    return started


def repeated_executions(states: Any, machine: str, name: str) -> Iterator[dict[str, Any]]:
    """Return the descriptions of an execution and of those that `restart_execution` started after it."""
    for number in count(1):
        execution = describe_execution(states, execution_arn(machine, _repeated(name, number)))
        if execution is None:
            return
        yield execution


def _repeated(name: str, number: int) -> str:
    """Return the name of the execution that is started when those before it had no effect. number: from 1 on."""
    return name if number == 1 else f"{name}.{number}"


def describe_execution(states: Any, arn: str) -> dict[str, Any] | None:
    """Return the description of an execution; None if there is none, or none any more."""
    if len(arn) > _MAX_ARN:
        return None
    try:
        description: dict[str, Any] = states.describe_execution(executionArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise
    return description


def error_message(cause: str) -> str:
    """Return the sentence of a Cause.

    That of a Lambda function is JSON with the exception's text, that of an execution which a step has awaited is JSON
    with its own Error and Cause.
    """
    try:
        failure = json.loads(cause)
    except (ValueError, RecursionError):
        return cause
    if not isinstance(failure, dict):
        return cause
    if "ExecutionArn" in failure and "Error" in failure:
        return f"{failure['Error']}: {error_message(failure.get('Cause', ''))}".rstrip(": ")
    return str(failure.get("errorMessage", cause))
