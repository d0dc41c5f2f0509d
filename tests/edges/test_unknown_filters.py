"""A lookup by the id of a record that does not exist is an error; of one that exists without rows, an empty list."""

from collections.abc import Iterator
from typing import Any

import pytest
from customers.models import Customer
from customers.store import CustomersStore
from tillflow.aws import client
from tillflow.times import utc_now

from tests.support.http_api import ROUTES, HttpApi, http_api, route_of
from till.shop import CURRENCY, LOCATION, MUG
from verification.harness.fixture import seed_stock, workflow_fixture

SUPPLIER = {"supplier_id": "sup-1", "name": "One", "currency": CURRENCY, "account": "acct_ok"}
KNOWN = {
    "location": LOCATION,
    "sku": MUG,
    "customer_id": "cus-ada",
    "supplier_id": "sup-1",
    "category": "mugs",
}
FILTERS = [
    (key, name)
    for key, route in sorted(ROUTES.items())
    if key.startswith("GET ")
    for name in route.query.model_fields
    if name in KNOWN
]


@pytest.fixture(scope="module")
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as shop, http_api(shop) as built:
        seed_stock({MUG: 10})
        assert built.post("/suppliers", {"supplier": SUPPLIER}).status == 201
        category = {"category": "mugs", "name": "Mugs"}
        assert built.call(*route_of("PUT", "/api/categories/mugs"), body=category).status == 200
        store = CustomersStore(client("dynamodb"), "CustomersTable")
        store.create(Customer(customer_id="cus-ada", name="Ada"), utc_now())
        yield built


def query_of(key: str) -> dict[str, str]:
    """Return the filters that a route requires."""
    fields = ROUTES[key].query.model_fields
    return {name: KNOWN[name] for name, field in fields.items() if field.is_required()}


@pytest.mark.parametrize(("key", "name"), FILTERS)
def test_filter_by_an_unknown_record_is_refused_and_by_one_without_rows_is_empty(
    api: HttpApi, key: str, name: str
) -> None:
    refused = api.call(key, query=query_of(key) | {name: "nope"})
    assert refused.status in (400, 404), refused.text
    if refused.status == 400:
        assert [problem["field"] for problem in refused.body["problems"]] == [name]
    else:
        assert "nope" in refused.body["detail"]
    assert api.call(key, query=query_of(key) | {name: KNOWN[name]}).status == 200


@pytest.mark.parametrize("key", sorted({key for key, _ in FILTERS}))
def test_every_filter_that_names_an_unknown_record_is_in_the_message(api: HttpApi, key: str) -> None:
    names = [name for filtered, name in FILTERS if filtered == key]
    refused = api.call(key, query=dict.fromkeys(names, "nope"))
    if refused.body.get("problems"):
        assert sorted(problem["field"] for problem in refused.body["problems"]) == sorted(names)
    else:
        assert len(names) == 1, refused.text


def test_filters_are_many(api: HttpApi) -> None:
    assert len(FILTERS) > 12


@pytest.mark.parametrize("part", ["tenders", "entries", "returns"])
def test_parts_of_an_order_are_those_of_an_order_that_exists(api: HttpApi, part: str) -> None:
    for order_id in ("ord-none", "..."):
        refused = api.get(f"/orders/{order_id}/{part}")
        assert refused.status in (400, 404), refused.text
    refused = api.get(f"/orders/ord-none/{part}")
    assert (refused.status, refused.body["title"]) == (404, "UnknownOrder")
    rejected: dict[str, Any] = {
        "order_id": f"ord-{part}",
        "location": LOCATION,
        "register": "till-1",
        "currency": CURRENCY,
        "placed_at": "2026-11-23T10:00:00Z",
        "lines": [{"sku": "NOPE", "quantity": 1}],
        "tenders": [{"type": "cash"}],
    }
    api.post("/orders", rejected, query={"wait": "0"})
    api.fixture.engine.pass_time(60)
    assert api.get(f"/orders/ord-{part}").body["status"] == "REJECTED"
    assert (api.get(f"/orders/ord-{part}/{part}").body) == []


def test_customer_who_can_no_longer_buy_has_a_list_of_orders(api: HttpApi) -> None:
    store = CustomersStore(client("dynamodb"), "CustomersTable")
    store.create(Customer(customer_id="cus-bob", name="Bob"), utc_now())
    store.anonymise("cus-bob", utc_now())
    assert api.get("/orders", query={"customer_id": "cus-bob"}).body == {"orders": [], "next_cursor": None}


def test_unknown_state_of_a_payment_is_refused(api: HttpApi) -> None:
    refused = api.get("/payments", query={"state": "bogus"})
    assert (refused.status, refused.body["problems"][0]["field"]) == (400, "state")
