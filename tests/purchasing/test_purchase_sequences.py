"""Any sequence of operations on a purchase keeps its invariants, and a repeated operation changes nothing."""

from collections.abc import Callable
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from purchasing import invoices, rules, values
from purchasing.models import Invoice, InvoicedLine, OpenOrder, Purchase, Receipt, ReceivedLine
from purchasing.supplier_models import Price, Supplier
from tillflow.errors import DomainError

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SUPPLIERS = {
    name: Supplier(
        supplier_id=name,
        name=name,
        currency="EUR",
        account="acct_ok",
        over_receipt_percent=10,
        tax_rate="0.2",
    )
    for name in ("sup-a", "sup-b")
}
ORDER = OpenOrder.model_validate(
    {
        "purchase_order_id": "po-1",
        "location": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "A", "quantity": 10, "unit_cost": 100}],
        "suppliers": [{"supplier_id": name} for name in SUPPLIERS],
    }
)

type Operation = Callable[[Purchase], Purchase]


def send(cost: int, approval: int) -> Operation:
    def operation(order: Purchase) -> Purchase:
        if order.attempt:
            return order
        supplier = SUPPLIERS[rules.next_supplier(order)]
        return rules.send(order, supplier, {"A": Price(sku="A", unit_cost=cost)}, NOW, approval)

    return operation


def receive(number: int, units: int, rejected: int) -> Operation:
    lines = (ReceivedLine(sku="A", quantity=units, rejected=min(units, rejected)),)
    receipt = Receipt(receipt_id=f"r-{number}", received_at=NOW, lines=lines)
    return lambda order: rules.receive(order, receipt)


def bill(number: str, units: int, price: int) -> Operation:
    lines = (InvoicedLine(sku="A", quantity=units, unit_price=price),)
    tax = units * price // 5
    invoice = Invoice(number=number, invoiced_on=NOW.date(), lines=lines, tax=tax, total=units * price + tax)
    return lambda order: invoices.bill(order, invoice)


def match_invoice(accept: int) -> Operation:
    def operation(order: Purchase) -> Purchase:
        if order.attempt is None or order.status in ("MATCHED", "PAID", "CLOSED"):
            return order
        return invoices.match_invoice(order, SUPPLIERS[str(order.supplier_id)], accept)

    return operation


suppliers = st.sampled_from(sorted(SUPPLIERS))
operations = st.one_of(
    st.builds(send, st.sampled_from([90, 100, 120]), st.integers(0, 3)),
    st.builds(lambda name: lambda order: rules.acknowledge(order, NOW.date(), name), suppliers),
    st.builds(lambda name: lambda order: rules.refuse(order, "no", name), suppliers),
    st.builds(receive, st.integers(1, 4), st.integers(1, 12), st.integers(0, 3)),
    st.builds(lambda number: lambda order: rules.book(order, f"r-{number}"), st.integers(1, 4)),
    st.builds(bill, st.sampled_from(["N-1", "n-1", "N-2"]), st.integers(1, 11), st.sampled_from([90, 100])),
    st.builds(match_invoice, st.integers(0, 3)),
    st.just(rules.close_short),
    st.just(invoices.void_invoice),
    st.just(lambda order: rules.request_cancel(order, "no")),
    st.just(lambda order: invoices.begin_payment(order, "acct_ok")),
    st.just(lambda order: invoices.complete_payment(order, "tr-1", NOW)),
)


@given(st.lists(operations, max_size=25), st.sampled_from([0, 1_050, 1_100, 10_000]))
def test_any_sequence_of_operations_keeps_the_invariants(sequence: list[Operation], limit: int) -> None:
    order = rules.new_purchase(ORDER, NOW, {"EUR": limit})
    for operation in sequence:
        try:
            after = operation(order)
        except DomainError:
            continue
        assert operation(after) == after
        check(order, after)
        order = after


def check(before: Purchase, after: Purchase) -> None:
    [line] = after.lines
    assert 0 <= line.accepted <= line.quantity * 110 // 100
    assert line.received == sum(one.lines[0].quantity for one in after.receipts)
    assert len({one.receipt_id for one in after.receipts}) == len(after.receipts)
    if after.attempt:
        assert values.order_total(after.lines) <= (after.approved_total or 0)
    assert values.received_value(after.lines) <= (after.approved_total or 0)
    if before.status in ("MATCHED", "PAID") and after.status == before.status:
        assert after.invoice == before.invoice
    if before.payment and before.payment.state == "PAID":
        assert after.payment == before.payment
    assert len({one.supplier_id for one in after.attempts}) == len(after.attempts)
