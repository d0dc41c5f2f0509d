"""A malformed body stores and starts nothing, so that the corrected body is accepted under the same id."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from orders.cards import StoreCards
from payments.operations import CardOperations
from purchasing.operations import SupplierOperations
from purchasing.supplier_models import Supplier
from tillflow.aws import client
from tillflow.gift_cards import new_code

from tests.support.api_bodies import PLACED_AT, order
from tests.support.http_api import HttpApi, http_api
from tests.support.references import none_unknown
from till.shop import CURRENCY, LOCATION, LOCATIONS, MUG
from verification.harness.fixture import seed_stock, workflow_fixture

DESTINATION = next(one.location for one in LOCATIONS if one.location != LOCATION)


class Operation(NamedTuple):
    """A route with a body that it accepts, and changes that make the body malformed; None removes a field."""

    path: str
    body: dict[str, Any]
    malformed: list[dict[str, Any]]


def changed(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a body with changes; None removes a field."""
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


LINES = [{"line_no": 1, "sku": MUG, "quantity": 1}]
RETURNED = {"currency": CURRENCY, "lines": LINES}
CANCEL = {"reason": "wrong size"}
SALE = {"placed_at": PLACED_AT, "tenders": [{"type": "cash"}]}
PURCHASE: dict[str, Any] = {
    "purchase_order_id": "po-1",
    "location": LOCATION,
    "currency": CURRENCY,
    "lines": [{"sku": MUG, "quantity": 1, "unit_cost": 100}],
    "suppliers": [{"supplier_id": "sup-1"}],
}
TRANSFER = {
    "transfer_id": "trf-1",
    "source": LOCATION,
    "destination": DESTINATION,
    "currency": CURRENCY,
    "lines": [{"sku": MUG, "quantity": 1}],
}
PAYMENT = {"payment_id": "pay-1", "currency": CURRENCY, "amount": 100, "method": "cash"}
MALFORMED_ORDERS: list[dict[str, Any]] = [
    {"lines": None, "line": [{"sku": MUG, "quantity": 1}]},
    {"lines": []},
    {"lines": [{"sku": MUG, "quantity": "1"}]},
    {"lines": [{"sku": MUG, "quantity": 1, "token": "tok_visa"}]},
    {"register": None},
    {"placed_at": "yesterday"},
    {"discounts": [{"percent": "0"}]},
    {"fulfilment": "ship"},
    {"tenders": [{"type": "card"}]},
    {"tenders": [{"type": "card", "card": "card_1"}]},
    {"tenders": [{"type": "card", "token": "4242424242424242"}]},
    {"tenders": [{"type": "cash", "token": "tok_visa"}]},
    {"tenders": [{"type": "gift_card", "code": "1234"}]},
    {"tenders": [{"type": "store_credit"}]},
    {"tenders": [{"type": "exchange", "at_most": 5, "return_id": "ret-1"}]},
    {"tenders": [{"type": "cash"}, {"type": "card", "token": "tok_visa"}]},
]
OPERATIONS = [
    Operation("/orders", order("ord-1"), MALFORMED_ORDERS),
    Operation("/drafts/drf-1/sell", SALE, [{"placed_at": "yesterday"}, {"tenders": [{"type": "card"}]}]),
    Operation("/drafts/drf-2/sell", SALE, [{"tenders": [{"type": "store_credit"}]}]),
    Operation("/orders/ord-a/cancel", CANCEL, [{"reason": ""}, {"reason": None}, {"note": "x"}]),
    Operation(
        "/orders/ord-b/returns",
        RETURNED | {"return_id": "ret-1"},
        [{"lines": []}, {"lines": LINES * 2}, {"refund": "cash"}, {"currency": "euro"}],
    ),
    Operation(
        "/orders/ord-c/exchanges",
        {"return": RETURNED | {"return_id": "ret-2"}, "sale": order("ord-2")},
        [
            *({"sale": changed(order("ord-2"), changes)} for changes in MALFORMED_ORDERS[:3]),
            {"return": RETURNED | {"return_id": "ret-2", "refund": "store_credit"}},
            {"return": RETURNED | {"return_id": "ret-2", "lines": LINES * 2}},
        ],
    ),
    Operation(
        "/purchase-orders",
        PURCHASE,
        [{"lines": []}, {"lines": PURCHASE["lines"] * 2}, {"suppliers": None}, {"currency": "euro"}],
    ),
    Operation("/transfers", TRANSFER, [{"lines": []}, {"destination": LOCATION}, {"source": None}]),
    Operation("/customers/cus-1/payments", PAYMENT, [{"amount": 0}, {"method": "card"}, {"payment_id": "#"}]),
    Operation(
        "/reconciliations",
        {"run_id": "run-1", "day": "2026-11-22"},
        [{"day": "2090-01-01"}, {"day": "yesterday"}, {"run_id": "#"}],
    ),
    Operation("/reorder-runs", {"run_id": "run-1"}, [{"segments": 0}, {"run_id": "#"}]),
]


