"""A shop of other tax rates than the demo's: its classes, a product, a sale with its tax, and a change of a rate."""

from collections.abc import Iterator

import pytest

from tests.support.api_bodies import order
from tests.support.http_api import HttpApi, HttpResponse, http_api, route_of
from till.shop import CURRENCY, MUG
from verification.harness.fixture import seed_stock, workflow_fixture


@pytest.fixture
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as shop, http_api(shop) as built:
        seed_stock({MUG: 10})
        yield built


def put(api: HttpApi, path: str, body: object) -> HttpResponse:
    return api.call(*route_of("PUT", f"/api{path}"), body=body, group="manager")


def sell(api: HttpApi, order_id: str) -> None:
    """Sell a mug."""
    started = api.post("/orders", order(order_id), query={"wait": "0"}, group="cashier")
    assert started.status == 202, started.text
    api.fixture.engine.pass_time(60)


def tax_of(api: HttpApi, order_id: str) -> tuple[str, str, int]:
    """Return class, rate and amount of the tax in the journal."""
    entries = api.get(f"/orders/{order_id}/entries").body
    [line] = [line for entry in entries for line in entry["lines"] if line["tax_class"]]
    return line["tax_class"], line["tax_rate"], line["credit"]


def test_sale_has_the_rate_that_the_class_has_when_it_is_sold(api: HttpApi) -> None:
    assert put(api, "/settings/tax-classes/de-standard", {"percent": "19.0"}).body == {
        "percent": "19",
        "tax_class": "de-standard",
    }
    mug = {"sku": MUG, "name": "Mug", "prices": {CURRENCY: 1190}, "tax_class": "de-standard"}
    assert put(api, f"/products/{MUG}", mug).status == 200
    quote = api.post("/quotes", order("ord-0"), group="cashier").body
    assert (quote["totals"]["net"], quote["totals"]["tax"]) == (1000, 190)
    sell(api, "ord-1")
    assert tax_of(api, "ord-1") == ("de-standard", "0.19", 190)
    assert put(api, "/settings/tax-classes/de-standard", {"percent": "7"}).status == 200
    sell(api, "ord-2")
    assert tax_of(api, "ord-2") == ("de-standard", "0.07", 78)
    assert tax_of(api, "ord-1") == ("de-standard", "0.19", 190)


def test_list_has_the_percent_of_each_class(api: HttpApi) -> None:
    put(api, "/settings/tax-classes/de-reduced", {"percent": "7"})
    assert api.get("/settings/tax-classes", group="cashier").body == [
        {"percent": "7", "tax_class": "de-reduced"},
        {"percent": "5.5", "tax_class": "reduced"},
        {"percent": "20", "tax_class": "standard"},
        {"percent": "0", "tax_class": "zero"},
    ]


def test_same_rate_again_keeps_the_version(api: HttpApi) -> None:
    first = put(api, "/settings/tax-classes/de-standard", {"percent": "19"})
    again = put(api, "/settings/tax-classes/de-standard", {"percent": "19.00"})
    assert (again.status, again.headers["etag"]) == (200, first.headers["etag"])
    assert api.get("/settings/tax-classes").headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("standard", {"percent": "101"}, "percent"),
        ("standard", {"percent": 19.0}, "percent"),
        ("standard", {"percent": "19.00001"}, "percent"),
        ("standard", {}, "percent"),
        ("standard", {"percent": "19", "from": "2027-01-01"}, "from"),
        ("a b", {"percent": "19"}, "tax_class"),
    ],
)
def test_rate_that_is_not_accepted_changes_nothing(api: HttpApi, path: str, body: object, field: str) -> None:
    before = api.get("/settings/tax-classes")
    refused = put(api, f"/settings/tax-classes/{path}", body)
    assert (refused.status, [one["field"] for one in refused.body["problems"]]) == (400, [field])
    after = api.get("/settings/tax-classes")
    assert (after.body, after.headers["etag"]) == (before.body, before.headers["etag"])


def test_product_of_an_unknown_class_is_refused_with_the_classes(api: HttpApi) -> None:
    mug = {"sku": MUG, "name": "Mug", "prices": {CURRENCY: 1190}, "tax_class": "luxury"}
    refused = put(api, f"/products/{MUG}", mug)
    assert (refused.status, refused.body["problems"]) == (
        400,
        [
            {
                "field": "tax_class",
                "value": "luxury",
                "accepted": "a tax class with a rate: reduced, standard, zero",
            }
        ],
    )
