"""What every handler has in common: a check of the event, log context, and named errors."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from aws_lambda_powertools.logging import Logger
from botocore.exceptions import BotoCoreError, ClientError

from tillflow.aws import can_pass
from tillflow.errors import DomainError, InvalidRequest, StoreUnavailable

type Handler[R] = Callable[[dict[str, Any], Any], R]

MAX_LOGGED_ID = 256
# What executions are named after, and the documents in which an event can have it.
_BUSINESS_IDS = (
    "order_id",
    "purchase_order_id",
    "transfer_id",
    "payment_id",
    "run_id",
    "import_id",
    "merge_id",
)
_DOCUMENTS = ("order", "payment")

logger = Logger()


def handler[R](function: Handler[R]) -> Handler[R]:
    """Decorate a Lambda handler: check that its event is an object, add the order to log lines, name errors.

    An execution is named after its order, so that the order id finds both; a workflow about something else sends
    `execution`. A DomainError is logged as a warning by its name and raised without a stack trace, so that the
    execution history shows a sentence. An AWS error that can pass is raised as StoreUnavailable, which workflows retry;
    other AWS errors stay as they are.
    """

    @wraps(function)
    def handle(event: dict[str, Any], context: Any) -> R:
        with logger.append_context_keys(**_context(event), request_id=context.aws_request_id):
            try:
                response = _call(function, event, context)
            except DomainError as error:
                logger.warning(str(error), extra={"error": type(error).__name__})
                raise error.with_traceback(None) from None
            logger.info("done", extra={"step": function.__name__})
            return response

    return handle


def _call[R](function: Handler[R], event: object, context: Any) -> R:
    if not isinstance(event, dict):
        raise InvalidRequest("event", event, "an object")
    try:
        return function(event, context)
    except (BotoCoreError, ClientError) as failure:
        error = as_domain_error(failure)
        if error is None:
            raise
        raise error from None


def as_domain_error(failure: Exception) -> DomainError | None:
    """Return the domain error of a failure: StoreUnavailable for an AWS error that can pass, None for others."""
    if isinstance(failure, DomainError):
        return failure
    return StoreUnavailable(f"{type(failure).__name__}: {failure}") if can_pass(failure) else None


def _context(event: object) -> dict[str, str | None]:
    """Return the order and the execution of an event for the log; None for what is not an id."""
    fields = event if isinstance(event, dict) else {}
    documents = [fields[name] for name in _DOCUMENTS if isinstance(fields.get(name), dict)]
    subject = documents[0] if documents else fields
    order_id = subject.get("order_id", fields.get("business_id"))
    business_id = next((subject[name] for name in _BUSINESS_IDS if name in subject), order_id)
    execution = fields.get("execution", business_id)
    return {"order_id": _loggable(order_id), "execution": _loggable(execution)}


def _loggable(value: object) -> str | None:
    return value[:MAX_LOGGED_ID] if isinstance(value, str) else None
