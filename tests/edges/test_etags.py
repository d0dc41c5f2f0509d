"""A response that depends on more than a record's version has an ETag that changes with it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from catalog.models import TaxClass
from catalog.operations import CatalogOperations
from tillflow.aws import client
from tillflow.barcodes import with_check_digit

from tests.support.http_api import HttpApi, HttpResponse, http_api, route_of
from verification.harness.fixture import workflow_fixture

ITEM, LABEL = with_check_digit("230000700000"), with_check_digit("230000700500")
LAYOUT = {"prefix": "23", "content": "weight", "item_digits": 5}
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as shop, http_api(shop) as built:
        CatalogOperations(client("dynamodb"), "CatalogTable").create_tax_class(
            TaxClass(name="food", rate="0.05")
        )
        product = {"sku": "APPLES", "name": "Apples", "prices": {"EUR": 400}, "tax_class": "food"}
        price = {"currency": "EUR", "price": 600, "valid_from": (NOON + timedelta(hours=1)).isoformat()}
        with patch("catalog.operations.utc_now", lambda: NOON):
            put(built, "/settings/barcode-layouts", {"layouts": [LAYOUT]})
            put(built, "/products/APPLES", product | {"barcode": ITEM})
            assert built.post("/products/APPLES/prices", price).status == 200
        yield built


def put(api: HttpApi, path: str, body: object) -> None:
    response = api.call(*route_of("PUT", f"/api{path}"), body=body)
    assert response.status == 200, response.text


def scan(api: HttpApi, at: datetime, etag: str = "") -> HttpResponse:
    with patch("catalog.operations.utc_now", lambda: at):
        return api.get("/products", query={"barcode": LABEL}, headers={"if-none-match": etag})


def test_scanned_label_is_sent_again_when_its_price_is_another(api: HttpApi) -> None:
    before = scan(api, NOON)
    assert before.body["label"]["unit_prices"] == {"EUR": 200}
    etag = before.headers["etag"]
    assert scan(api, NOON + timedelta(minutes=59), etag).status == 304
    after = scan(api, NOON + timedelta(hours=1), etag)
    assert (after.status, after.body["label"]["unit_prices"]) == (200, {"EUR": 300})
    assert after.headers["etag"] != etag


def test_scanned_label_is_sent_again_when_its_layout_is_another(api: HttpApi) -> None:
    etag = scan(api, NOON).headers["etag"]
    put(api, "/settings/barcode-layouts", {"layouts": [{**LAYOUT, "content": "price", "currency": "EUR"}]})
    after = scan(api, NOON, etag)
    assert (after.status, after.body["label"]["content"]) == (200, "price")


def test_etag_of_the_catalog_is_not_that_of_a_label(api: HttpApi) -> None:
    assert scan(api, NOON, api.get("/products").headers["etag"]).status == 200
