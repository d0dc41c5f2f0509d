"""A shop with two suppliers for tests of the purchase order workflow, and its steps."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from inventory.models import OrderedLine
from inventory.on_order import OnOrder
from purchasing.models import Invoice, InvoicedLine, Receipt, ReceivedLine
from purchasing.supplier_models import Price, Supplier, Terms
from tillflow.aws import client

from audit.snapshot import journal_lines
from till.shop import ESPRESSO, MUG
from verification.harness.engine_callbacks import purchase_operations, purchases_store
from verification.harness.faults import Fault
from verification.harness.fixture import START, Run, WorkflowFixture, seed_stock, workflow_fixture

PO = "po-1"
TODAY = date(2026, 11, 23)


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture("PurchaseOrder") as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        built.store = purchases_store()  # type: ignore[attr-defined]
        built.operations = purchase_operations(built)  # type: ignore[attr-defined]
        suppliers(built)
        yield built


def suppliers(shop: Any, account: str = "acct_ok") -> None:
    for supplier_id, terms in (("sup-a", Terms(days=30)), ("sup-b", Terms(days=0))):
        supplier = Supplier(
            supplier_id=supplier_id,
            name=supplier_id,
            currency="EUR",
            terms=terms,
            tax_rate=Decimal("0.20"),
            account=account,
        )
        shop.store.suppliers.create(supplier)
    shop.store.suppliers.set_prices("sup-b", [Price(sku=MUG, unit_cost=500)])


def order(**more: Any) -> dict[str, Any]:
    return {
        "purchase_order_id": PO,
        "order_id": PO,  # the harness names executions by it
        "location": "store-1",
        "currency": "EUR",
        "lines": [
            {"sku": ESPRESSO, "quantity": 20, "unit_cost": 1000},
            {"sku": MUG, "quantity": 10, "unit_cost": 480},
        ],
        "suppliers": [{"supplier_id": "sup-a"}, {"supplier_id": "sup-b"}],
        **more,
    }


def begin(shop: WorkflowFixture, *faults: Fault, **more: Any) -> Run:
    [run] = shop.run(order(**more), faults=faults)
    return run


def receipt(number: int, units: dict[str, int], rejected: dict[str, int] | None = None) -> Receipt:
    lines = tuple(
        ReceivedLine(sku=sku, quantity=count, rejected=(rejected or {}).get(sku, 0))
        for sku, count in units.items()
    )
    return Receipt(receipt_id=f"r-{number}", received_at=datetime.fromtimestamp(START, UTC), lines=lines)


def invoice(units: dict[str, int], prices: dict[str, int], number: str = "A-1", discount: int = 0) -> Invoice:
    lines = tuple(
        InvoicedLine(sku=sku, quantity=count, unit_price=prices[sku]) for sku, count in units.items()
    )
    net = sum(line.quantity * line.unit_price for line in lines) - discount
    tax = net // 5
    return Invoice(number=number, invoiced_on=TODAY, lines=lines, discount=discount, tax=tax, total=net + tax)


ALL = {ESPRESSO: 20, MUG: 10}
PRICES = {ESPRESSO: 1000, MUG: 480}


def receive_all(shop: Any, run: Run) -> Run:
    shop.operations.acknowledge(PO, TODAY)
    shop.run_until_settled(run.arn)
    shop.operations.receive(PO, receipt(1, {ESPRESSO: 12}))
    shop.run_until_settled(run.arn)
    shop.operations.receive(PO, receipt(2, {ESPRESSO: 8, MUG: 10}))
    return shop.run_until_settled(run.arn)


def due(shop: WorkflowFixture, run: Run, days: int = 31) -> Run:
    shop.engine.pass_time(days * 86_400)
    return shop.run_until_settled(run.arn)


def closed(shop: Any, run: Run) -> None:
    assert (run.status, run.error) == ("SUCCEEDED", None), run.cause
    assert shop.audit() == []
    assert shop.store.get(PO).status == "CLOSED"
    for supplier in shop.store.suppliers.list_suppliers(100, "").rows:
        assert (supplier.open_orders, supplier.owed) == (0, 0)


def cancelled(shop: Any, run: Run, error: str) -> None:
    assert (run.status, run.error) == ("FAILED", error), run.cause
    assert shop.audit() == []
    assert shop.row("PurchasingTable", f"PO#{PO}", "PURCHASE")["status"] == "CANCELLED"
    assert level(shop, ESPRESSO)["on_hand"] == 10
    assert level(shop, ESPRESSO).get("on_order", 0) == 0
    assert balances(shop) == {}
    for supplier in shop.store.suppliers.list_suppliers(100, "").rows:
        assert (supplier.open_orders, supplier.owed) == (0, 0)


def level(shop: WorkflowFixture, sku: str) -> Any:
    return shop.row("InventoryTable", f"LEVEL#store-1#{sku}", "LEVEL")


def balances(shop: WorkflowFixture) -> dict[str, int]:
    """Debits less credits of every account that is not even, by name."""

    totals: dict[str, int] = {}
    for entry in shop.snapshot().entries.values():
        for line in journal_lines(entry):
            totals[line["name"]] = totals.get(line["name"], 0) + line["debit"] - line["credit"]
    return {name: total for name, total in totals.items() if total}


def claim(order: str, units: dict[str, int]) -> None:
    lines = [OrderedLine(sku=sku, quantity=count) for sku, count in units.items()]
    OnOrder(client("dynamodb"), "InventoryTable").raise_units(order, "store-1", lines)


def transfers(shop: WorkflowFixture) -> list[int]:
    return [row["amount"] for row in shop.snapshot().items("SandboxBankTable", "TRANSFER")]
