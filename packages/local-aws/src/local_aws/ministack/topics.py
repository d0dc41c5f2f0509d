"""SNS: checks of Publish, and the codes and messages of errors."""

from __future__ import annotations

from typing import Any

from ministack.services import sns

from .topic_checks import Publication, check_publication

type Response = tuple[int, dict[str, str], bytes]

# MiniStack has the names of exceptions where the query protocol has codes.
_CODES = {"InvalidParameterException": "InvalidParameter", "ResourceNotFoundException": "ResourceNotFound"}
_NO_TOPIC = "Topic does not exist"
_NO_DEDUPLICATION = (
    "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or "
    "MessageDeduplicationId provided explicitly"
)


def install_topic_checks() -> None:
    """Check requests of Publish, and return errors as SNS does."""
    error, publish, publish_batch = sns._error, sns._publish, sns._publish_batch
    resolve_deduplication = sns._resolve_dedup_id

    def named_error(code: str, message: str, status: int) -> Response:
        if message.startswith(f"{_NO_TOPIC}: "):
            message = _NO_TOPIC
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

    def batch_with_codes(params: dict[str, Any]) -> Response:
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
