"""Errors: all are caught, transient ones are retried, and every name is raised by something."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from tillflow.errors import DomainError, errors_by_name

from ..model import Finding, State, Workflow
from .access import function_of, logical_id

ROOT = Path(__file__).parents[3]
# Errors of AWS: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
AWS_PREFIXES = (
    "States.", "Lambda.", "DynamoDB.", "DynamoDb.", "EventBridge.", "Events.", "SQS.", "Sqs.", "SNS.", "Sns.",
    "S3.", "Sfn.", "StepFunctions.", "Runtime.", "Sandbox.",
)  # fmt: skip


def everything_caught(workflow: Workflow) -> Iterator[Finding]:
    if not workflow.is_saga and not workflow.on("case"):
        return
    for task in workflow.tasks:
        if not any(c["ErrorEquals"] == ["States.ALL"] for c in task.body.get("Catch", ())):
            yield workflow.finding(
                task.name,
                "catch",
                "does not catch errors without a name: the execution would end half done.",
                "End its Catch with States.ALL: to the compensation before the pivot, to a case after it.",
            )


def failures_open_cases(workflow: Workflow) -> Iterator[Finding]:
    """A forward step that fails opens a case, unless nothing follows: what follows needs what it has not done."""
    if not workflow.on("case"):
        return
    for task in workflow.on("forward"):
        for catch in task.body.get("Catch", ()):
            following = workflow.states[catch["Next"]]
            ignored = following.side != "case" and not following.ends
            if catch["ErrorEquals"] == ["States.ALL"] and ignored:
                yield workflow.finding(
                    task.name,
                    "failure-ignored",
                    f"goes to {following.name} after an error without a name.",
                    "Let the States.ALL of its Catch go to a step that opens a case.",
                )


def unopened_case_fails(workflow: Workflow) -> Iterator[Finding]:
    """An execution whose case could not be opened fails, which raises an alarm."""
    for task in workflow.on("case"):
        for edge in task.edges:
            if edge.errors and edge.target and workflow.states[edge.target].type != "Fail":
                yield workflow.finding(
                    task.name,
                    "case-unopened",
                    f"goes to {edge.target} when the case could not be opened.",
                    "Let its Catch go to a Fail state, which raises an alarm.",
                )


def transient_errors_retried(workflow: Workflow) -> Iterator[Finding]:
    for task in workflow.tasks:
        retries = task.body.get("Retry", ())
        if not retries:
            yield workflow.finding(
                task.name,
                "retry",
                "is not retried when it is throttled.",
                "Run make policies to stamp its Retry.",
            )
        for retry in retries:
            waits_evenly = retry.get("BackoffRate") == 1 or retry["ErrorEquals"] == ["States.Timeout"]
            if not waits_evenly and not {"MaxDelaySeconds", "JitterStrategy"} <= retry.keys():
                yield workflow.finding(
                    task.name,
                    "backoff",
                    "retries without MaxDelaySeconds or without jitter.",
                    "Add MaxDelaySeconds and JitterStrategy FULL.",
                )


def refusals_not_retried(workflow: Workflow) -> Iterator[Finding]:
    refusals = {name for name, error in _domain_errors().items() if not error.retried}
    for task in workflow.tasks:
        if task.side == "case":
            continue  # opening a case is retried whatever the error
        for retry in task.body.get("Retry", ()):
            for name in retry["ErrorEquals"]:
                if name in refusals or name in ("States.ALL", "States.TaskFailed"):
                    yield workflow.finding(
                        task.name,
                        "refusal-retried",
                        f"retries {name}, which is not transient or covers errors that are not.",
                        "Retry throttling, service exceptions and timeouts by name.",
                    )


def names_are_raised(workflow: Workflow) -> Iterator[Finding]:
    raised = set(_domain_errors())
    for task in workflow.tasks:
        for block in ("Retry", "Catch"):
            for name in {n for entry in task.body.get(block, ()) for n in entry["ErrorEquals"]}:
                if name.startswith(AWS_PREFIXES):
                    continue
                if name not in raised:
                    why, fix = "which nothing raises.", "Use a name of tillflow.errors or of AWS."
                elif block == "Catch" and name not in raised_by(workflow, task):
                    why, fix = (
                        "which its function never raises.",
                        "Delete the name, or catch it where it is.",
                    )
                else:
                    continue
                yield workflow.finding(task.name, "unknown-error", f"{block} names {name}, {why}", fix)


def raised_by(workflow: Workflow, task: State) -> set[str]:
    """Domain errors the task's service may raise, or response a callback with: every one its modules name."""
    function = function_of(workflow, task)
    if task.resource == "arn:aws:states:::lambda:invoke.waitForTaskToken":
        function = logical_id(workflow, task.body["Arguments"]["FunctionName"])
    return _named_in(workflow.template.handler(function).split(".")[0]) if function else set()


@cache
def _named_in(service: str) -> set[str]:
    names: set[str] = set()
    for path in [
        *(ROOT / "functions" / service).rglob("*.py"),
        *(ROOT / "layers/common/tillflow").glob("*.py"),
    ]:
        if path.name != "errors.py":
            tree = ast.parse(path.read_text())
            names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names


@cache
def _domain_errors() -> dict[str, type[DomainError]]:
    """Return the errors of the layer and of every service, by name."""
    functions = ROOT / "functions"
    # The errors of a check that several services make by the customers service.
    import_module("tillflow.customers")
    for path in sorted(functions.rglob("errors.py")):
        import_module(".".join(path.relative_to(functions).with_suffix("").parts))
    return errors_by_name()
