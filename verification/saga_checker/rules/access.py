"""The role of a workflow allows exactly the actions that it calls."""

import json
import re
from collections.abc import Iterator
from typing import Any

from ..model import Finding, State, Template, Workflow

# (service, API action) as a resource ARN names them -> the IAM actions it needs, on which argument's resource.
WRITES = {"Put": "dynamodb:PutItem", "Update": "dynamodb:UpdateItem", "Delete": "dynamodb:DeleteItem"}
ARGUMENT = {
    "lambda:invoke": ("lambda:InvokeFunction", "FunctionName"),
    "sqs:sendMessage": ("sqs:SendMessage", "QueueUrl"),
    "sns:publish": ("sns:Publish", "TopicArn"),
}
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
SUBSTITUTED = re.compile(r"\$\{(\w+)")
EXECUTION_OF = re.compile(r"\$replace\('(\$\{\w+\})', ':stateMachine:', ':execution:'\)")

# The rule that AWS manages for events of nested executions.
NESTED_EXECUTION_RULE = "StepFunctionsGetEventsForStepFunctionsExecutionRule"
READERS = {"listObjectsV2": "s3:ListBucket", "getObject": "s3:GetObject"}
WRITER = ("s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload")

type Grant = tuple[str, str]  # IAM action, logical id


def deployed(workflow: Workflow) -> Iterator[Finding]:
    if workflow.logical_id is None:
        yield workflow.finding(
            workflow.start,
            "deployed",
            "template.yaml has no state machine with this definition.",
            "Add one with its own role.",
        )


def actions_equal_role(workflow: Workflow) -> Iterator[Finding]:
    if workflow.logical_id is None:
        return
    called = {
        grant: state.name
        for state in workflow.everywhere()
        for grant in (calls(workflow, state) if state.type == "Task" else map_calls(workflow, state))
    }
    allowed = set(role_allows(workflow.template, workflow.logical_id))
    for action, resource in sorted(called.keys() - allowed):
        yield workflow.finding(
            called[action, resource],
            "role-lacks",
            f"calls {action} on {resource}, which the role does not allow.",
            f"Allow it in the Policies of {workflow.logical_id}.",
        )
    for action, resource in sorted(allowed - called.keys()):
        yield workflow.finding(
            workflow.logical_id,
            "role-exceeds",
            f"may {action} on {resource}, which no state calls.",
            "Remove it from the Policies.",
        )


def function_of(workflow: Workflow, task: State) -> str | None:
    """Return the logical id of the function that a task calls synchronously; None for other tasks and callbacks."""
    if task.resource != "arn:aws:states:::lambda:invoke":
        return None
    return logical_id(workflow, task.body["Arguments"]["FunctionName"])


def calls(workflow: Workflow, task: State) -> Iterator[Grant]:
    """Yield the grants that a task needs, from its resource and the placeholders of its arguments."""
    arguments = task.body.get("Arguments", {})
    service, _, action = task.resource.split(":::")[-1].removesuffix(":2").rpartition(":")
    action = action.split(".")[0]
    service = service.removeprefix("aws-sdk:")
    if (service, action) == ("dynamodb", "transactWriteItems"):
        for item in arguments["TransactItems"]:
            for kind, request in item.items():
                yield (
                    WRITES.get(kind, "dynamodb:ConditionCheckItem"),
                    logical_id(workflow, request["TableName"]),
                )
    elif service == "dynamodb":
        yield f"dynamodb:{action[0].upper()}{action[1:]}", logical_id(workflow, arguments["TableName"])
    elif (service, action) == ("events", "putEvents"):
        for entry in arguments["Entries"]:
            yield "events:PutEvents", logical_id(workflow, entry["EventBusName"])
    elif (service, action) == ("states", "startExecution"):
        machine = logical_id(workflow, arguments["StateMachineArn"])
        yield "states:StartExecution", machine
        if ".sync" in task.resource:  # how AWS waits for a nested execution, stops and redrives it
            for verb in ("DescribeExecution", "StopExecution", "RedriveExecution"):
                yield f"states:{verb}", machine
            for verb in ("PutTargets", "PutRule", "DescribeRule"):
                yield f"events:{verb}", NESTED_EXECUTION_RULE
    elif (service, action) == ("sfn", "describeExecution"):
        for machine in machines_followed(workflow):
            yield "states:DescribeExecution", machine
    elif f"{service}:{action}" in ARGUMENT:
        iam_action, argument = ARGUMENT[f"{service}:{action}"]
        yield iam_action, logical_id(workflow, arguments[argument])
    else:
        yield f"{service}:{action}", "?"


