"""A request that names a record that does not exist is refused, with every such field, before it has an effect."""

import io
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from tillflow.aws import client
from tillflow.errors import StoreUnavailable, UnknownReferences
from tillflow.references import Reference, check_references, invoked

from tests.support.http_api import HttpApi, http_api, route_of
from till.shop import CURRENCY, LOCATION, MUG
from verification.harness.fixture import seed_stock, workflow_fixture

SUPPLIER = {"supplier_id": "sup-1", "name": "One", "currency": CURRENCY, "account": "acct_ok"}
WHERE = {"location": LOCATION, "sku": MUG, "currency": CURRENCY}
SALE = {
    "order_id": "ord-1",
    "location": LOCATION,
    "register": "till-1",
    "currency": CURRENCY,
    "placed_at": "2026-11-23T10:00:00Z",
    "lines": [{"sku": MUG, "quantity": 1}],
    "tenders": [{"type": "cash"}],
}
ADDRESS = {"name": "Ada", "street": "1 Main St", "postal_code": "8001", "city": "Zurich", "country": "CH"}
DRAFT = {"location": LOCATION, "register": "till-1", "currency": CURRENCY}


class Naming(NamedTuple):
    """A request that names unknown records, the fields that name them, and the table that it would write."""

    method: str
    path: str
    body: dict[str, Any]
    fields: list[str]
    table: str


REQUESTS = [
    Naming(
        "POST",
        "/purchase-orders",
        {
            "purchase_order_id": "po-1",
            "location": "nowhere",
            "currency": CURRENCY,
            "lines": [
                {"sku": "NOPE", "quantity": 1, "unit_cost": 1},
                {"sku": MUG, "quantity": 1, "unit_cost": 1},
                {"sku": "NONE", "quantity": 1, "unit_cost": 1},
            ],
            "suppliers": [{"supplier_id": "sup-1"}, {"supplier_id": "sup-2"}],
        },
        ["location", "lines[0].sku", "lines[2].sku", "suppliers[1].supplier_id"],
        "PurchasingTable",
    ),
    Naming(
        "POST",
        "/suppliers",
        {"supplier": SUPPLIER | {"supplier_id": "sup-3"}, "prices": [{"sku": "NOPE", "unit_cost": 1}]},
        ["prices[0].sku"],
        "PurchasingTable",
    ),
    Naming(
        "PUT",
        "/suppliers/sup-1",
        {
            "supplier": SUPPLIER | {"name": "Other"},
            "prices": [{"sku": MUG, "unit_cost": 1}, {"sku": "NOPE", "unit_cost": 1}],
        },
        ["prices[1].sku"],
        "PurchasingTable",
    ),
    Naming(
        "PUT",
        "/reorder-policies",
        {
            "location": "nowhere",
            "sku": "NOPE",
            "sources": [
                {"supplier_id": "sup-1", "unit_cost": 1},
                {"supplier_id": "sup-2", "unit_cost": 1},
            ],
        },
        ["location", "sku", "sources[1].supplier_id"],
        "ReplenishmentTable",
    ),
    Naming(
        "POST",
        "/transfers",
        {
            "transfer_id": "trf-1",
            "source": LOCATION,
            "destination": "nowhere",
            "currency": CURRENCY,
            "lines": [{"sku": MUG, "quantity": 1}, {"sku": "NOPE", "quantity": 1}],
        },
        ["destination", "lines[1].sku"],
        "InventoryTable",
    ),
    Naming(
        "POST",
        "/stock/adjustments",
        {**WHERE, "sku": "NOPE", "location": "nowhere", "adjustment_id": "a", "quantity": 1, "reason": "x"},
        ["location", "sku"],
        "InventoryTable",
    ),
    Naming(
        "POST",
        "/stock/counts",
        {**WHERE, "sku": "NOPE", "count_id": "c", "counted": 1},
        ["sku"],
        "InventoryTable",
    ),
    Naming(
        "PUT",
        "/stock/reorder-points",
        {
            "levels": [
                {"location": LOCATION, "sku": MUG, "reorder_point": 5},
                {"location": LOCATION, "sku": "NOPE", "reorder_point": 5},
                {"location": "nowhere", "sku": MUG, "reorder_point": 5},
            ]
        },
        ["levels[1].sku", "levels[2].sku"],
        "InventoryTable",
    ),
    Naming(
        "POST",
        "/drafts",
        {
            "draft_id": "drf-2",
            "order": {
                **DRAFT,
                "location": "nowhere",
                "customer_id": "cus-none",
                "lines": [{"sku": "NOPE", "quantity": 1}],
            },
        },
        ["order.location", "order.customer_id", "order.lines[0].sku"],
        "OrdersTable",
    ),
    Naming(
        "PUT",
        "/drafts/drf-1",
        {**DRAFT, "lines": [{"sku": MUG, "quantity": 1}, {"sku": "NOPE", "quantity": 1}]},
        ["lines[1].sku"],
        "OrdersTable",
    ),
    Naming(
        "POST",
        "/orders",
        SALE | {"fulfilment": "ship", "delivery": ADDRESS | {"carrier": "nobody"}},
        ["delivery.carrier"],
        "OrdersTable",
    ),
    Naming(
        "POST",
        "/images/uploads",
        {"sku": "NOPE", "name": "front.jpg", "content_type": "image/jpeg"},
        ["sku"],
        "ImagesTable",
    ),
    Naming(
        "POST",
        "/users",
        {"username": "mia", "group": "cashier", "location": "nowhere", "password": "Tillflow-2026"},
        ["location"],
        "OrdersTable",
    ),
]
STARTED = ("OrderCheckout", "PurchaseOrder", "StockTransfer")


