"""Units of a paid order exchanged for a new sale: the value of the returned units pays, and the books net to zero."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from catalog.models import Product
from catalog.store import CatalogStore
from inventory.models import ReceiptLine
from inventory.operations import StockOperations
from orders.errors import InvalidReturn
from orders.models import Order
from orders.operations import OrderOperations
from orders.returns.exchanges import ExchangeOperations
from orders.returns.operations import ReturnOperations
from orders.rows import order_key, read_order
from payments.credit.accounts import Accounts
from payments.credit.models import SetCreditLimit
from tillflow.aws import client
from tillflow.errors import InvalidOrder

from tests.support.exchanges import (
    COFFEE,
    COFFEE_PRICE,
    MUG_PRICE,
    ONE_MUG,
    clearing,
    exchange,
    exchange_input,
    exchange_shop,
    return_of,
)
from tests.support.references import none_unknown
from till.demo.order_checkout import BASKET, CASH, card, order
from till.shop import CUSTOMERS, ESPRESSO, LOCATION, MUG
from verification.harness.faults import Fault
from verification.harness.fixture import Run, WorkflowFixture


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with exchange_shop() as built:
        yield built


def refunds(shop: WorkflowFixture) -> list[tuple[str, int]]:
    parts = json.loads(shop.snapshot().refunds["ret-1"]["parts"])
    return [(part["type"], part["amount"]) for part in parts]


def test_dearer_goods_are_paid_by_the_return_and_the_rest_by_the_customer(shop: WorkflowFixture) -> None:
    run = exchange(shop, {ESPRESSO: 1}, card("tok_visa"))
    assert (run.status, run.error) == ("SUCCEEDED", None), run.cause
    assert run.path == ["ClaimReturn", "SellGoods", "ReturnUnits", "ExchangeCompleted"]
    assert run.output == {
        "return_id": "ret-1",
        "order_id": "ord-2",
        "status": "COMPLETED",
        "returned": MUG_PRICE,
        "sold": COFFEE_PRICE,
    }
    assert refunds(shop) == [("exchange", MUG_PRICE)]
    paid = {one["type"]: one["captured"] for one in shop.snapshot().tenders["ord-2"]}
    assert paid == {"exchange": MUG_PRICE, "card": COFFEE_PRICE - MUG_PRICE}
    assert clearing(shop) == 0
    assert shop.audit() == []


def test_cheaper_goods_leave_a_refund_to_the_tenders_of_the_sale(shop: WorkflowFixture) -> None:
    run = exchange(shop, {MUG: 1}, units=COFFEE)
    assert run.output["status"] == "COMPLETED"
    assert refunds(shop) == [("exchange", MUG_PRICE), ("card", COFFEE_PRICE - MUG_PRICE)]
    assert clearing(shop) == 0
    assert shop.audit() == []


@pytest.mark.parametrize(
    ("tender", "refunded"),
    [
        (CASH, [("exchange", 300), ("cash", 200)]),
        (card("tok_visa"), [("exchange", 300), ("card", 198)]),
        (card("tok_refund_refused"), [("exchange", 300), ("cash", 200)]),
    ],
)
def test_rest_that_is_refunded_in_cash_in_francs_is_paid_in_coins(
    shop: WorkflowFixture, tender: dict[str, Any], refunded: list[tuple[str, int]]
) -> None:
    for sku, price in (("CHOC", 498), ("GUM", 300)):
        product = Product(sku=sku, name="Sweets", prices={"CHF": price}, tax_class="zero")
        CatalogStore(client("dynamodb"), "CatalogTable").put_product(product)
        line = ReceiptLine(sku=sku, quantity=5, cost=1000)
        StockOperations(client("dynamodb"), "InventoryTable").receive(sku, LOCATION, [line], "CHF")
    at = {"placed_at": "2026-11-23T10:00:00Z", "currency": "CHF"}
    shop.run(order({"CHOC": 2}, tender, order_id="ord-3", **at), workflow="OrderCheckout")
    units = [{"line_no": 1, "sku": "CHOC", "quantity": 1}]
    returned = {"return_id": "ret-1", "order_id": "ord-3", "currency": "CHF", "lines": units}
    sale = order({"GUM": 1}, CASH, order_id="ord-4", **at)
    [run] = shop.run({"return_id": "ret-1", "return": returned, "sale": sale}, workflow="OrderExchange")
    assert run.output["status"] == "COMPLETED"
    assert refunds(shop) == refunded
    assert clearing(shop) == 0
    assert shop.audit() == []


def test_id_of_a_return_may_have_the_digits_of_a_card_number(shop: WorkflowFixture) -> None:
    result = exchange(shop, {MUG: 1}, return_id="ret-2026-11-29-0001")
    assert result.status == "SUCCEEDED"


def test_goods_of_the_same_value_move_no_money(shop: WorkflowFixture) -> None:
    exchange(shop, {MUG: 1}, CASH)
    assert refunds(shop) == [("exchange", MUG_PRICE)]
    assert [one["type"] for one in shop.snapshot().tenders["ord-2"]] == ["exchange"]
    assert shop.audit() == []


@pytest.mark.parametrize(
    ("lines", "tender", "error"),
    [
        ({ESPRESSO: 1}, card("tok_declined"), "PaymentDeclined"),
        ({ESPRESSO: 99}, card("tok_visa"), "InsufficientStock"),
        ({"nothing": 1}, card("tok_visa"), "UnknownProduct"),
        ({ESPRESSO: 1}, {"type": "cash", "amount": 1}, "TendersDoNotMatchTotal"),
        ({ESPRESSO: 1}, {"type": "exchange", "at_most": 9, "return_id": "ret-9"}, "InvalidOrder"),
    ],
)
def test_refused_sale_releases_the_claim(
    shop: WorkflowFixture, lines: dict[str, int], tender: dict[str, Any], error: str
) -> None:
    run = exchange(shop, lines, tender)
    assert (run.status, run.error) == ("FAILED", error)
    assert run.compensated == ["ReleaseReturn"]
    assert shop.snapshot().refunds == {}
    assert shop.audit() == []
    again = exchange(shop, {MUG: 1}, return_id="ret-2", sold="ord-3")
    assert again.output["status"] == "COMPLETED"
    assert shop.audit() == []


def test_units_that_are_not_returnable_sell_nothing(shop: WorkflowFixture) -> None:
    run = exchange(shop, {MUG: 1}, units=ONE_MUG | {"quantity": 3})
    assert (run.status, run.error) == ("FAILED", "UnitsNotReturnable")
    assert "ord-2" not in shop.snapshot().orders


def test_units_that_are_owed_on_account_are_not_exchanged(shop: WorkflowFixture) -> None:
    account = {"customer_id": CUSTOMERS[0].customer_id, "currency": "EUR", "credit_limit": 10_000}
    Accounts(client("dynamodb"), "PaymentsTable").set_limit(SetCreditLimit.model_validate(account))
    sale = order(BASKET, {"type": "on_account"}, order_id="ord-0", placed_at="2026-11-23T10:00:00Z")
    shop.run(sale | {"customer_id": CUSTOMERS[0].customer_id}, workflow="OrderCheckout")
    request = exchange_input({MUG: 1})
    request["return"]["order_id"] = "ord-0"
    [run] = shop.run(request, workflow="OrderExchange")
    assert (run.status, run.error) == ("FAILED", "OrderNotReturnable")
    assert "ord-2" not in shop.snapshot().orders
    assert shop.audit() == []


def test_sale_under_the_id_of_another_order_is_refused(shop: WorkflowFixture) -> None:
    run = exchange(shop, {MUG: 1}, sold="ord-1")
    assert (run.status, run.error) == ("FAILED", "IdempotencyConflict")
    assert shop.audit() == []


def test_two_exchanges_of_the_last_unit_sell_once(shop: WorkflowFixture) -> None:
    first = exchange(shop, {MUG: 1}, units=COFFEE)
    second = exchange(shop, {MUG: 1}, units=COFFEE, return_id="ret-2", sold="ord-3")
    assert (first.status, second.error) == ("SUCCEEDED", "UnitsNotReturnable")
    assert shop.audit() == []


def test_refused_exchange_is_shown_on_the_order_of_its_sale(shop: WorkflowFixture) -> None:
    run = exchange(shop, {MUG: 1}, faults=(Fault("SellGoods", "fail_before"),))
    order = read_order(shop.row("OrdersTable", *order_key("ord-2")))
    checkout = run.arn.replace("OrderExchange:ret-1", "OrderCheckout:ord-2")
    assert order == Order(
        order_id="ord-2", status="REJECTED", execution=checkout, reason=run.error, cause=run.cause
    )
    [cancel] = shop.run({"order_id": "ord-2", "reason": "wrong size"}, workflow="OrderCancel")
    assert (cancel.output or {}).get("status") == "REJECTED"
    assert shop.audit() == []


@pytest.mark.parametrize("decision", ["retry", "done"])
def test_failing_return_opens_a_case_and_resumes(shop: WorkflowFixture, decision: str) -> None:
    """`done` reads how the return ended: it was never started, so it is."""
    run = exchange(shop, {MUG: 1}, faults=(Fault("ReturnUnits", "fail_before"),))
    assert run.status == "RUNNING"
    assert shop.audit("ret-1", "ord-2") == []
    waiting = shop.resolve(run, decision, "returned at the counter", case="ReturnUnits")
    shop.run_until_settled(return_of(waiting))
    assert shop.run_until_settled(waiting.arn).output["status"] == "COMPLETED"
    assert shop.audit() == []


def test_exchanged_goods_are_returned_in_cash_for_what_the_exchange_paid(shop: WorkflowFixture) -> None:
    exchange(shop, {ESPRESSO: 1}, card("tok_visa"))
    back = {"return_id": "ret-2", "order_id": "ord-2", "currency": "EUR", "lines": [COFFEE]}
    [run] = shop.run(back, workflow="OrderReturn")
    paid_back = {part["type"]: part["amount"] for part in run.output["refunds"]}
    assert paid_back == {"card": COFFEE_PRICE - MUG_PRICE, "cash": MUG_PRICE}
    assert shop.audit() == []


def test_order_paid_by_an_exchange_is_not_cancelled(shop: WorkflowFixture) -> None:
    exchange(shop, {MUG: 1})
    [run] = shop.run({"order_id": "ord-2", "reason": "wrong size"}, workflow="OrderCancel")
    assert (run.status, run.error) == ("FAILED", "OrderPaidByExchange")
    assert shop.audit() == []


@pytest.mark.parametrize("customer", [None, CUSTOMERS[0].customer_id])
def test_refused_refund_of_an_exchange_becomes_credit_or_cash(
    shop: WorkflowFixture, customer: str | None
) -> None:
    """The free goods are sold: the return continues although its card takes nothing."""
    sale = order(BASKET, card("tok_refund_refused"), order_id="ord-1", placed_at="2026-11-23T10:00:00Z")
    shop.run(sale | {"order_id": "ord-0", "customer_id": customer}, workflow="OrderCheckout")
    free = exchange_input({MUG: 1})
    free["return"]["order_id"] = "ord-0"
    free["sale"]["discounts"] = [{"percent": "100"}]
    [run] = shop.run(free, workflow="OrderExchange")
    assert (run.status, run.output["sold"]) == ("SUCCEEDED", 0)
    assert refunds(shop) == [("store_credit" if customer else "cash", MUG_PRICE)]
    assert shop.audit() == []


@pytest.mark.parametrize("value", [None, [], "ret-1", {}, {"return": []}, {"return": {}, "sale": 1}])
def test_request_that_is_no_exchange_is_refused(shop: WorkflowFixture, value: Any) -> None:
    result = shop.engine.finish(shop.engine.start(shop.deploy("OrderExchange"), value, "ret-1"))
    assert (result.status, result.error) == ("FAILED", "InvalidReturn")


def test_id_of_a_return_that_a_shipment_makes_is_refused() -> None:
    """A shipment takes a return of that id for its own, whatever it returns."""
    request = exchange_input({MUG: 1}, return_id="shipment-0a1b-1")
    with pytest.raises(InvalidReturn, match="return_id"):
        ReturnOperations(None, None, "OrdersTable", "arn").create(request["return"])
    with pytest.raises(InvalidReturn, match="return_id"):
        ExchangeOperations(None, "arn", None).create(request["return"], request["sale"])  # type: ignore[arg-type]


def test_sale_with_an_exchange_tender_of_its_own_is_refused(shop: WorkflowFixture) -> None:
    operations = OrderOperations(None, None, "OrdersTable", "", "", lambda *_: None, none_unknown)
    sale = order({MUG: 1}, {"type": "exchange", "at_most": 1250, "return_id": "ret-1"}, order_id="ord-2")
    with pytest.raises(InvalidOrder):
        operations.place(sale)


def returned(shop: WorkflowFixture) -> Run:
    """Return the unit of `exchange_input` under the same id, without a new sale."""
    [run] = shop.run(exchange_input({MUG: 1})["return"], workflow="OrderReturn")
    return run


def test_units_that_were_refunded_do_not_pay_an_exchange_under_their_id(shop: WorkflowFixture) -> None:
    assert returned(shop).output["status"] == "COMPLETED"
    run = exchange(shop, {MUG: 1})
    assert (run.status, run.error) == ("FAILED", "IdempotencyConflict")
    assert "ord-2" not in shop.snapshot().orders
    assert shop.audit() == []


def test_units_that_pay_an_exchange_are_not_refunded_under_its_id(shop: WorkflowFixture) -> None:
    waiting = exchange(shop, {MUG: 1}, faults=(Fault("ReturnUnits", "fail_before"),))
    refused = returned(shop)
    assert (refused.status, refused.error) == ("FAILED", "IdempotencyConflict")
    assert shop.snapshot().refunds == {}
    shop.resolve(waiting, "retry", case="ReturnUnits")
    shop.run_until_settled(return_of(waiting))
    assert shop.run_until_settled(waiting.arn).output["status"] == "COMPLETED"
    assert shop.audit() == []
