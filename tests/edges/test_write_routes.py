"""Every route that writes can be repeated, and updates name the version that they read."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.http_api import ROUTES, HttpApi, http_api, route_of
from till.shop import CURRENCY, LOCATION, MUG
from verification.harness.fixture import seed_stock, workflow_fixture

NATURAL_IDS = {
    "POST /cases": "opening.case_id",
    "POST /cases/{case_id}/decision": "case_id",
    "POST /dead-letters/{queue}/messages/{message_id}/drop": "message_id",
    "POST /customers": "customer_id",
    "POST /customers/{customer_id}/merge": "merge_id",
    "POST /customers/{customer_id}/payments": "payment_id",
    "POST /customers/{customer_id}/credit": "grant_id",
    "POST /gift-cards": "code",
    "POST /ledger/entries": "entry_id",
    "POST /documents/mails": "mail_id",
    "POST /orders": "order_id",
    "POST /orders/{order_id}/cancel": "order_id",
    "POST /orders/{order_id}/returns": "return_id",
    "POST /orders/{order_id}/exchanges": "return.return_id",
    "POST /returns": "return_id",
    "POST /drafts": "draft_id",
    "POST /stock/adjustments": "adjustment_id",
    "POST /stock/counts": "count_id",
    "POST /transfers": "transfer_id",
    "POST /transfers/{transfer_id}/ship": "transfer_id",
    "POST /transfers/{transfer_id}/arrivals": "arrival_id",
    "POST /transfers/{transfer_id}/losses": "arrival_id",
    "POST /transfers/{transfer_id}/cancel": "transfer_id",
    "POST /suppliers": "supplier.supplier_id",
    "POST /purchase-orders": "purchase_order_id",
    "POST /purchase-orders/{purchase_order_id}/acknowledgement": "purchase_order_id",
    "POST /purchase-orders/{purchase_order_id}/heartbeat": "purchase_order_id",
    "POST /purchase-orders/{purchase_order_id}/close": "purchase_order_id",
    "POST /purchase-orders/{purchase_order_id}/receipts": "receipt_id",
    "POST /purchase-orders/{purchase_order_id}/invoice": "purchase_order_id",
    "POST /purchase-orders/{purchase_order_id}/cancel": "purchase_order_id",
    "POST /reorder-runs": "run_id",
    "POST /reconciliations": "run_id",
    "POST /product-imports": "import_id",
    "POST /approvals/{purchase_order_id}/decision": "purchase_order_id",
    "POST /shipments/{shipment_id}/reports": "shipment_id",
    "POST /webhooks/suppliers/{supplier_id}/acknowledgement": "purchase_order_id",
    "POST /webhooks/suppliers/{supplier_id}/heartbeat": "purchase_order_id",
    "POST /webhooks/suppliers/{supplier_id}/delivery-note": "note.note_id",
    "POST /webhooks/carriers/{carrier}/reports": "shipment_id",
    "POST /users": "username",
}
"""Routes whose requests have an id that the caller makes, or of what they change once."""

VERSIONED = {
    "PUT /settings/seller",
    "PUT /settings/return-windows",
    "PUT /settings/price-days",
    "PUT /categories/{category}",
    "PUT /settings/barcode-layouts",
    "PUT /settings/discount-limits/{role}",
    "PUT /settings/tax-classes/{tax_class}",
    "PUT /settings/tax-classes/{tax_class}/retired",
    "PUT /products/{sku}",
    "POST /products/{sku}/prices",
    "PUT /products/{sku}/retired",
    "PATCH /customers/{customer_id}",
    "PUT /locations/{location}",
    "PUT /drafts/{draft_id}",
    "POST /drafts/{draft_id}/discard",
    "POST /drafts/{draft_id}/sell",
    "PUT /credit-policies/{currency}",
    "PUT /customers/{customer_id}/accounts/{currency}",
    "PUT /suppliers/{supplier_id}",
    "PUT /reorder-policies",
}
"""Routes that take the version of a record in If-Match."""

KEYED = {
    "POST /dead-letters/{queue}/redrive",
    "POST /executions/{execution}/redrive",
    "POST /purchase-orders/{purchase_order_id}/refusal",
}
"""Routes that take an Idempotency-Key: the same request can be meant again."""

REASONS = {
    "PUT /users/{username}/group": "sets one value, which Cognito keeps without a version",
    "PUT /users/{username}/access": "sets one value, which Cognito keeps without a version",
    "PUT /stock/reorder-points": "sets one value of each level; a level's row changes with every sale",
    "POST /customers/{customer_id}/anonymise": "has no content, and cannot be undone",
    "DELETE /suppliers/{supplier_id}": "has no content",
    "POST /executions/{execution}/stop": "has the reason, which is the cause of the execution's end",
    "POST /images/redrive": "starts what is left, each message once",
    "POST /images/uploads": "writes nothing: it signs a form",
    "POST /product-imports/uploads": "writes nothing: it signs a form",
    "POST /quotes": "reads",
    "POST /customers/search": "reads",
    "POST /images/search": "reads",
    "POST /gift-cards/balance": "reads",
    "POST /suppliers/terms": "reads",
    "POST /reorder-policies/points": "reads",
    "POST /webhooks/stripe": "has the id of Stripe's event in a body that is verified before it is parsed",
}
"""Routes without any of these, and why."""


def written() -> dict[str, str]:
    """Return the keys of the routes that are not GET, by the key without the prefix."""
    return {key.replace(" /api", " ", 1): key for key, route in ROUTES.items() if route.method != "GET"}


def test_every_route_that_writes_is_listed_once() -> None:
    listed = [*NATURAL_IDS, *VERSIONED, *KEYED, *REASONS]
    assert sorted(listed) == sorted(written())


def test_routes_without_an_id_take_an_idempotency_key() -> None:
    assert {key for key, route in written().items() if ROUTES[route].keyed} == KEYED


@pytest.mark.parametrize("key", NATURAL_IDS)
def test_request_has_its_natural_id(key: str) -> None:
    route = ROUTES[written()[key]]
    *containers, name = NATURAL_IDS[key].split(".")
    if not containers and name in route.parameters:
        return
    model: Any = route.body
    for container in containers:
        fields = {field.alias or each: field for each, field in model.model_fields.items()}
        model = fields[container].annotation
    assert model.model_fields[name].is_required(), f"{name} of {key}"


def test_routes_that_read_if_match_check_it_with_the_fields() -> None:
    reads = {key for key, one in ROUTES.items() if "call.version" in inspect.getsource(one.operation)}
    assert reads == {written()[key] for key in VERSIONED}
    assert reads == {key for key, one in ROUTES.items() if one.versioned}


@dataclass(frozen=True)
class Record:
    """A record with a version: the route that writes it, the one that reads it, and two contents."""

    write: str
    read: str
    first: dict[str, Any]
    second: dict[str, Any]


SELLER = {"name": "Shop", "street": "A 1", "postal_code": "1", "city": "Berlin", "country": "DE"}
POLICY = {
    "location": LOCATION,
    "sku": MUG,
    "sources": [{"supplier_id": "sup-1", "currency": CURRENCY, "unit_cost": 100}],
}
SUPPLIER = {"supplier_id": "sup-1", "name": "One", "currency": "EUR", "account": "acct_ok"}
DRAFT = {
    "location": LOCATION,
    "register": "till-1",
    "currency": CURRENCY,
    "lines": [{"sku": MUG, "quantity": 1}],
}
RECORDS = [
    Record("/settings/seller", "/settings/seller", SELLER, SELLER | {"name": "Another"}),
    Record(
        "/categories/tea",
        "/categories/tea",
        {"category": "tea", "name": "Tea"},
        {"category": "tea", "name": "Tea and infusions"},
    ),
    Record(
        "/settings/barcode-layouts",
        "/settings/barcode-layouts",
        {"layouts": []},
        {"layouts": [{"prefix": "23", "content": "weight", "item_digits": 5}]},
    ),
    Record("/settings/price-days", "/settings/price-days", {"days": 10}, {"days": 20}),
    Record(
        "/settings/return-windows",
        "/settings/return-windows",
        {"category": "kitchen", "days": 10},
        {"category": "kitchen", "days": 20},
    ),
    Record(
        "/settings/discount-limits/cashier",
        "/settings/discount-limits",
        {"percent": "10"},
        {"percent": "20"},
    ),
    Record(
        "/settings/tax-classes/standard",
        "/settings/tax-classes",
        {"percent": "19"},
        {"percent": "16"},
    ),
    Record("/locations/annex", "/locations/annex", {"name": "Annex"}, {"name": "Annexe"}),
    Record("/credit-policies/EUR", "/credit-policies/EUR", {"goodwill_limit": 1}, {"goodwill_limit": 2}),
    Record(
        "/customers/cus-1/accounts/EUR",
        "/customers/cus-1/accounts/EUR",
        {"credit_limit": 100},
        {"credit_limit": 200},
    ),
    Record(
        "/reorder-policies",
        f"/reorder-policies/{LOCATION}/{MUG}",
        POLICY,
        POLICY | {"cover_days": 7},
    ),
]


@pytest.fixture(scope="module")
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as shop, http_api(shop) as built:
        seed_stock({MUG: 1})
        built.post("/customers", {"customer_id": "cus-1", "name": "Ada"})
        built.post("/suppliers", {"supplier": SUPPLIER})
        built.post("/drafts", {"draft_id": "draft-1", "order": DRAFT})
        yield built


@pytest.mark.parametrize("record", RECORDS, ids=[record.write for record in RECORDS])
def test_update_of_a_version_that_has_changed_is_a_conflict(api: HttpApi, record: Record) -> None:
    key, path = route_of("PUT", f"/api{record.write}")

    def put(body: dict[str, Any], **headers: str) -> Any:
        return api.call(
            key, path, body=body, headers={name.replace("_", "-"): each for name, each in headers.items()}
        )

    # Another test may have written the record before.
    version = int(api.get(record.read).headers.get("etag", '"0"').strip('"'))
    before, one, two, three = (f'"{version + more}"' for more in range(4))
    first = put(record.first, if_match=before)
    assert (first.status, first.headers["etag"]) == (200, one), first.text
    assert put(record.second, if_match=before).body["title"] == "RecordChanged"
    read = api.get(record.read)
    assert (read.status, read.headers["etag"]) == (200, one), read.text
    second = put(record.second, if_match=one)
    assert (second.status, second.headers["etag"]) == (200, two)
    late = put(record.first, if_match=one)
    assert (late.status, late.body["title"]) == (409, "RecordChanged")
    newest = api.get(record.read)
    assert newest.headers["etag"] == two
    assert newest.body != read.body
    assert put(record.first).headers["etag"] == three


def test_settings_of_one_row_have_versions_of_their_own(api: HttpApi) -> None:
    key, path = route_of("PUT", "/api/settings/price-days")
    windows = api.get("/settings/return-windows").headers["etag"]
    assert api.call(key, path, body={"days": 5}).status == 200
    assert api.get("/settings/return-windows").headers["etag"] == windows


@pytest.mark.parametrize(
    ("request_line", "body"),
    [
        (f"PUT /products/{MUG}", {"sku": MUG, "name": "Mug", "prices": {"EUR": 1}, "tax_class": "standard"}),
        (
            f"POST /products/{MUG}/prices",
            {"currency": "EUR", "price": 1, "valid_from": f"{datetime.now(UTC).year + 1}-01-01T00:00:00Z"},
        ),
        (f"PUT /products/{MUG}/retired", {"retired": True}),
        ("PATCH /customers/cus-1", {"name": "Grace"}),
        ("PUT /drafts/draft-1", DRAFT | {"register": "till-2"}),
        ("POST /drafts/draft-1/discard", None),
        ("PUT /suppliers/sup-1", {"supplier": SUPPLIER | {"name": "Two"}}),
    ],
)
def test_version_of_a_new_record_is_a_conflict_for_one_that_exists(
    api: HttpApi, request_line: str, body: Any
) -> None:
    method, _, path = request_line.partition(" ")
    response = api.call(*route_of(method, f"/api{path}"), body=body, headers={"if-match": '"0"'})
    assert (response.status, response.body["title"]) == (409, "RecordChanged")
