"""The consumer of the inventory table's stream. It needs a client of the bus, which the other functions do not."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.errors import InvalidRequest
from tillflow.handling import handler

from inventory.models import Announced
from inventory.publisher import StockPublisher

publisher = StockPublisher(client("events"), os.environ["BUS_NAME"])


@handler
def announce_stock(event: dict[str, Any], context: Any) -> Announced:
    """Publish the reorder points crossed and the corrections in a batch of the table's stream."""
    try:
        return {"announced": publisher.publish(event["Records"])}
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # A record is DynamoDB's image of a row: one that cannot be read is not of this table.
        reason = f"records of the inventory table's stream ({type(error).__name__}: {error})"
        raise InvalidRequest("Records", event.get("Records"), reason) from None
