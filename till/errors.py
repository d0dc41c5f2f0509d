"""Errors of commands: what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError
    from pydantic import ValidationError

_STORED = "The row was written by another version or by hand: correct it in its table."


class OperatorError(Exception):
    """A command that failed. `str` says what is wrong; `advice` says what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


@contextmanager
def operator_errors(advice: str) -> Iterator[None]:
    """Raise a service's error as the operator's, with `advice`."""
    from tillflow.errors import DomainError

    try:
        yield
    except DomainError as error:
        raise OperatorError(str(error), advice) from error


def operator_error_of(error: Exception) -> OperatorError | None:
    """Return an error that an operator can fix; None of any other exception."""
    from botocore.exceptions import BotoCoreError, ClientError
    from pydantic import ValidationError
    from tillflow.errors import DomainError
    from tillflow.store import MalformedRow

    match error:
        case OperatorError():
            return error
        case DomainError():
            return OperatorError(str(error))
        case ValidationError() | JSONDecodeError():
            return explain_stored(error)
        case MalformedRow():
            return OperatorError(f"A stored {error}.", _STORED)
        case BotoCoreError() | ClientError():
            return explain(error)
    return None


def explain(error: BotoCoreError | ClientError) -> OperatorError:
    """Convert an error of the AWS SDK."""
    from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, NoRegionError

    if isinstance(error, EndpointConnectionError):
        return OperatorError(
            f"Cannot connect to {error.kwargs.get('endpoint_url')}.",
            "Start the local stack with `till up --detach`, or unset TILLFLOW_ENDPOINT to use AWS.",
        )
    if isinstance(error, NoCredentialsError):
        return OperatorError(
            "No AWS credentials are configured.",
            "Sign in to AWS, or start the local stack with `till up --detach`.",
        )
    if isinstance(error, NoRegionError):
        return OperatorError(
            "The local AWS is not running, and no AWS region is configured.",
            "Start the local stack with `till up --detach`, or set AWS_REGION, for example to eu-west-1.",
        )
    if isinstance(error, ClientError):
        code = error.response["Error"].get("Code", "unknown")
        text = error.response["Error"].get("Message", "")
        return OperatorError(
            f"{error.operation_name} failed: {code}: {text}",
            "Check the permissions of your role, and the deployment in use (`till status`).",
        )
    return OperatorError(
        f"The AWS SDK failed: {error}", "Check the endpoint and the network, then try again."
    )


def explain_stored(error: ValidationError | JSONDecodeError) -> OperatorError:
    """Convert the error of a stored row that its model does not accept. Names every field."""
    if isinstance(error, JSONDecodeError):
        return OperatorError(f"A stored document is not JSON: {error}.", _STORED)
    fields = [
        f"{'.'.join(map(str, one['loc'])) or 'the document'}: {one['msg'].removeprefix('Value error, ')}"
        for one in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return OperatorError(
        "\n".join([f"A stored {error.title} is not valid:", *fields]),
        _STORED,
    )