@pytest.fixture(scope="module")
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as shop, http_api(shop) as built:
        seed_stock({MUG: 10})
        supplied = {"supplier": SUPPLIER, "prices": [{"sku": MUG, "unit_cost": 100}]}
        assert built.post("/suppliers", supplied).status == 201
        draft = {"draft_id": "drf-1", "order": {**DRAFT, "lines": [{"sku": MUG, "quantity": 1}]}}
        assert built.post("/drafts", draft).status == 201
        yield built


def rows(table: str) -> list[Any]:
    return sorted(map(repr, client("dynamodb").scan(TableName=table)["Items"]))


def executions(api: HttpApi) -> int:
    machines = (str(api.fixture.template.resolve({"Ref": name})) for name in STARTED)
    return sum(len(api.fixture.engine.list_executions(stateMachineArn=arn)["executions"]) for arn in machines)


@pytest.mark.parametrize("naming", REQUESTS, ids=lambda naming: f"{naming.method} {naming.path}")
def test_request_that_names_unknown_records_is_refused_before_any_effect(
    api: HttpApi, naming: Naming
) -> None:
    before, running = rows(naming.table), executions(api)
    refused = api.call(*route_of(naming.method, f"/api{naming.path}"), body=naming.body)
    assert refused.status == 400, refused.text
    assert [one["field"] for one in refused.body["problems"]] == naming.fields
    assert (rows(naming.table), executions(api)) == (before, running)


def test_policy_in_another_currency_than_that_of_its_suppliers_is_refused(api: HttpApi) -> None:
    yen = SUPPLIER | {"supplier_id": "sup-yen", "currency": "JPY"}
    assert api.post("/suppliers", {"supplier": yen, "prices": []}).status == 201
    sources = [{"supplier_id": name, "unit_cost": 1} for name in ("sup-1", "sup-yen")]
    policy = {"location": LOCATION, "sku": MUG, "sources": sources}
    before = rows("ReplenishmentTable")
    refused = api.call(*route_of("PUT", "/api/reorder-policies"), body=policy)
    [problem] = refused.body["problems"]
    assert (refused.status, problem["field"], problem["value"]) == (400, "sources[1].currency", CURRENCY)
    assert problem["accepted"] == "JPY, the currency of sup-yen"
    assert rows("ReplenishmentTable") == before
    policy["sources"] = [sources[1] | {"currency": "JPY"}]
    assert api.call(*route_of("PUT", "/api/reorder-policies"), body=policy).status == 200


def test_sale_at_an_unknown_location_names_the_location(api: HttpApi) -> None:
    sale = SALE | {"order_id": "ord-2", "location": "nowhere"}
    api.post("/orders", sale, query={"wait": "0"})
    api.fixture.engine.pass_time(60)
    refused = api.post("/orders", sale, query={"wait": "0"})
    assert (refused.status, refused.body["title"]) == (404, "UnknownLocation"), refused.text
    assert api.fixture.audit() == []


def test_failure_of_a_lookup_passes_by_waiting() -> None:
    class Throttled:
        def invoke(self, **_: Any) -> dict[str, Any]:
            failure = json.dumps({"errorType": "StoreUnavailable", "errorMessage": "throttled"})
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(failure.encode())}

    with pytest.raises(StoreUnavailable, match="looking up 1 ids by FindUnknownProducts"):
        invoked(Throttled(), "FindUnknownProducts")(["MUG"])


def test_each_field_that_names_the_same_unknown_record_is_in_the_message() -> None:
    named = [Reference("product", f"lines[{number}].sku", "NOPE") for number in range(2)]
    with pytest.raises(UnknownReferences) as raised:
        check_references(named, {"product": lambda ids: ids})
    assert [problem.field for problem in raised.value.problems] == ["lines[0].sku", "lines[1].sku"]
