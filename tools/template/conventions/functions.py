"""Functions: build method, environment, the log group that they share, and a role of their own.

The role is written here and not left to SAM, whose managed policies allow every log group, queue and stream of the
account.
"""

from typing import Any

from tools.template.conventions import deployments
from tools.template.conventions.model import (
    Resource,
    Resources,
    allow,
    arn,
    document,
    ref,
    statements_of,
    sub,
    trust,
    use_key,
    when,
)

_LOGS = "FunctionLogs"
_READ_QUEUE = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
_READ_STREAM = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]


def function(
    name: str, resource: Resource, service: str, environment: dict[str, Any], called: bool, sale: list[str]
) -> Resources:
    """Return a function and its role. `called` if a workflow invokes it; `sale` are the functions of a sale.

    Workflows invoke the alias `live`, which is moved to a new version for each change of code, configuration or layer.
    Functions of a sale can have concurrency of their own or snapshots, and their alias can be moved gradually.
    """
    properties = dict(resource["Properties"])
    own = properties.pop("Environment", {}).get("Variables", {})
    properties.pop("Policies", None)
    role = f"{name}Role"
    deployed: Resource = {
        "Type": resource["Type"],
        "Metadata": {"BuildMethod": "makefile"},
        "Properties": {
            **properties,
            "Role": arn(role),
            "Environment": {"Variables": {"POWERTOOLS_SERVICE_NAME": service, **environment, **own}},
            "LoggingConfig": {"LogGroup": ref(_LOGS)},
            **(deployments.of_function(sale if name in sale else None) if called else {}),
            **(_sale_start() if name in sale else {}),
        },
    }
    return {role: _role(statements_of(resource) + list(_event_grants(properties))), name: deployed}


def _sale_start() -> dict[str, Any]:
    return {
        "SnapStart": when("HasSnapStart", {"ApplyOn": "PublishedVersions"}),
        "ReservedConcurrentExecutions": when("HasReservedConcurrency", ref("SaleReservedConcurrency")),
        "ProvisionedConcurrencyConfig": when(
            "HasProvisionedConcurrency",
            {"ProvisionedConcurrentExecutions": ref("SaleProvisionedConcurrency")},
        ),
    }


def _role(statements: list[dict[str, Any]]) -> Resource:
    write_logs = allow({"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": arn(_LOGS)})
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": trust("lambda.amazonaws.com"),
            "Policies": [
                {"PolicyName": "Function", "PolicyDocument": document(write_logs, *statements)},
                when("HasTracing", _TRACING),
                when("HasNetwork", _NETWORK),
                when("HasKey", {"PolicyName": "Key", "PolicyDocument": document(use_key())}),
            ],
        },
    }


def _event_grants(properties: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what an event source mapping needs of the function's role."""
    grants = []
    for event in properties.get("Events", {}).values():
        source = event["Properties"]
        if event["Type"] == "SQS":
            grants.append(allow({"Action": _READ_QUEUE, "Resource": source["Queue"]}))
        if event["Type"] == "DynamoDB":
            table = source["Stream"]["Fn::GetAtt"][0]
            grants.append(allow({"Action": _READ_STREAM, "Resource": source["Stream"]}))
            grants.append(
                allow({"Action": "dynamodb:ListStreams", "Resource": sub(f"${{{table}.Arn}}/stream/*")})
            )
        if destination := source.get("DestinationConfig"):
            failed = destination["OnFailure"]["Destination"]
            grants.append(allow({"Action": "sqs:SendMessage", "Resource": failed}))
    return grants


# X-Ray and the interfaces of a VPC have no resource a policy could name before they exist.
_TRACING = {
    "PolicyName": "Tracing",
    "PolicyDocument": document(
        allow({"Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Resource": "*"})
    ),
}
_NETWORK = {
    "PolicyName": "Network",
    "PolicyDocument": document(
        allow(
            {
                "Action": [
                    "ec2:CreateNetworkInterface",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSubnets",
                    "ec2:DeleteNetworkInterface",
                    "ec2:AssignPrivateIpAddresses",
                    "ec2:UnassignPrivateIpAddresses",
                ],
                "Resource": "*",
            }
        )
    ),
}
