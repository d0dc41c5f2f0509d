"""SNS: checks of Publish, and the codes and messages of errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import sns

from .topic_checks import (
    Problem,
    Publication,
    check_batch,
    check_publication,
    check_subscription,
    check_subscription_arn,
    check_subscription_attribute,
    check_topic,
    check_topic_attribute,
)

type Params = dict[str, Any]
type Response = tuple[int, dict[str, str], bytes]
type Operation = Callable[[Params], Response]

# MiniStack has the names of exceptions where the query protocol has codes.
_CODES = {"InvalidParameterException": "InvalidParameter", "ResourceNotFoundException": "ResourceNotFound"}
_NO_TOPIC = "Topic does not exist"
_TOO_LONG = "Invalid parameter: Message too long"
_NO_DEDUPLICATION = (
    "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or "
    "MessageDeduplicationId provided explicitly"
)


def install_topic_checks() -> None:
    """Check requests, and return errors as SNS does."""
    _install_errors()
    _install_topics_and_subscriptions()


def _install_errors() -> None:
    error, publish, publish_batch = sns._error, sns._publish, sns._publish_batch
    resolve_deduplication = sns._resolve_dedup_id

    def named_error(code: str, message: str, status: int) -> Response:
        if message.startswith(f"{_NO_TOPIC}: "):
            message = _NO_TOPIC
        if message.startswith(_TOO_LONG):
            message = _TOO_LONG
        response: Response = error(_CODES.get(code, code), message, status)
        return response

    def checked_publish(params: dict[str, Any]) -> Response:
        publication = Publication(
            target=sns._p(params, "TopicArn") or sns._p(params, "TargetArn"),
            phone_number=sns._p(params, "PhoneNumber"),
            message=sns._p(params, "Message"),
            subject=sns._p(params, "Subject"),
            structure=sns._p(params, "MessageStructure"),
            deduplication_id=sns._p(params, "MessageDeduplicationId"),
            attributes=sns._parse_message_attributes(params),
        )
        if (problem := check_publication(publication)) is not None:
            return named_error(problem.code, problem.message, 400)
        response: Response = publish(params)
        return response

    def batch_with_codes(params: Params) -> Response:
        identifiers = [str(entry.get("id") or "") for entry in sns._parse_batch_entries(params)]
        if (problem := check_batch(identifiers)) is not None:
            return named_error(problem.code, problem.message, 400)
        status, headers, body = publish_batch(params)
        for exception, code in _CODES.items():
            body = body.replace(f"<Code>{exception}</Code>".encode(), f"<Code>{code}</Code>".encode())
        return status, headers, body

    def deduplication_id(topic: dict[str, Any], params: dict[str, Any], message: str) -> str:
        try:
            return str(resolve_deduplication(topic, params, message))
        except ValueError:
            raise ValueError(_NO_DEDUPLICATION) from None

    sns._error = named_error
    sns._publish = checked_publish
    sns._publish_batch = batch_with_codes
    sns._resolve_dedup_id = deduplication_id


def _install_topics_and_subscriptions() -> None:
    """Check topics and subscriptions. MiniStack calls these operations by their names in the module."""

    def topic(params: Params) -> Problem | None:
        name, attributes = sns._p(params, "Name"), _attributes(params)
        stored = sns._topics.get(f"arn:aws:sns:{get_region()}:{get_account_id()}:{name}")
        return check_topic(name, attributes, None if stored is None else stored["attributes"])

    def subscription(params: Params) -> Problem | None:
        target, protocol = sns._p(params, "TopicArn"), sns._p(params, "Protocol")
        return check_subscription(target, protocol, sns._p(params, "Endpoint"), _attributes(params))

    def subscription_attribute(params: Params) -> Problem | None:
        name, value = sns._p(params, "AttributeName"), sns._p(params, "AttributeValue")
        return check_subscription_attribute(name, value)

    def confirmation(params: Params) -> Problem | None:
        tokens = {
            each.get("token")
            for each in (sns._topics.get(sns._p(params, "TopicArn")) or {}).get("subscriptions", ())
        }
        is_valid = sns._p(params, "TopicArn") not in sns._topics or sns._p(params, "Token") in tokens
        return None if is_valid else Problem("InvalidParameter", "Invalid parameter: Token")

    checks = {
        "_create_topic": topic,
        "_subscribe": subscription,
        "_set_topic_attributes": lambda params: check_topic_attribute(sns._p(params, "AttributeName")),
        "_set_subscription_attributes": subscription_attribute,
        "_unsubscribe": lambda params: check_subscription_arn(sns._p(params, "SubscriptionArn")),
        "_confirm_subscription": confirmation,
    }
    for operation, check in checks.items():
        setattr(sns, operation, _checked(getattr(sns, operation), check))


def _checked(operation: Operation, check: Callable[[Params], Problem | None]) -> Operation:
    def checked(params: Params) -> Response:
        problem = check(params)
        if problem is not None:
            rejected: Response = sns._error(problem.code, problem.message, 400)
            return rejected
        return operation(params)

    return checked


def _attributes(params: Params) -> dict[str, str]:
    """Return the attributes of a request to create a topic or a subscription."""
    attributes, number = {}, 1
    while name := sns._p(params, f"Attributes.entry.{number}.key"):
        attributes[str(name)] = str(sns._p(params, f"Attributes.entry.{number}.value") or "")
        number += 1
    return attributes
