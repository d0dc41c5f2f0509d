"""Timeouts: each task has one, and they nest: client < function < state, started execution < state."""

from collections.abc import Iterator

from ..model import Finding, Workflow
from .access import function_of, logical_id


def every_task_times_out(workflow: Workflow) -> Iterator[Finding]:
    for task in workflow.tasks:
        if not {"TimeoutSeconds", "TimeoutSecondsPath"} & task.body.keys():
            yield workflow.finding(task.name, "timeout", "has no timeout.", "Add TimeoutSeconds.")


def timeouts_nest(workflow: Workflow) -> Iterator[Finding]:
    client = longest_client_call()
    for task in workflow.tasks:
        function = function_of(workflow, task)
        seconds = task.body.get("TimeoutSeconds")
        if function is None or not isinstance(seconds, int):
            continue
        limit = workflow.template.function_timeout(function)
        if limit >= seconds:
            yield workflow.finding(
                task.name,
                "nesting",
                f"times out after {seconds} s, before {function} with {limit} s.",
                "Make TimeoutSeconds longer.",
            )
        if client >= limit:
            yield workflow.finding(
                task.name,
                "nesting",
                f"{function} times out after {limit} s, but one call of its client may take {client} s.",
                "Make the Timeout of the function longer.",
            )


def started_executions_end_first(workflow: Workflow) -> Iterator[Finding]:
    """A task that waits for an execution stops it when it times out, wherever its money and goods then are.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-sync
    """
    for task in workflow.tasks:
        seconds = task.body.get("TimeoutSeconds")
        if ":states:startExecution.sync" not in task.resource or not isinstance(seconds, int):
            continue
        started = logical_id(workflow, task.body["Arguments"]["StateMachineArn"])
        limit = workflow.template.execution_timeout(started) if started else None
        if limit is None or seconds < limit:
            yield workflow.finding(
                task.name,
                "nesting",
                f"times out after {seconds} s and stops an execution of {started}, which may run {limit or 'any'} s.",
                f"Make TimeoutSeconds at least the one of {started}.",
            )


def longest_client_call() -> float:
    """Return the seconds that one call of an AWS client may take: its timeouts, times its attempts."""
    from tillflow.aws import CLIENT_CONFIG

    attempts = CLIENT_CONFIG.retries["total_max_attempts"]
    return float((CLIENT_CONFIG.connect_timeout + CLIENT_CONFIG.read_timeout) * attempts)
