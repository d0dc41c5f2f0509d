"""ClaimShipment: the first step of an order's shipment, and of each further one."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from orders.errors import InvalidShipmentClaim
from orders.shipments.models import ClaimedShipment, ClaimShipment
from orders.shipments.store import ShipmentsStore

store = ShipmentsStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def claim_shipment(event: dict[str, Any], context: object) -> ClaimedShipment:
    """Claim the units of ``{order_id, shipments?}`` that are shipped next; from then on the order is not cancelled."""
    return store.claim(parse(ClaimShipment, event, InvalidShipmentClaim))
