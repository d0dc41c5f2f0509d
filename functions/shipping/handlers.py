"""The steps of a delivery's workflow, and which carriers the shop does not have."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.references import FindUnknownIds, UnknownIds
from tillflow.secrets import required_secret

from shipping import rules
from shipping.carriers import Carriers, parse_carriers
from shipping.errors import InvalidShipment
from shipping.models import CarryOut, DeliveryStep
from shipping.service import ShippingService
from shipping.store import ShippingStore


def _secret(carrier: str) -> str:
    """Return the secret of a carrier; ProviderUnavailable if there is none."""
    return required_secret(f"{os.environ['CARRIER_SECRETS']}{carrier}")


carriers = Carriers(
    parse_carriers(os.environ["CARRIERS"]), _secret, sandbox=os.environ["SANDBOX_CARRIER"] == "on"
)
service = ShippingService(ShippingStore(client("dynamodb"), os.environ["TABLE_NAME"]), carriers)


@handler
def carry_out_shipment(event: dict[str, Any], context: Any) -> DeliveryStep:
    """Carry out ``{step: hand_over | await_carrier | advance | settle_return, order_id, …}``; return the next step."""
    request = parse(CarryOut, {"request": event}, InvalidShipment).request
    return rules.delivery_step(service.carry_out(request))


@handler
def find_unknown_carriers(event: dict[str, Any], context: Any) -> UnknownIds:
    """Return those of the carriers ``{ids}`` that the shop does not have."""
    return {"unknown": carriers.find_unknown(parse(FindUnknownIds, event).valid)}
