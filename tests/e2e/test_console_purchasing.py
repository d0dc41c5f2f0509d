"""Buying in the console: order, answer, deliveries, invoice, payment and approvals, in a real browser."""

import time
import uuid
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from purchasing.supplier_models import Price, Supplier, Terms

from tests.support.console import Console, scan
from till.services.purchasing import Suppliers
from till.services.replenishment import Reorders
from till.stack import Stack, find_stack

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("console")]
UNIT_COST = 210


def stack_of(console: Console) -> Stack:
    return find_stack({"TILLFLOW_HOME": str(console.shop.folder.path)})


def create_supplier(console: Console, name: str, *prices: Price) -> str:
    """Create a supplier whose invoices are due at once; return its id."""
    supplier_id = f"sup-{uuid.uuid4().hex[:8]}"
    supplier = Supplier(
        supplier_id=supplier_id, name=name, currency="EUR", account="acct_ok", terms=Terms(days=0)
    )
    Suppliers(stack_of(console)).create(supplier, prices)
    return supplier_id


def open_order(console: Console, supplier_id: str, sku: str, units: int) -> Page:
    """Order units by the page; return the tab with the order's page."""
    tab = console.open("manager", "purchases")
    tab.get_by_role("button", name="Order goods").click()
    form = tab.get_by_role("region", name="Order goods")
    form.get_by_label("Supplier").select_option(supplier_id)
    scan(tab, sku)
    form.get_by_label(f"Quantity: {sku}").fill(str(units))
    form.get_by_role("button", name="Order goods").click()
    tab.get_by_role("link", name="The order is opened").click()
    return tab


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def accept(tab: Page) -> None:
    """Record that the supplier accepts, and wait until that is shown."""
    answer = tab.get_by_role("region", name="Answer of the supplier")
    answer.get_by_label("Promised").fill(today())
    answer.get_by_role("button", name="The supplier accepts").click()
    expect(tab.get_by_role("definition").filter(has_text="Accepted")).to_be_visible()


def record_invoice(tab: Page, number: str) -> None:
    form = tab.get_by_role("form", name="Record the supplier's invoice")
    form.get_by_label("Invoice", exact=True).fill(number)
    form.get_by_label("Date of the invoice").fill(today())
    form.get_by_role("button", name="Record the invoice").click()


def test_order_is_accepted_received_in_parts_billed_and_paid(console: Console) -> None:
    sku = console.create_product("Bought", 1)
    supplier_id = create_supplier(console, "Prompt Wholesale", Price(sku=sku, unit_cost=UNIT_COST))
    tab = open_order(console, supplier_id, sku, 5)
    accept(tab)
    tab.get_by_label(f"Quantity: {sku}").fill("2")
    tab.get_by_role("button", name="Receive these units").click()
    # The next delivery is offered with what is open.
    expect(tab.get_by_label(f"Quantity: {sku}").first).to_have_value("3")
    tab.get_by_role("button", name="Receive these units").click()
    expect(tab.get_by_role("button", name="Receive these units")).to_have_count(0)
    expect(tab.get_by_test_id("invoice-total")).to_have_text("€10.50")
    record_invoice(tab, f"INV-{uuid.uuid4().hex[:8]}")
    # Until it is closed, the order is shown as paid, as its payment is.
    expect(tab.get_by_role("definition").filter(has_text="Closed")).to_be_visible()
    expect(tab.get_by_role("definition").filter(has_text="Paid")).to_be_visible()
    [level] = console.call("manager", "GET", f"/stock?sku={sku}&location=store-1")["levels"]
    assert (level["on_hand"], level["on_order"]) == (6, 0)


def test_invoice_that_differs_is_shown_and_replaced_by_a_corrected_one(console: Console) -> None:
    sku = console.create_product("Billed", 1)
    supplier_id = create_supplier(console, "Dear Wholesale", Price(sku=sku, unit_cost=UNIT_COST))
    tab = open_order(console, supplier_id, sku, 2)
    accept(tab)
    tab.get_by_role("button", name="Receive these units").click()
    form = tab.get_by_role("form", name="Record the supplier's invoice")
    form.get_by_label(f"Price: {sku}").fill("3,00")
    expect(tab.get_by_test_id("invoice-total")).to_have_text("€6.00")
    record_invoice(tab, f"INV-{uuid.uuid4().hex[:8]}")
    expect(tab.get_by_role("alert")).to_contain_text("The invoice differs from the order")
    expect(tab.get_by_role("alert")).to_contain_text(f"{sku}: unit price 3.00 EUR; expected 2.10")
    form.get_by_label(f"Price: {sku}").fill("2.10")
    record_invoice(tab, f"INV-{uuid.uuid4().hex[:8]}")
    expect(tab.get_by_role("alert")).to_have_count(0)


