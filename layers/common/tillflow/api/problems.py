"""Errors as problem documents: https://www.rfc-editor.org/rfc/rfc9457."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tillflow.errors import DomainError, InvalidRequest, errors_by_name, problems_in, shown_json
from tillflow.errors import Problem as FieldProblem
from tillflow.executions import error_message

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
_CALL_OPERATOR = "Something failed. Call the operator."
# DynamoDB, Step Functions and Secrets Manager name the exception; S3 and SQS leave "Exception" out.
_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "AuthorizationError"})


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document. `title` is the error's name, `cashier_message` what a till shows."""

    status: int
    title: str
    detail: str
    cashier_message: str
    problems: tuple[dict[str, Any], ...] = ()

    def document(self, correlation_id: str) -> dict[str, Any]:
        """Return the JSON of the problem. The correlation id is in the log lines of the request."""
        return {
            "type": f"urn:tillflow:problem:{self.title}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "cashier_message": self.cashier_message,
            "problems": list(self.problems),
            "correlation_id": correlation_id,
        }


def status_of(error: type[DomainError]) -> int:
    """Return the HTTP status of an error class: its own, else that of its kind.

    Fields that are not accepted are 400, a record that does not exist 404, what passes by waiting 503, and a request
    that a rule refuses 422.
    """
    if error.status is not None:
        return error.status
    if issubclass(error, InvalidRequest):
        return 400
    if error.retried:
        return 503
    return 404 if error.__name__.startswith("Unknown") else 422


class ProblemError(DomainError):
    """A problem that an operation made itself, such as the refusal that a workflow left in a row."""

    cashier_message = ""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def problem_of(error: DomainError) -> Problem:
    """Return the problem of a domain error."""
    if isinstance(error, ProblemError):
        return error.problem
    fields = _fields(error.problems)
    return Problem(status_of(type(error)), type(error).__name__, str(error), error.cashier_message, fields)


def problem_of_refusal(reason: str, cause: str, cashier_message: str) -> Problem:
    """Return the problem of a request that a workflow refused with the error of this name.

    An error that is not of the layer or of the service of the API has status 422 and `cashier_message`; so has one
    that passes by waiting, since the workflow no longer waits.
    """
    error, detail = errors_by_name().get(reason), error_message(cause)
    if error is None or error.retried:
        return Problem(422, reason, detail, cashier_message)
    fields = _fields(problems_in(detail)) if issubclass(error, InvalidRequest) else ()
    return Problem(status_of(error), reason, detail, error.cashier_message, fields)


def internal_problem(error: Exception) -> Problem:
    """Return the problem of a failure that is not the caller's. It says nothing of the inside."""
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
    if code in _DENIED:
        return Problem(
            500, "PermissionMissing", "the service lacks a permission; the log names it", _CALL_OPERATOR
        )
    return Problem(500, "InternalError", "the request failed; the log has the reason", _CALL_OPERATOR)


def _fields(problems: Iterable[FieldProblem]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"field": one.field, "value": _plain(one.value), "accepted": one.expected} for one in problems
    )


def _plain(value: object) -> object:
    """A value as it is shown: short, and JSON."""
    if value is None or isinstance(value, bool | int):
        return value if not isinstance(value, int) or abs(value) < 10**15 else str(value)[:60]
    return value[:60] if isinstance(value, str) else shown_json(value)
