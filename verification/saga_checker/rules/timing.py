"""Time-outs: each task has one, and they nest: client < Lambda < state."""

from collections.abc import Iterator

from ..model import Finding, Workflow
from .access import function_of


def every_task_times_out(workflow: Workflow) -> Iterator[Finding]:
    for task in workflow.tasks:
        if not {"TimeoutSeconds", "TimeoutSecondsPath"} & task.body.keys():
            yield workflow.finding(
                task.name, "timeout", "may wait for ever.", "Give it TimeoutSeconds, callbacks too."
            )


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
                f"gives up after {seconds} s, {function} only after {limit} s.",
                "Make TimeoutSeconds the longer.",
            )
        if client >= limit:
            yield workflow.finding(
                task.name,
                "nesting",
                f"{function} is killed after {limit} s, one call of its client may take {client} s.",
                "Make the function's Timeout the longer.",
            )


def longest_client_call() -> float:
    """Seconds one call of the services' clients may take: its time-outs, times its tries."""
    from tillflow.aws import CLIENT_CONFIG

    tries = CLIENT_CONFIG.retries["total_max_attempts"]
    return float((CLIENT_CONFIG.connect_timeout + CLIENT_CONFIG.read_timeout) * tries)