def test_order_that_its_only_supplier_refuses_is_cancelled(console: Console) -> None:
    sku = console.create_product("Refused", 1)
    supplier_id = create_supplier(console, "Busy Wholesale")
    tab = console.open("manager", "purchases")
    tab.get_by_role("button", name="Order goods").click()
    form = tab.get_by_role("region", name="Order goods")
    form.get_by_label("Supplier").select_option(supplier_id)
    scan(tab, sku)
    # The supplier's list has no price of it.
    expect(form.get_by_role("button", name="Order goods")).to_be_disabled()
    form.get_by_label(f"Cost: {sku}").fill("2.10")
    form.get_by_role("button", name="Order goods").click()
    tab.get_by_role("link", name="The order is opened").click()
    answer = tab.get_by_role("region", name="Answer of the supplier")
    answer.get_by_label("Reason").fill("out of stock")
    answer.get_by_role("button", name="The supplier refuses").click()
    expect(tab.get_by_role("cell", name="Refused")).to_be_visible()
    expect(tab.get_by_role("cell", name="out of stock")).to_be_visible()
    expect(tab.get_by_role("definition").filter(has_text="Cancelled")).to_be_visible()


def reorder_above_the_limit(console: Console, name: str) -> str:
    """Sell a product to its reorder point, whose order needs an approval; return the order's id."""
    sku = console.create_product(name, 11)
    supplier_id = create_supplier(console, f"Supplier of {name}", Price(sku=sku, unit_cost=20_000))
    source = {"supplier_id": supplier_id, "pack_size": 12}
    Reorders(stack_of(console)).create({"location": "store-1", "sku": sku, "sources": [source]}, 10)
    before = {one["purchase_order_id"] for one in console.call("manager", "GET", "/approvals")["approvals"]}
    order = {
        "order_id": f"ord-{uuid.uuid4().hex[:12]}",
        "location": "store-1",
        "register": "till-1",
        "currency": "EUR",
        "placed_at": datetime.now(UTC).isoformat(),
        "lines": [{"sku": sku, "quantity": 2}],
        "tenders": [{"type": "cash"}],
    }
    console.call("cashier", "POST", "/orders?wait=20", order)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        waiting = console.call("manager", "GET", "/approvals")["approvals"]
        if new := [one for one in waiting if one["purchase_order_id"] not in before]:
            return str(new[0]["purchase_order_id"])
    raise AssertionError("no order waits for an approval after a minute")


def test_manager_approves_an_order_and_refuses_another(console: Console) -> None:
    approved = reorder_above_the_limit(console, "Approved")
    tab = console.open("manager", "approvals")
    tab.get_by_role("button", name=f"Approve: {approved}").click()
    expect(tab.get_by_role("status").filter(has_text="Approved.")).to_be_visible()
    tab.get_by_role("link", name="Show the order").click()
    # The reorder opens the order a moment after its approval: the page waits for it.
    expect(tab.get_by_role("region", name="Answer of the supplier")).to_be_visible()
    expect(tab.get_by_role("alert")).to_have_count(0)

    refused = reorder_above_the_limit(console, "Unwanted")
    tab.goto(f"{console.url}#/approvals")
    row = tab.get_by_role("row", name=refused)
    expect(row.get_by_role("button", name=f"Refuse: {refused}")).to_be_disabled()
    row.get_by_label("Note").fill("too much")
    row.get_by_role("button", name=f"Refuse: {refused}").click()
    expect(tab.get_by_role("status").filter(has_text="Refused.")).to_be_visible()
    tab.get_by_role("button", name="Reload").click()
    expect(tab.get_by_role("row", name=refused)).to_have_count(0)
