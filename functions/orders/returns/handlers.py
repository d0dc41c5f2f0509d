"""ClaimReturn and ReleaseReturn: the first step of a return, and its compensation."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.times import utc_now

from orders.errors import InvalidReturn
from orders.returns.models import (
    ClaimedReturn,
    ConfirmClaim,
    ReleasedReturn,
    ReleaseReturn,
    ReturnOrder,
)
from orders.returns.store import ReturnsStore

store = ReturnsStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def claim_return(event: dict[str, Any], context: object) -> ClaimedReturn:
    """Validate a return and claim its units on the lines of its order.

    The event is the request with `execution`, the ARN of the execution, and `execution_name`. One with an `exchange`
    asks for the claim that the exchange has made.
    """
    if "exchange" in event:
        return store.confirm(parse(ConfirmClaim, event, InvalidReturn))
    request = {name: value for name, value in event.items() if name != "execution"}
    execution = event.get("execution")
    return store.claim(
        parse(ReturnOrder, request, InvalidReturn),
        execution if isinstance(execution, str) else "",
        utc_now(),
    )


@handler
def release_return(event: dict[str, Any], context: object) -> ReleasedReturn:
    """Give the claimed units of a return back. The compensation of claim_return."""
    return store.release(parse(ReleaseReturn, event, InvalidReturn))
