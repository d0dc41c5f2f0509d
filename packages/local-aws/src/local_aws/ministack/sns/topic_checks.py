"""Checks of SNS's requests that MiniStack does not make, with SNS's messages.

Sources: the SNS API reference (Publish, PublishBatch, CreateTopic, Subscribe), and the SNS Developer Guide, "Message
attributes" and "FIFO topics".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_ARN_PARTS = 6
_MAX_SUBJECT = 100
_MAX_BATCH = 10
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PHONE_NUMBER = re.compile(r"\+[1-9]\d{1,14}")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo")
_BATCH_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z0-9_.-]*")
_PROTOCOLS = frozenset(
    {"http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"}
)
_SUBSCRIPTION_ATTRIBUTES = frozenset(
    {
        "DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy",
        "SubscriptionRoleArn", "ReplayPolicy",
    }
)  # fmt: skip
_TOPIC_ATTRIBUTES = frozenset(
    {
        "DeliveryPolicy", "DisplayName", "Policy", "TracingConfig", "SignatureVersion", "KmsMasterKeyId",
        "ArchivePolicy", "ContentBasedDeduplication", "FifoThroughputScope", "DataProtectionPolicy",
    }
)  # fmt: skip
_FEEDBACK = re.compile(
    r"(HTTP|Firehose|Lambda|Application|SQS)(SuccessFeedbackRoleArn|SuccessFeedbackSampleRate|FailureFeedbackRoleArn)"
)
_TYPE = re.compile(r"(String|Number|Binary)(\.[\w.-]+)?|String\.Array")


@dataclass(frozen=True, slots=True)
class Publication:
    """The parameters of a Publish request; an absent one is an empty text."""

    target: str
    phone_number: str
    message: str
    subject: str
    structure: str
    deduplication_id: str = ""
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """The code and the message of an error."""

    code: str
    message: str


def check_publication(publication: Publication) -> Problem | None:
    """Return the error of a request to publish; None if it is valid."""
    reason = (
        _check_target(publication)
        or _check_message(publication)
        or ("Subject" if _is_invalid_subject(publication.subject) else None)
    )
    if reason is not None:
        return Problem("InvalidParameter", f"Invalid parameter: {reason}")
    for name, attribute in publication.attributes.items():
        if (message := _check_attribute(name, attribute)) is not None:
            return Problem("ParameterValueInvalid", message)
    return None


def _check_target(publication: Publication) -> str | None:
    target, number = publication.target, publication.phone_number
    if not target and not number:
        return "TopicArn or TargetArn Reason: no value for required parameter"
    if target:
        parts = len(target.split(":"))
        if parts < _ARN_PARTS:
            return f"TopicArn Reason: An ARN must have at least {_ARN_PARTS} elements, not {parts}"
        if publication.deduplication_id and not target.endswith(".fifo"):
            return (
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not "
                "valid for this topic type"
            )
    elif not _PHONE_NUMBER.fullmatch(number):
        return f"PhoneNumber Reason: {number} is not valid to publish to"
    return None


def _check_message(publication: Publication) -> str | None:
    if not publication.message:
        return "Empty message"
    if publication.structure not in ("", "json"):
        return f"MessageStructure Reason: {publication.structure} is not valid"
    if publication.structure != "json":
        return None
    try:
        messages = json.loads(publication.message)
    except ValueError:
        messages = None
    if not isinstance(messages, dict):
        return "Message Structure - JSON message body failed to parse"
    if not isinstance(messages.get("default"), str):
        return "Message Structure - No default entry in JSON message body"
    return None


def _is_invalid_subject(subject: str) -> bool:
    return len(subject) > _MAX_SUBJECT or _CONTROL.search(subject) is not None


def _check_attribute(name: str, attribute: Mapping[str, str]) -> str | None:
    invalid = next((character for character in name if not _ATTRIBUTE_NAME.fullmatch(character)), None)
    if invalid is not None:
        return (
            f"Invalid non-alphanumeric character '#x{ord(invalid):X}' was found in the message attribute name. Can only"
            " include alphanumeric characters, hyphens, underscores, or dots."
        )
    kind = attribute.get("DataType") or ""
    if not kind:
        return f"The message attribute '{name}' must contain non-empty message attribute type."
    if not _TYPE.fullmatch(kind):
        return (
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String."
        )
    value = attribute.get("BinaryValue" if kind.startswith("Binary") else "StringValue")
    if not value:
        return (
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute "
            f"type '{kind.partition('.')[0]}'."
        )
    if kind.startswith("Number"):
        try:
            float(value)
        except ValueError:
            return f"Could not cast message attribute '{name}' value to number."
    return None


def check_topic(name: str, attributes: Mapping[str, str], stored: Mapping[str, str] | None) -> Problem | None:
    """Return the error of a topic that cannot be created; `stored` are the attributes of the topic of that name."""
    is_fifo = attributes.get("FifoTopic") == "true"
    if is_fifo and not _FIFO_NAME.fullmatch(name):
        return _invalid(
            "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters,"
            " numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
        )
    if not is_fifo and not _NAME.fullmatch(name):
        return _invalid("Topic Name")
    for attribute in attributes:
        if attribute != "FifoTopic" and not _is_topic_attribute(attribute):
            return _invalid(f"Attributes Reason: Unknown attribute {attribute}")
    if stored is not None and any(stored.get(key, "") != value for key, value in attributes.items()):
        return _invalid("Attributes Reason: Topic already exists with different attributes")
    return None


def check_topic_attribute(name: str) -> Problem | None:
    """Return the error of an attribute that SetTopicAttributes does not have."""
    return None if _is_topic_attribute(name) else _invalid("AttributeName")


def _is_topic_attribute(name: str) -> bool:
    return name in _TOPIC_ATTRIBUTES or _FEEDBACK.fullmatch(name) is not None


def check_subscription(
    topic: str, protocol: str, endpoint: str, attributes: Mapping[str, str]
) -> Problem | None:
    """Return the error of a subscription; None if it is valid."""
    if protocol not in _PROTOCOLS:
        return _invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    if protocol in ("http", "https") and not endpoint.startswith(f"{protocol}://"):
        return _invalid("Endpoint must match the specified protocol")
    if protocol in ("email", "email-json") and "@" not in endpoint:
        return _invalid("Email address")
    if protocol == "sms" and not _PHONE_NUMBER.fullmatch(endpoint):
        return _invalid(f"Invalid SMS endpoint: {endpoint}")
    name = {"sqs": "SQS", "lambda": "Lambda"}.get(protocol)
    if name is not None and not endpoint.startswith("arn:aws"):
        return _invalid(f"{name} endpoint ARN")
    if protocol == "sqs" and endpoint.endswith(".fifo") and not topic.endswith(".fifo"):
        return _invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
        )
    problems = (check_subscription_attribute(key, value) for key, value in attributes.items())
    return next((problem for problem in problems if problem is not None), None)


def check_subscription_attribute(name: str, value: str) -> Problem | None:
    """Return the error of a subscription's attribute; None if it is valid."""
    if name not in _SUBSCRIPTION_ATTRIBUTES:
        return _invalid("AttributeName")
    if name == "RawMessageDelivery" and value.lower() not in ("true", "false"):
        return _invalid(f"RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
    if name == "FilterPolicyScope" and value not in ("MessageAttributes", "MessageBody"):
        return _invalid(
            f"FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes"
        )
    if name not in ("FilterPolicy", "RedrivePolicy") or not value:
        return None
    try:
        document = json.loads(value)
    except ValueError:
        return _invalid(f"{name}: failed to parse JSON.")
    if not isinstance(document, dict):
        return _invalid(f"{name}: failed to parse JSON.")
    if name == "RedrivePolicy":
        target = str(document.get("deadLetterTargetArn"))
        is_queue = target.startswith("arn:aws") and target.split(":")[2] == "sqs"
        return None if is_queue else _invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn")
    for key, values in document.items():
        if not isinstance(values, list | dict):
            return _invalid(f'FilterPolicy: "{key}" must be an object or an array')
    return None


def check_batch(identifiers: Sequence[str]) -> Problem | None:
    """Return the error of a batch of messages with these identifiers."""
    if not identifiers:
        return Problem("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(identifiers) > _MAX_BATCH:
        return Problem(
            "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible."
        )
    if not all(_BATCH_ID.fullmatch(identifier) for identifier in identifiers):
        return Problem(
            "InvalidBatchEntryId",
            "The Id of a batch entry in a batch request doesn't abide by the specification.",
        )
    if len(set(identifiers)) < len(identifiers):
        return Problem(
            "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."
        )
    return None


def check_subscription_arn(arn: str) -> Problem | None:
    """Return the error of a text that is no ARN."""
    parts = len(arn.split(":"))
    if parts >= _ARN_PARTS:
        return None
    return _invalid(f"SubscriptionArn Reason: An ARN must have at least {_ARN_PARTS} elements, not {parts}")


def _invalid(reason: str) -> Problem:
    return Problem("InvalidParameter", f"Invalid parameter: {reason}")
