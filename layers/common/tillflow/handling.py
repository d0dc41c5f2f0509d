"""The edge every handler shares: log lines that carry the order and its execution."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from aws_lambda_powertools.logging import Logger
from botocore.exceptions import BotoCoreError, ClientError

from tillflow.aws import can_pass
from tillflow.errors import DomainError, StoreUnavailable

type Handler[R] = Callable[[dict[str, Any], Any], R]

logger = Logger()


def handler[R](function: Handler[R]) -> Handler[R]:
    """A Lambda handler whose log lines carry order_id and execution, and whose refusals are no crashes.

    An execution is named after its order, so the order id finds both; a workflow that carries something
    else says `execution`. A DomainError is logged as a warning by its name and raised without a stack
    trace, so that the execution history shows a sentence. An error of AWS that can pass is raised as
    StoreUnavailable, which workflows retry; other errors of AWS stay as they are.
    """

    @wraps(function)
    def handle(event: dict[str, Any], context: Any) -> R:
        order = event.get("order")
        order_id = (order if isinstance(order, dict) else event).get("order_id", event.get("business_id"))
        execution = event.get("execution", order_id)
        with logger.append_context_keys(
            order_id=order_id, execution=execution, request_id=context.aws_request_id
        ):
            try:
                answer = _answer(function, event, context)
            except DomainError as refusal:
                logger.warning(str(refusal), extra={"error": type(refusal).__name__})
                raise refusal.with_traceback(None) from None
            logger.info("done", extra={"step": function.__name__})
            return answer

    return handle


def _answer[R](function: Handler[R], event: dict[str, Any], context: Any) -> R:
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