def map_calls(workflow: Workflow, state: State) -> Iterator[Grant]:
    """Yield the grants that a distributed Map needs: its reader, its writer, and its own child executions.

    https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
    """
    if not state.distributed:
        return
    for verb in ("StartExecution", "DescribeExecution", "StopExecution", "RedriveExecution"):
        yield f"states:{verb}", str(workflow.logical_id)
    if reader := state.body.get("ItemReader"):
        bucket = logical_id(workflow, reader["Arguments"]["Bucket"])
        yield READERS[reader["Resource"].rpartition(":")[2]], bucket
        if "VersionId" in reader["Arguments"]:
            yield "s3:GetObjectVersion", bucket
    if writer := state.body.get("ResultWriter"):
        for action in WRITER:
            yield action, logical_id(workflow, writer["Arguments"]["Bucket"])


def logical_id(workflow: Workflow, value: str) -> str:
    """Return the resource behind `${Placeholder}` by DefinitionSubstitutions, the value itself without one."""
    match = PLACEHOLDER.fullmatch(value)
    if match is None or workflow.logical_id is None:
        return match[1].removesuffix("Arn") if match else value
    return target_of(
        workflow.template.substitutions(workflow.logical_id).get(match[1], value), workflow.template
    )


def machines_followed(workflow: Workflow) -> set[str]:
    """Return the state machines whose execution ARNs an expression computes with `$replace('${XArn}', …)`."""
    machines = EXECUTION_OF.findall(json.dumps(workflow.definition))
    return {logical_id(workflow, machine) for machine in machines}


def target_of(intrinsic: Any, template: Template) -> str:
    """Return the logical id in {"Ref": X}, {"Fn::GetAtt": [X, …]} or {"Fn::Sub": "… ${X.Name} …"}.

    For an ARN with a physical name it is the resource with that Name; otherwise the last part of the value.
    """
    if not isinstance(intrinsic, dict):
        return str(intrinsic)
    function, value = next(iter(intrinsic.items()))
    if function != "Fn::Sub":
        name = str(value[0] if isinstance(value, list) else value).split(".")[0]
        return name.removesuffix("Aliaslive")  # AWS authorizes a start by an alias on the state machine
    for name in SUBSTITUTED.findall(value):
        if name != "AWS":
            return str(name)
    for name, resource in template.resources.items():
        physical = resource.get("Properties", {}).get("Name")
        if isinstance(physical, dict) and "Fn::Sub" in physical and physical["Fn::Sub"] in value:
            return str(name)
    return str(value.rpartition("/")[2])


def role_allows(template: Template, state_machine: str) -> Iterator[Grant]:
    """Return what the role allows: by the policies of the state machine, and by those attached to its role.

    Policies under a condition are left out: they are for logging, tracing and encryption, which no state calls.
    """
    policies = template.resources[state_machine]["Properties"].get("Policies", ())
    documents = [policy for policy in policies if "Fn::If" not in policy]
    documents += [
        resource["Properties"]["PolicyDocument"]
        for resource in template.resources.values()
        if resource["Type"] == "AWS::IAM::Policy"
        and "Condition" not in resource
        and {"Ref": f"{state_machine}Role"} in resource["Properties"]["Roles"]
    ]
    for document in documents:
        for statement in document["Statement"]:
            for action in as_list(statement["Action"]):
                for resource in as_list(statement["Resource"]):
                    yield action, target_of(resource, template)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
