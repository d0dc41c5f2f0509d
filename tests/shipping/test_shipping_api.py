"""Deliveries over HTTP: lists, reports of people, and reports that carriers sign."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tillflow.aws import client

from audit.snapshot import shipment_of
from tests.support.http_api import HttpApi, HttpResponse, http_api
from till.demo.order_shipment import SCENARIOS, sale
from till.shop import ESPRESSO, MUG
from verification.harness.fixture import seed_stock, workflow_fixture

ORDER, SHIPMENT, SECRET = "ord-1", "ord-1-s1", "shared"


@pytest.fixture
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as shop, http_api(shop) as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        for carrier in ("sandbox", "acme"):
            client("secretsmanager").create_secret(Name=f"tillflow/carriers/{carrier}", SecretString=SECRET)
        shop.run(sale(SCENARIOS[0]) | {"order_id": ORDER, "placed_at": "2026-11-23T10:00:00Z"})
        shop.run({"order_id": ORDER}, workflow="OrderShipment")
        yield built


def delivery(api: HttpApi) -> Any:
    api.fixture.engine.pass_time(5)
    return api.get(f"/deliveries/{ORDER}").body


def hook(
    api: HttpApi, carrier: str = "sandbox", secret: str = SECRET, age: int = 0, **body: Any
) -> HttpResponse:
    raw = json.dumps({"shipment_id": SHIPMENT, "status": "delivered"} | body)
    timestamp = str(int(time.time()) - age)
    digest = hmac.new(secret.encode(), f"{timestamp}.{raw}".encode(), hashlib.sha256).hexdigest()
    headers = {"x-tillflow-timestamp": timestamp, "x-tillflow-signature": f"sha256={digest}"}
    event = {
        "version": "2.0",
        "routeKey": "POST /api/webhooks/carriers/{carrier}/reports",
        "pathParameters": {"carrier": carrier},
        "queryStringParameters": {},
        "headers": headers,
        "body": raw,
        "isBase64Encoded": False,
        "requestContext": {},
    }
    return api.handle(event)


def test_delivery_is_listed_and_shown_without_its_task_token(api: HttpApi) -> None:
    [listed] = api.get("/deliveries", query={"status": "OPEN"}).body["deliveries"]
    assert (listed["order_id"], listed["carrier"], listed["in_transit"]) == (ORDER, "sandbox", 1)
    assert api.get("/deliveries", query={"status": "CLOSED"}).body["deliveries"] == []
    shown = delivery(api)
    assert (shown["shipments"][0]["reference"], shown["task_token"]) == (f"SANDBOX-{SHIPMENT}", None)
    assert api.get("/deliveries/ord-9").status == 404


def test_report_of_a_manager_closes_the_delivery(api: HttpApi) -> None:
    response = api.post(f"/shipments/{SHIPMENT}/reports", {"status": "delivered"}, group="manager")
    assert response.status == 200
    assert delivery(api)["status"] == "CLOSED"
    assert api.post(f"/shipments/{SHIPMENT}/reports", {"status": "failed"}, group="manager").status == 409
    assert api.fixture.audit() == []


def test_report_with_the_signature_of_the_carrier_is_recorded_once(api: HttpApi) -> None:
    assert hook(api, status="in_transit").body == {"order_id": ORDER, "status": "OPEN"}
    assert [hook(api).status, hook(api).status] == [200, 200]
    assert delivery(api)["shipments"][0]["status"] == "DELIVERED"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"secret": "another"}, 401),
        ({"age": 600}, 401),
        ({"carrier": "nobody"}, 401),
        ({"carrier": "../x"}, 400),
        ({"carrier": "acme"}, 404),
        ({"shipment_id": "ord-1-s9"}, 404),
    ],
)
def test_report_of_another_sender_changes_nothing(api: HttpApi, changes: dict[str, Any], status: int) -> None:
    assert hook(api, **changes).status == status
    assert delivery(api)["shipments"][0]["status"] == "HANDED_OVER"
    assert api.fixture.audit(shipment_of(ORDER)) == []
