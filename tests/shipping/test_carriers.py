"""The hand-over to carriers, and the start of shipments from the queue."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from shipping import starter
from shipping.carriers import Carriers, parse_carriers
from shipping.errors import UnknownCarrier
from shipping.models import Address, Line, Shipment
from tillflow.errors import ProviderUnavailable
from tillflow.outbound import CallFailed, Response
from tillflow.signatures import signature

SHIPMENT = Shipment(shipment_id="ord-1-s1", lines=(Line(line_no=1, sku="MUG", quantity=2),))
URL = "https://acme.example/shipments"


def address(carrier: str, service: str = "standard") -> Address:
    street = {"street": "1 Main St", "postal_code": "8001", "city": "Zurich", "country": "CH"}
    return Address(name="Ada", carrier=carrier, service=service, **street)


def carriers(*, sandbox: bool = True) -> Carriers:
    addresses = parse_carriers(f"acme={URL},other=https://other.example/")
    return Carriers(addresses, {"acme": "shared"}.__getitem__, sandbox=sandbox)


def test_sandbox_is_unknown_where_it_is_off() -> None:
    assert carriers().get("sandbox").hand_over(SHIPMENT, address("sandbox")).accepted
    with pytest.raises(UnknownCarrier, match="SandboxCarrier"):
        carriers(sandbox=False).get("sandbox")


def test_carrier_with_two_webhooks_is_refused() -> None:
    assert parse_carriers("") == {}
    with pytest.raises(ValueError, match="Carriers has acme twice"):
        parse_carriers(f"acme={URL},acme=https://other.example/")


def test_webhook_carrier_is_sent_the_signed_shipment(monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[tuple[str, bytes, dict[str, str]]] = []

    def post(*sent: Any) -> Response:
        posted.append(sent)
        return Response(200, b'{"accepted": true, "reference": "A-1"}')

    monkeypatch.setattr("shipping.carriers.post", post)
    assert carriers().get("acme").hand_over(SHIPMENT, address("acme")).reference == "A-1"
    ((url, body, headers),) = posted
    assert (url, headers["Idempotency-Key"]) == (URL, "ord-1-s1")
    assert headers["X-Tillflow-Signature"] == signature("shared", body.decode())
    assert json.loads(body)["lines"] == [{"sku": "MUG", "quantity": 2}]


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"[]",
        b'{"accepted": "perhaps"}',
        b'{"accepted": true, "accepted": false}',
        b"\xff",
        b"[" * 60_000,
    ],
)
def test_response_that_is_not_understood_is_an_unavailable_carrier(
    monkeypatch: pytest.MonkeyPatch, response: bytes
) -> None:
    monkeypatch.setattr("shipping.carriers.post", lambda *_: Response(200, response))
    with pytest.raises(ProviderUnavailable):
        carriers().get("acme").hand_over(SHIPMENT, address("acme"))


def test_carrier_that_does_not_respond_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Response:
        raise CallFailed("acme.example", "status 500")

    monkeypatch.setattr("shipping.carriers.post", fail)
    with pytest.raises(ProviderUnavailable):
        carriers().get("acme").hand_over(SHIPMENT, address("acme"))


@pytest.mark.parametrize(("name", "service", "accepted"), [
    ("manual", "standard", True), ("sandbox", "standard", True), ("sandbox", "refused", False),
])  # fmt: skip
def test_built_in_carriers_respond_at_once(name: str, service: str, accepted: bool) -> None:
    assert carriers().get(name).hand_over(SHIPMENT, address(name, service)).accepted is accepted


def test_carrier_that_is_not_configured_is_refused() -> None:
    with pytest.raises(UnknownCarrier, match="'nobody' is not configured"):
        carriers().get("nobody")


def test_each_paid_order_of_a_batch_starts_a_shipment_and_failures_are_returned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[str] = []

    def start(states: Any, machine: str, name: str, request: Any) -> None:
        if name == "ord-2":
            raise RuntimeError("throttled")
        started.append(name)

    monkeypatch.setenv("SHIPMENT_ARN", "arn")
    monkeypatch.setattr(starter, "start_execution", start)
    monkeypatch.setattr(starter, "client", lambda _: None)
    bodies = [json.dumps({"detail": {"order_id": f"ord-{number}"}}) for number in (1, 2, 3)] + ["broken"]
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies, 1)]
    context = SimpleNamespace(aws_request_id="1")
    failures = starter.start_shipment({"Records": records}, context)["batchItemFailures"]
    assert started == ["ord-1", "ord-3"]
    assert [failure["itemIdentifier"] for failure in failures] == ["2", "4"]