def payments(_: Any, function: str) -> StoreCards:
    """Return the exchange of tokens for references, without Lambda's API."""
    assert function == "StoreCardsFunction"
    return CardOperations(client("dynamodb"), "CardsTable").store


@pytest.fixture(scope="module")
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as shop, http_api(shop) as built, patch("orders.selling.invoked", payments):
        seed_stock({MUG: 50})
        supplier = Supplier(supplier_id="sup-1", name="Mugs", currency=CURRENCY, account="acc-1")
        SupplierOperations(client("dynamodb"), "PurchasingTable", none_unknown).create(supplier)
        assert built.post("/customers", {"customer_id": "cus-1", "name": "Ada"}).status == 201
        kept = {name: order("x")[name] for name in ("location", "register", "currency", "lines")}
        for draft_id, lines in {"drf-1": kept["lines"], "drf-2": kept["lines"], "drf-3": []}.items():
            sent = {"draft_id": draft_id, "order": kept | {"lines": lines}}
            assert built.post("/drafts", sent).status == 201
        for order_id in ("ord-a", "ord-b", "ord-c"):
            assert built.post("/orders", order(order_id), query={"wait": "0"}).status == 202
        shop.engine.pass_time(60)
        yield built


def executions(api: HttpApi) -> list[str]:
    engine = api.fixture.engine
    machines = [machine["stateMachineArn"] for machine in engine.list_state_machines()["stateMachines"]]
    lists = [engine.list_executions(stateMachineArn=machine)["executions"] for machine in machines]
    return [execution["executionArn"] for listed in lists for execution in listed]


def state(api: HttpApi) -> str:
    """Return every row and every execution."""
    tables = {name: client("dynamodb").scan(TableName=name)["Items"] for name in api.fixture.template.tables}
    return json.dumps([tables, executions(api)], default=str, sort_keys=True)


@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.path for operation in OPERATIONS])
def test_malformed_body_is_refused_before_anything_is_stored_or_started(
    api: HttpApi, operation: Operation
) -> None:
    # What another test has started is completed first, whatever their order.
    api.fixture.engine.pass_time(60)
    before = state(api)
    for changes in operation.malformed:
        refused = api.post(operation.path, changed(operation.body, changes))
        assert (refused.status, bool(refused.body["problems"])) == (400, True), (changes, refused.text)
        assert state(api) == before, changes
        assert "tok_visa" not in refused.text
        assert "4242" not in refused.text
    # The engine's clock stands still: waiting for the end of a workflow takes all of its time.
    starts = operation.path.endswith(("/orders", "/sell", "/returns"))
    accepted = api.post(operation.path, operation.body, query={"wait": "0"} if starts else None)
    assert accepted.status in (200, 201, 202), accepted.text
    assert state(api) != before


def test_draft_whose_order_is_incomplete_stays_open(api: HttpApi) -> None:
    refused = api.post("/drafts/drf-3/sell", SALE)
    assert (refused.status, refused.body["problems"][0]["field"]) == (400, "lines")
    assert api.get("/drafts/drf-3").body["status"] == "OPEN"


def test_refused_order_is_accepted_with_another_card(api: HttpApi) -> None:
    wrong = order("ord-3", lines=[])
    assert api.post("/orders", wrong).status == 400
    other = order("ord-3", tenders=[{"type": "card", "token": "tok_other"}])
    assert api.post("/orders", other, query={"wait": "0"}).status == 202


@pytest.mark.parametrize(
    "tender", [{"type": "card", "token": "tok_visa"}, {"type": "gift_card", "code": new_code()}]
)
def test_quote_takes_the_order_that_is_sold(api: HttpApi, tender: dict[str, Any]) -> None:
    quote = api.post("/quotes", order("ord-4", tenders=[tender]))
    assert (quote.status, quote.body["totals"]["total"]) == (200, 1250), quote.text
    assert quote.body["tenders"] == [
        {"tender_no": 1, "type": tender["type"], "card": "card_1", "amount": 1250}
    ]
