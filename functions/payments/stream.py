"""The consumer of the payments table's stream. It needs a client of the bus, which the other functions do not."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.errors import InvalidRequest
from tillflow.events import PAYMENTS
from tillflow.handling import handler
from tillflow.publishing import publish

from payments.credit.models import AnnouncedCredit
from payments.credit.publisher import credit_events

_events = client("events")
_bus = os.environ["BUS_NAME"]


@handler
def announce_credit(event: dict[str, Any], context: Any) -> AnnouncedCredit:
    """Publish the grants and expiries of credit in a batch of the table's stream."""
    try:
        changes = credit_events(event["Records"])
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # A record is DynamoDB's image of a row: one that cannot be read is not of this table.
        reason = f"records of the payments table's stream ({type(error).__name__}: {error})"
        raise InvalidRequest("Records", event.get("Records"), reason) from None
    publish(_events, _bus, PAYMENTS, changes)
    return {"announced": len(changes)}
