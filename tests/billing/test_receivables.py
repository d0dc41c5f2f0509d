"""Payments of invoices on account: allocated once, oldest first or to chosen invoices; ageing by days overdue."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from billing.errors import InvalidPayment
from billing.receivables.models import MAX_INVOICES, OpenItem, ReceivePayment
from billing.receivables.rows import open_item_row
from billing.receivables.rules import BUCKETS, ageing, allocate_payment
from billing.receivables.store import ReceivablesStore
from tillflow.errors import IdempotencyConflict
from tillflow.store import marshal

from tests.support.interposed import Interposed, TakingTurns
from tests.support.payments_fixture import NOW


def item(order_id: str, outstanding: int, due_on: str = "2026-12-01", **more: Any) -> OpenItem:
    fields = {"customer_id": "cus-1", "currency": "EUR", "issued_at": "2026-11-01T10:00:00Z", **more}
    return OpenItem(
        order_id=order_id, invoice_number=f"INV-{order_id}", due_on=due_on, outstanding=outstanding, **fields
    )


def payment(amount: int, *orders: str, payment_id: str = "pay-1", **more: Any) -> ReceivePayment:
    request = {"customer_id": "cus-1", "currency": "EUR", "method": "bank_transfer", **more}
    return ReceivePayment.model_validate(
        {"payment_id": payment_id, "amount": amount, "orders": orders, **request}
    )


@pytest.mark.parametrize(
    ("items", "request_", "allocated"),
    [
        ([item("b", 50, "2026-12-02"), item("a", 100)], payment(120), {"a": 100, "b": 20}),
        (
            [item("b", 50, "2026-12-02", issued_at="2026-10-01T10:00:00Z"), item("a", 100)],
            payment(120),
            {"a": 100, "b": 20},
        ),
        ([item("a", 100)], payment(130), {"a": 100}),
        ([item("b", 50, "2026-12-02"), item("a", 100)], payment(60, "b"), {"b": 50}),
        ([item("a", 100), item("c", -60)], payment(40), {"c": -60, "a": 100}),
        ([item("c", -60)], payment(10), {"c": -60}),
    ],
    ids=[
        "oldest first",
        "first due before first issued",
        "overpaid",
        "chosen",
        "credit pays another",
        "credit and nothing open",
    ],
)
def test_payment_is_allocated(items: list[OpenItem], request_: ReceivePayment, allocated: Any) -> None:
    assert {one["order_id"]: one["amount"] for one in allocate_payment(items, request_)} == allocated


@pytest.mark.parametrize(
    ("items", "request_", "message"),
    [
        ([], payment(10), "expected a customer with open invoices in EUR"),
        ([item("a", 10)], payment(10, "x"), r"orders\[0\] is 'x'; expected an order whose invoice is open"),
        ([item(f"a{n}", 1) for n in range(60)], payment(60), f"at most {MAX_INVOICES} invoices; split it"),
    ],
)
def test_payment_that_fits_no_invoice_is_refused(
    items: list[OpenItem], request_: ReceivePayment, message: str
) -> None:
    with pytest.raises(InvalidPayment, match=message):
        allocate_payment(items, request_)


def test_ageing_is_by_days_overdue() -> None:
    today = date(2026, 12, 31)
    due = {
        "2026-12-31": 1,
        "2026-12-30": 2,
        "2026-12-01": 4,
        "2026-11-30": 8,
        "2026-10-02": 16,
        "2026-09-01": 32,
    }
    items = [item(f"o{day}", amount, day) for day, amount in due.items()]
    (report,) = ageing([*items, item("credited", -1, "2026-01-01")], today)
    assert list(report.amounts.values()) == [0, 6, 8, 16, 32]
    assert tuple(report.amounts) == BUCKETS
    assert report.total == 62


def write(dynamodb: Any, table: str, *items: OpenItem) -> None:
    for one in items:
        invoice = {
            "pk": f"INVOICE#{one.order_id}",
            "sk": "INVOICE",
            "invoice_id": one.order_id,
            "status": "ISSUED",
            "paid": 0,
            "on_account": one.outstanding,
            **{k: v for k, v in open_item_row(one).items() if k not in ("pk", "sk", "order_id")},
        }
        for row in (open_item_row(one), invoice):
            dynamodb.put_item(TableName=table, Item=marshal(row))


def test_payment_is_recorded_once(dynamodb: Any, table: str) -> None:
    write(dynamodb, table, item("a", 100), item("b", 50, "2026-12-02"))
    store = ReceivablesStore(dynamodb, table)
    first = store.receive(payment(120), NOW)
    assert store.receive(payment(120), NOW) == first
    assert (first["allocated"], first["overpayment"]) == (120, 0)
    assert [(one.order_id, one.outstanding) for one in store.open_items()] == [("b", 30)]
    with pytest.raises(IdempotencyConflict, match="payment pay-1 exists with different content: amount"):
        store.receive(payment(121), NOW)


@pytest.mark.parametrize("operation", ["get_item", "transact_write_items"])
def test_payment_overtaken_by_its_second_delivery_returns_what_that_recorded(
    dynamodb: Any, table: str, operation: str
) -> None:
    write(dynamodb, table, item("a", 100))
    first = ReceivablesStore(dynamodb, table)
    client = Interposed(dynamodb)
    client.before(operation, lambda: first.receive(payment(100), NOW))
    assert ReceivablesStore(client, table).receive(payment(100), NOW)["allocated"] == 100


@pytest.mark.parametrize("operation", ["get_item", "batch_get_item", "transact_write_items"])
def test_payment_overtaken_by_another_request_under_its_id_is_a_conflict(
    dynamodb: Any, table: str, operation: str
) -> None:
    write(dynamodb, table, item("a", 100), item("b", 100))
    first = ReceivablesStore(dynamodb, table)
    client = Interposed(dynamodb)
    client.before(operation, lambda: first.receive(payment(60, "b"), NOW))
    with pytest.raises(IdempotencyConflict, match="payment pay-1 exists with different content: orders"):
        ReceivablesStore(client, table).receive(payment(60, "a"), NOW)
    assert {one.order_id: one.outstanding for one in first.open_items()} == {"a": 100, "b": 40}


@pytest.mark.parametrize("operation", ["get_item", "batch_get_item", "transact_write_items"])
def test_payment_overtaken_by_another_pays_what_that_left(dynamodb: Any, table: str, operation: str) -> None:
    write(dynamodb, table, item("a", 100))
    first = ReceivablesStore(dynamodb, table)
    client = Interposed(dynamodb)
    client.before(operation, lambda: first.receive(payment(60, payment_id="pay-2"), NOW))
    received = ReceivablesStore(client, table).receive(payment(60), NOW)
    assert (received["allocated"], received["overpayment"]) == (40, 20)
    assert list(first.open_items()) == []


def test_payments_at_once_pay_each_unit_once(dynamodb: Any, table: str) -> None:
    write(dynamodb, table, item("a", 100))
    store = ReceivablesStore(TakingTurns(dynamodb), table)

    def pay(number: int) -> int:
        try:
            return store.receive(payment(60, payment_id=f"pay-{number}"), NOW)["allocated"]
        except InvalidPayment:
            return 0

    with ThreadPoolExecutor(3) as tills:
        assert sum(tills.map(pay, range(3))) == 100
    assert list(store.open_items()) == []


def test_invoice_of_another_customer_or_currency_is_not_paid(dynamodb: Any, table: str) -> None:
    write(dynamodb, table, item("a", 100))
    store = ReceivablesStore(dynamodb, table)
    for other in (payment(10, customer_id="cus-2"), payment(10, currency="CHF")):
        with pytest.raises(InvalidPayment, match="a customer with open invoices"):
            store.receive(other, NOW)
