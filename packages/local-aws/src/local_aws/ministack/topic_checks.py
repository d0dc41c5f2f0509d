"""Checks of SNS's Publish that MiniStack does not make, with SNS's messages.

Sources: the SNS API reference (Publish), and the SNS Developer Guide, "Message attributes" and "FIFO topics".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_ARN_PARTS = 6
_MAX_SUBJECT = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PHONE_NUMBER = re.compile(r"\+[1-9]\d{1,14}")
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
