"""A shop of other tax rates than the demo's: its classes, a product, a sale with its tax, and a change of a rate."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from catalog.models import TaxClassPercent
from catalog.tax_classes import TaxClassStore
from tillflow.aws import client

from tests.support.api_bodies import order
from tests.support.http_api import HttpApi, HttpResponse, http_api, route_of
from till.shop import CURRENCY, MUG
from verification.harness.fixture import seed_stock, workflow_fixture

NEXT_YEAR = datetime.now(UTC).year + 1


@pytest.fixture
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as shop, http_api(shop) as built:
        seed_stock({MUG: 10})
        yield built


def row(tax_class: str, percent: str, *changes: dict[str, str], retired: bool = False) -> dict[str, Any]:
    return {"tax_class": tax_class, "percent": percent, "changes": list(changes), "retired": retired}


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
    assert put(api, "/settings/tax-classes/de-standard", {"percent": "19.0"}).body == row("de-standard", "19")
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


@pytest.mark.parametrize(
    ("placed_at", "rate"), [("2026-11-23T09:59:59Z", "0.20"), ("2026-11-23T10:00:00Z", "0.16")]
)
def test_order_has_the_rate_of_the_time_when_it_is_placed(api: HttpApi, placed_at: str, rate: str) -> None:
    """An order of the last second before a change, which is checked out after it, has the rate before."""
    change = {"tax_class": "standard", "percent": "16", "valid_from": "2026-11-23T11:00:00+01:00"}
    store = TaxClassStore(client("dynamodb"), "CatalogTable")
    store.put(TaxClassPercent.model_validate(change), datetime(2026, 11, 1, tzinfo=UTC))
    body = {**order("ord-1"), "placed_at": placed_at}
    assert api.post("/orders", body, query={"wait": "0"}, group="cashier").status == 202
    api.fixture.engine.pass_time(60)
    assert tax_of(api, "ord-1")[:2] == ("standard", rate)
    line = {"line_no": 1, "sku": MUG, "quantity": 1}
    back = {"return_id": "ret-1", "currency": CURRENCY, "lines": [line]}
    returned = api.post("/orders/ord-1/returns", back, query={"wait": "0"}, group="cashier")
    assert returned.status == 202, returned.text
    store.put(TaxClassPercent(tax_class="standard", percent=Decimal(7)), datetime(2026, 11, 24, tzinfo=UTC))
    api.fixture.engine.pass_time(60)
    entries = api.get("/orders/ord-1/entries").body
    assert {line["tax_rate"] for entry in entries for line in entry["lines"] if line["tax_class"]} == {rate}


def test_rate_from_a_day_on_is_listed_and_replaced_and_withdrawn(api: HttpApi) -> None:
    path = "/settings/tax-classes/standard"
    change = {"percent": "16", "valid_from": f"{NEXT_YEAR}-07-01T00:00:00+02:00"}
    listed = {"percent": "16", "valid_from": f"{NEXT_YEAR}-07-01T00:00:00+02:00"}
    first = put(api, path, change)
    assert (first.status, first.body) == (200, row("standard", "20", listed))
    assert put(api, path, change).headers["etag"] == first.headers["etag"]
    assert put(api, path, {**change, "percent": "15"}).body["changes"][0]["percent"] == "15"
    assert put(api, path, {"percent": "19"}).body["changes"][0]["percent"] == "15"
    assert put(api, path, {**change, "percent": "19"}).body == row("standard", "19")


@pytest.mark.parametrize(
    ("tax_class", "valid_from", "problem"),
    [
        ("standard", "2020-07-01T00:00:00Z", ("valid_from", "a time that is to come")),
        (
            "luxury",
            f"{NEXT_YEAR}-07-01T00:00:00Z",
            ("tax_class", "a class that has a rate until then; set it first"),
        ),
    ],
)
def test_time_that_is_not_accepted_is_named(
    api: HttpApi, tax_class: str, valid_from: str, problem: tuple[str, str]
) -> None:
    refused = put(api, f"/settings/tax-classes/{tax_class}", {"percent": "16", "valid_from": valid_from})
    assert refused.status == 400
    assert [(one["field"], one["accepted"]) for one in refused.body["problems"]] == [problem]


def test_class_is_retired_when_no_product_on_sale_has_it(api: HttpApi) -> None:
    path = "/settings/tax-classes/standard/retired"
    refused = put(api, path, {"retired": True})
    assert (refused.status, refused.body["title"]) == (409, "TaxClassInUse")
    assert MUG in refused.text
    assert put(api, f"/products/{MUG}/retired", {"retired": True}).status == 200
    assert put(api, path, {"retired": True}).body == row("standard", "20", retired=True)
    sold_again = put(api, f"/products/{MUG}/retired", {"retired": False})
    assert [one["field"] for one in sold_again.body["problems"]] == ["tax_class"]
    assert put(api, path, {"retired": False}).body == row("standard", "20")
    assert put(api, f"/products/{MUG}/retired", {"retired": False}).status == 200


def test_class_that_does_not_exist_is_not_retired(api: HttpApi) -> None:
    refused = put(api, "/settings/tax-classes/luxury/retired", {"retired": True})
    assert (refused.status, [one["field"] for one in refused.body["problems"]]) == (400, ["tax_class"])


def test_list_has_the_percent_of_each_class(api: HttpApi) -> None:
    put(api, "/settings/tax-classes/de-reduced", {"percent": "7"})
    assert api.get("/settings/tax-classes", group="cashier").body == [
        row("de-reduced", "7"),
        row("reduced", "5.5"),
        row("standard", "20"),
        row("zero", "0"),
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
