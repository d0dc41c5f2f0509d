"""Resources as nested dictionaries, and the intrinsic functions that the conventions write."""

from typing import Any

type Resource = dict[str, Any]
type Resources = dict[str, Resource]

FUNCTION = "AWS::Serverless::Function"
STATE_MACHINE = "AWS::Serverless::StateMachine"
TABLE = "AWS::DynamoDB::Table"
QUEUE = "AWS::SQS::Queue"
RULE = "AWS::Events::Rule"
VERSION = "2012-10-17"
ALIAS = "live"
"""The alias of functions and state machines that callers use."""
SALE = "OrderCheckout"
"""The workflow of a sale: a customer waits for its functions."""
NO_VALUE = {"Ref": "AWS::NoValue"}
_ENCRYPTED = ("dynamodb:", "s3:", "sns:", "sqs:")


def kind_of(resource: Resource) -> str:
    """Return the type of a resource."""
    return str(resource["Type"])


def ref(name: str) -> dict[str, Any]:
    """Return !Ref name."""
    return {"Ref": name}


def arn(name: str) -> dict[str, Any]:
    """Return !GetAtt name.Arn."""
    return {"Fn::GetAtt": [name, "Arn"]}


def alias_of(machine: str) -> str:
    """Return the logical id that SAM gives the alias of a state machine; Ref of it is the alias's ARN."""
    return f"{machine}Alias{ALIAS}"


def sub(text: str) -> dict[str, Any]:
    """Return !Sub text."""
    return {"Fn::Sub": text}


def when(condition: str, value: Any, otherwise: Any = None) -> dict[str, Any]:
    """Return !If [condition, value, otherwise]; without `otherwise`, no value."""
    return {"Fn::If": [condition, value, NO_VALUE if otherwise is None else otherwise]}


def allow(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a statement of an identity policy with its effect."""
    return {"Effect": "Allow", **statement}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": VERSION, "Statement": list(statements)}


def use_key() -> dict[str, Any]:
    """Return the statement that lets an identity use the customer-managed key, for a stack with one."""
    return allow({"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": ref("KeyArn")})


def reach_encrypted(statements: list[dict[str, Any]]) -> bool:
    """Return whether statements allow actions on what a customer-managed key encrypts.

    DynamoDB, S3, SNS and SQS use the key on behalf of the caller and refuse one that may not use it.
    """
    return any(
        action.startswith(_ENCRYPTED) for statement in statements for action in as_list(statement["Action"])
    )


def statements_of(resource: Resource) -> list[dict[str, Any]]:
    """Return the statements in the Policies of a fragment's function or state machine."""
    policies = resource.get("Properties", {}).get("Policies", ())
    return [allow(statement) for policy in policies for statement in policy["Statement"]]


def trust(service: str) -> dict[str, Any]:
    """Return the policy that lets a service assume a role."""
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def policy_with_tls(
    statements: list[dict[str, Any]], action: str, *arns: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a resource policy that refuses requests without TLS, and the attributes of its resource.

    The local AWS has no TLS: there the statement is left out, and with it a policy that has no other one.
    """
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": list(arns),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    if statements:
        return document(*statements, when("OnAws", deny)), {}
    return document(deny), {"Condition": "OnAws"}


def as_list(value: Any) -> list[Any]:
    """Return a list as it is and anything else as its only member."""
    return value if isinstance(value, list) else [value]
