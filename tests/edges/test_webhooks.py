"""Webhooks of suppliers: a forged or replayed request changes nothing."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from purchasing.models import OpenOrder
from purchasing.store import PurchaseStore
from tillflow.aws import client
from tillflow.store import unmarshal

from tests.support.http_api import HttpApi, HttpResponse, http_api, route_of
from verification.harness.fixture import workflow_fixture

SECRETS = {"sup-hook": "the-secret", "sup-other": "another"}
ACCEPTED = {"purchase_order_id": "po-1", "accepted": True, "promised_on": "2026-12-01"}
NOTE = {"note_id": "dn-1", "lines": [{"sku": "TEA", "quantity": 5}]}
BODIES: Mapping[str, Any] = {
    "acknowledgement": ACCEPTED,
    "heartbeat": ACCEPTED,
    "delivery-note": {"purchase_order_id": "po-1", "note": NOTE},
}
HOOKS = [
    *(f"/api/webhooks/suppliers/sup-hook/{hook}" for hook in BODIES),
    "/api/webhooks/carriers/express/reports",
    "/api/webhooks/stripe",
]


@pytest.fixture
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as fixture, http_api(fixture) as built:
        for supplier, secret in SECRETS.items():
            name = f"tillflow/suppliers/{supplier}"
            client("secretsmanager").create_secret(Name=name, SecretString=secret)
            channel = {"type": "webhook", "address": "https://supplier.example/orders", "secret": name}
            fields = {"supplier_id": supplier, "name": supplier, "currency": "EUR", "account": "acct_ok"}
            created = built.post("/suppliers", {"supplier": {**fields, "channel": channel}})
            assert created.status == 201, created.text
        store = PurchaseStore(client("dynamodb"), "PurchasingTable")
        order = {
            "purchase_order_id": "po-1",
            "location": "store-1",
            "currency": "EUR",
            "lines": [{"sku": "TEA", "quantity": 5, "unit_cost": 400}],
            "suppliers": [{"supplier_id": "sup-hook"}],
            "reason": "by hand",
        }
        store.open(OpenOrder.model_validate(order))
        store.send("po-1")
        yield built


def signed(raw: bytes, secret: str, age: int = 0) -> dict[str, str]:
    """Return the headers of a webhook: the signature of a body under a secret, so many seconds ago."""
    timestamp = str(int(time.time()) - age)
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return {"X-Tillflow-Timestamp": timestamp, "X-Tillflow-Signature": f"sha256={digest}"}


def send(
    api: HttpApi,
    hook: str,
    body: Any,
    secret: str = "the-secret",
    age: int = 0,
    sent: Any = None,
    supplier: str = "sup-hook",
) -> HttpResponse:
    """Send a webhook with the signature of a body. sent: the body that is sent in its place."""
    raw = json.dumps(body).encode()
    headers = signed(raw, secret, age)
    text = base64.b64encode(raw if sent is None else json.dumps(sent).encode()).decode()
    path = {"supplier_id": supplier}
    return api.call(f"POST /api/webhooks/suppliers/{{supplier_id}}/{hook}", path, body=text, headers=headers)


def stored() -> list[dict[str, Any]]:
    """Return every row of purchasing."""
    rows = map(unmarshal, client("dynamodb").scan(TableName="PurchasingTable")["Items"])
    return sorted(rows, key=lambda row: (row["pk"], row["sk"]))


@pytest.mark.parametrize("hook", BODIES)
@pytest.mark.parametrize(
    "forgery",
    [
        {"secret": "another"},
        {"secret": ""},
        {"age": 301},
        {"age": -301},
        {"sent": {**ACCEPTED, "promised_on": "2026-12-02", "note": ""}},
    ],
    ids=["of another supplier", "without a secret", "too old", "of the future", "with another body"],
)
def test_forged_webhook_is_refused_and_changes_nothing(
    api: HttpApi, hook: str, forgery: dict[str, Any]
) -> None:
    before = stored()
    response = send(api, hook, BODIES[hook], **forgery)
    assert (response.status, response.body["title"]) == (401, "SignatureRefused")
    assert stored() == before


@pytest.mark.parametrize("path", HOOKS)
@pytest.mark.parametrize("text", ["", "{", "[" * 100, '{"purchase_order_id": 1}', "\x00", "é"])
def test_unsigned_webhook_learns_nothing_of_its_body(api: HttpApi, path: str, text: str) -> None:
    raw = text.encode()
    for body, is_base64 in ((text, False), (base64.b64encode(raw).decode(), True)):
        key, parameters = route_of("POST", path)
        response = api.handle(
            {
                "routeKey": key,
                "pathParameters": parameters,
                "headers": signed(raw, "forged"),
                "body": body,
                "isBase64Encoded": is_base64,
            }
        )
        assert (response.status, response.body["problems"]) == (401, []), response.text


@pytest.mark.parametrize("path", HOOKS)
def test_unknown_sender_learns_nothing_of_its_body(api: HttpApi, path: str) -> None:
    unknown = path.replace("sup-hook", "sup-none").replace("express", "unknown")
    text = base64.b64encode(b"[").decode()
    refused = api.call(*route_of("POST", unknown), body=text, headers=signed(b"[", "forged"))
    assert (refused.status, refused.body["problems"]) == (401, []), refused.text


def test_malformed_body_of_a_known_supplier_is_named(api: HttpApi) -> None:
    response = send(api, "acknowledgement", {"purchase_order_id": "po-1", "accepted": "yes"})
    assert (response.status, response.body["problems"][0]["field"]) == (400, "accepted")


def test_response_to_an_order_in_another_state_is_a_conflict(api: HttpApi) -> None:
    refusal = {"purchase_order_id": "po-1", "accepted": False, "note": "too much"}
    assert send(api, "delivery-note", BODIES["delivery-note"]).status == 409
    assert send(api, "acknowledgement", refusal).status == 200
    late = send(api, "acknowledgement", ACCEPTED)
    assert (late.status, late.body["title"]) == (409, "PurchaseConflict")
    assert late.body["problems"][0]["field"] == "status"
    assert send(api, "delivery-note", BODIES["delivery-note"]).status == 409


@pytest.mark.parametrize(
    "address", ["https://127.0.0.1/hook", "https://0x7f.1/", "https://[::ffff:10.0.0.1]/"]
)
def test_supplier_with_an_address_that_is_not_public_is_not_stored(api: HttpApi, address: str) -> None:
    before = stored()
    channel = {"type": "webhook", "address": address, "secret": "tillflow/suppliers/sup-hook"}
    supplier = {"supplier_id": "sup-new", "name": "New", "currency": "EUR", "account": "acct_ok"}
    created = api.post("/suppliers", {"supplier": supplier | {"channel": channel}})
    route = route_of("PUT", "/api/suppliers/sup-hook")
    updated = api.call(*route, body={"supplier": supplier | {"supplier_id": "sup-hook", "channel": channel}})
    for response in (created, updated):
        assert (response.status, response.body["problems"][0]["field"]) == (400, "channel.address")
    assert stored() == before


@pytest.mark.parametrize("hook", ["acknowledgement", "delivery-note"])
def test_replayed_webhook_succeeds_and_changes_nothing(api: HttpApi, hook: str) -> None:
    if hook == "delivery-note":
        assert send(api, "acknowledgement", ACCEPTED).status == 200
    first = send(api, hook, BODIES[hook])
    before = stored()
    again = send(api, hook, BODIES[hook])
    assert (first.status, again.status) == (200, 200), first.text + again.text
    assert stored() == before


@pytest.mark.parametrize("hook", BODIES)
def test_order_of_another_supplier_does_not_exist_for_a_supplier(api: HttpApi, hook: str) -> None:
    before = stored()
    response = send(api, hook, BODIES[hook], SECRETS["sup-other"], supplier="sup-other")
    assert (response.status, response.body["title"]) == (404, "UnknownPurchase")
    assert stored() == before


def test_refusal_with_a_key_is_of_one_supplier(api: HttpApi) -> None:
    store = PurchaseStore(client("dynamodb"), "PurchasingTable")
    order = {
        "purchase_order_id": "po-2",
        "location": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "TEA", "quantity": 5, "unit_cost": 400}],
        "suppliers": [{"supplier_id": "sup-hook"}, {"supplier_id": "sup-other"}],
        "reason": "by hand",
    }
    store.open(OpenOrder.model_validate(order))
    store.send("po-2")
    body, headers = {"note": "sold out"}, {"Idempotency-Key": "refusal-1"}
    first = api.post("/purchase-orders/po-2/refusal", body, headers=headers)
    assert [one["state"] for one in first.body["attempts"]] == ["REFUSED"]
    store.send("po-2")
    again = api.post("/purchase-orders/po-2/refusal", body, headers=headers)
    assert (again.status, again.headers["idempotent-replayed"]) == (200, "true")
    assert [one["state"] for one in again.body["attempts"]] == ["REFUSED", "SENT"]
    other = api.post("/purchase-orders/po-2/refusal", {"note": "closed"}, headers=headers)
    assert (other.status, other.body["title"]) == (409, "IdempotencyConflict")
    second = api.post("/purchase-orders/po-2/refusal", body)
    assert [one["state"] for one in second.body["attempts"]] == ["REFUSED", "REFUSED"]
