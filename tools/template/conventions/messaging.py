"""Queues, rules and topics: dead letters, encryption, and who may send."""

from typing import Any

from tools.template.conventions.model import (
    QUEUE,
    RULE,
    Resource,
    Resources,
    arn,
    kind_of,
    policy_with_tls,
    ref,
    when,
)

_FORTNIGHT = 14 * 86400
_RECEIVES = 5
UNDELIVERED = "UndeliveredEventsDeadLetterQueue"
"""The queue of events that could not be delivered to a target without a dead-letter queue of its own."""


def queue(name: str, resource: Resource, declared: Resources) -> Resources:
    """Return an encrypted queue and its policy. XQueue gives up messages to XDeadLetterQueue."""
    dead_letters = f"{name.removesuffix('Queue')}DeadLetterQueue"
    redrive = (
        {"RedrivePolicy": {"deadLetterTargetArn": arn(dead_letters), "maxReceiveCount": _RECEIVES}}
        if dead_letters in declared and name != dead_letters
        else {}
    )
    deployed = {
        "Type": QUEUE,
        "Properties": {
            "MessageRetentionPeriod": _FORTNIGHT,
            "VisibilityTimeout": 60,
            **redrive,
            "KmsMasterKeyId": when("HasKey", ref("KeyArn")),
            **resource.get("Properties", {}),
        },
    }
    return {name: deployed, f"{name}Policy": _queue_policy(name, declared)}


def rule(name: str, resource: Resource, declared: Resources) -> Resources:
    """Return a rule each of whose targets has a dead-letter queue."""
    properties = dict(resource["Properties"])
    properties["Targets"] = [
        {**target, "DeadLetterConfig": {"Arn": arn(_dead_letters_of(target, declared))}}
        for target in properties["Targets"]
    ]
    return {name: {**resource, "Properties": properties}}


def topic(name: str, resource: Resource) -> Resources:
    """Return an encrypted topic."""
    properties = {"KmsMasterKeyId": when("HasKey", ref("KeyArn")), **resource.get("Properties", {})}
    return {name: {"Type": resource["Type"], "Properties": properties}}


def _dead_letters_of(target: dict[str, Any], declared: Resources) -> str:
    if configured := target.get("DeadLetterConfig"):
        return str(configured["Arn"]["Fn::GetAtt"][0])
    queue_name = target["Arn"].get("Fn::GetAtt", [""])[0]
    candidate = f"{queue_name.removesuffix('Queue')}DeadLetterQueue"
    return candidate if queue_name and candidate in declared and candidate != queue_name else UNDELIVERED


def _queue_policy(name: str, declared: Resources) -> Resource:
    senders = [
        arn(rule_name)
        for rule_name, resource in declared.items()
        if kind_of(resource) == RULE
        for target in resource["Properties"]["Targets"]
        if target["Arn"] == arn(name) or _dead_letters_of(target, declared) == name
    ]
    events = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn(name),
        "Condition": {"ArnEquals": {"aws:SourceArn": senders}},
    }
    policy, attributes = policy_with_tls([events] if senders else [], "sqs:*", arn(name))
    properties = {"Queues": [ref(name)], "PolicyDocument": policy}
    return {"Type": "AWS::SQS::QueuePolicy", **attributes, "Properties": properties}
