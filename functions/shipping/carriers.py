"""Hand shipments over to carriers: by people (manual), to the sandbox, or by signed webhook.

A shipment's id is the key by which a carrier recognises a repeated hand-over.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

from pydantic import Field
from tillflow.errors import InvalidRequest, ProviderUnavailable
from tillflow.fields import Request
from tillflow.json_text import read_json
from tillflow.outbound import CallFailed, post
from tillflow.parameters import named_values
from tillflow.parsing import parse
from tillflow.signatures import signature

from shipping.errors import UnknownCarrier
from shipping.models import Address, Shipment


class CarrierResponse(Request):
    """The response of a carrier. reference: its number for the shipment; reason: why it refused the shipment."""

    accepted: bool
    reference: Annotated[str, Field(max_length=100)] = ""
    reason: Annotated[str, Field(max_length=200)] = ""


class Carrier(Protocol):
    """The port to a carrier."""

    def hand_over(self, shipment: Shipment, address: Address) -> CarrierResponse:
        """Hand a shipment over; ProviderUnavailable if the carrier did not respond."""


class ManualCarrier:
    """People hand the goods over and report what happens to them."""

    def hand_over(self, shipment: Shipment, address: Address) -> CarrierResponse:
        """Accept every shipment."""
        return CarrierResponse(accepted=True)


class SandboxCarrier:
    """A carrier that moves nothing. It refuses the service `refused`."""

    def hand_over(self, shipment: Shipment, address: Address) -> CarrierResponse:
        """Accept a shipment, unless its service is `refused`."""
        if address.service == "refused":
            return CarrierResponse(accepted=False, reason="the sandbox refuses this service")
        return CarrierResponse(accepted=True, reference=f"SANDBOX-{shipment.shipment_id}")


@dataclass(frozen=True)
class WebhookCarrier:
    """A carrier that is sent a signed message; `secret` returns the secret of the signature."""

    address: str
    secret: Callable[[], str]

    def hand_over(self, shipment: Shipment, address: Address) -> CarrierResponse:
        """Send the shipment and return the response."""
        message = {
            "key": shipment.shipment_id,
            "type": "Shipment",
            "address": address.model_dump(exclude={"carrier", "service"}),
            "service": address.service,
            "lines": [{"sku": line.sku, "quantity": line.quantity} for line in shipment.lines],
        }
        body = json.dumps(message, separators=(",", ":"), sort_keys=True)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": shipment.shipment_id,
            "X-Tillflow-Signature": signature(self.secret(), body),
        }
        try:
            response = post(self.address, body.encode(), headers)
            return parse(CarrierResponse, read_json(response.body, "response"))
        except (CallFailed, InvalidRequest) as failure:
            raise ProviderUnavailable(f"hand-over of {shipment.shipment_id}: {failure}") from None


class Carriers:
    """The carriers of the shop.

    addresses: the webhook of each carrier; secret_of: the secret of a carrier; sandbox: whether there is the sandbox.
    """

    def __init__(
        self, addresses: Mapping[str, str], secret_of: Callable[[str], str], *, sandbox: bool
    ) -> None:
        self._addresses = addresses
        self._secret_of = secret_of
        self._sandbox = sandbox

    def get(self, name: str) -> Carrier:
        """Return a carrier by its name; UnknownCarrier."""
        if name == "manual":
            return ManualCarrier()
        if name == "sandbox" and self._sandbox:
            return SandboxCarrier()
        if name not in self._addresses:
            raise UnknownCarrier(name)
        return WebhookCarrier(self._addresses[name], lambda: self._secret_of(name))

    def find_unknown(self, names: Iterable[str]) -> list[str]:
        """Return those of the names that no carrier has."""
        return [name for name in names if not self._is_known(name)]

    def _is_known(self, name: str) -> bool:
        return name in ("manual", *self._addresses) or (name == "sandbox" and self._sandbox)


def parse_carriers(text: str) -> dict[str, str]:
    """Return the webhook of each carrier from ``name=address,…``; ValueError for one that is listed twice."""
    return named_values("Carriers", text)
