"""Returns and exchanges at the till in a real browser, on a deployed shop."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.console import MUG, Console, scan

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("console")]


def sell(console: Console, sku: str, quantity: int) -> str:
    """Sell units for cash by the API; return the order's id."""
    order = f"ord-{uuid.uuid4().hex[:12]}"
    sale: dict[str, Any] = {
        "order_id": order,
        "location": "store-1",
        "register": "till-1",
        "currency": "EUR",
        "placed_at": datetime.now(UTC).isoformat(),
        "lines": [{"sku": sku, "quantity": quantity}],
        "tenders": [{"type": "cash"}],
    }
    console.call("cashier", "POST", "/orders?wait=20", sale)
    return order


def open_receipt(console: Console, order: str) -> Page:
    tab = console.open("cashier", "returns")
    tab.get_by_label("Order of the receipt").fill(order)
    tab.keyboard.press("Enter")
    return tab


def test_returned_units_are_refunded_by_the_receipt(console: Console) -> None:
    sku = console.create_product("Returned", 5)
    order = sell(console, sku, 2)
    tab = open_receipt(console, order)
    tab.get_by_label("Units returned: Returned").fill("1")
    tab.get_by_role("button", name="Refund €5.00").click()
    expect(tab.get_by_role("article", name="Credit note")).to_contain_text("€5.00")
    [returned] = console.call("cashier", "GET", f"/orders/{order}/returns")
    assert (returned["status"], returned["total"]) == ("COMPLETED", 500)
    assert console.sold(sku) == 2


def test_exchange_asks_for_the_difference_alone(console: Console) -> None:
    sku = console.create_product("Exchanged", 5)
    order = sell(console, sku, 1)
    tab = open_receipt(console, order)
    tab.get_by_label("Units returned: Exchanged").fill("1")
    tab.get_by_label("Exchange for other goods").check()
    scan(tab, MUG)
    expect(tab.get_by_test_id("net")).to_have_text("€7.50")
    tab.get_by_role("button", name="€10.00").click()
    expect(tab.get_by_test_id("net")).to_have_text("€2.50")
    tab.get_by_role("button", name="Exchange", exact=True).click()
    paper = tab.get_by_role("article", name="Receipt of the exchange")
    expect(paper).to_contain_text("Returned goods€5.00Cash€10.00Change€2.50")
    [returned] = console.call("cashier", "GET", f"/orders/{order}/returns")
    assert (returned["status"], returned["total"]) == ("COMPLETED", 500)


def test_exchange_for_cheaper_goods_refunds_the_difference(console: Console) -> None:
    cheap, dear = console.create_product("Cheap", 5), console.create_product("Dear", 5)
    order = sell(console, dear, 2)
    tab = open_receipt(console, order)
    tab.get_by_role("button", name="Return everything").click()
    tab.get_by_label("Exchange for other goods").check()
    scan(tab, cheap)
    tab.get_by_role("button", name="Exchange and refund €5.00").click()
    expect(tab.get_by_role("article", name="Receipt of the exchange")).to_contain_text("Refund: Cash€5.00")
    assert console.sold(cheap) == 1


def test_manager_allows_a_return_after_the_window(console: Console) -> None:
    sku = console.create_product("Too late", 5)
    category = f"category-{sku}"
    product = console.call("manager", "GET", f"/products/{sku}")
    console.call("manager", "PUT", f"/categories/{category}", {"category": category, "name": "Too late"})
    console.call("manager", "PUT", f"/products/{sku}", {**product, "category": category})
    console.call("manager", "PUT", "/settings/return-windows", {"category": category, "days": 0})
    order = sell(console, sku, 1)
    tab = open_receipt(console, order)
    tab.get_by_label("Units returned: Too late").fill("1")
    tab.get_by_role("button", name="Refund €5.00").click()
    expect(tab.get_by_role("alert")).to_contain_text("return window")
    tab.get_by_role("button", name="Let a manager sign in").click()
    console.sign_in(tab, "manager")
    # The return is kept for the manager, who sees the refusal and gives a reason.
    expect(tab.get_by_label("Units returned: Too late")).to_have_value("1")
    tab.get_by_role("button", name="Refund €5.00").click()
    tab.get_by_label("Reason to allow it").fill("Regular customer")
    tab.get_by_role("button", name="Refund €5.00").click()
    expect(tab.get_by_role("article", name="Credit note")).to_contain_text("€5.00")
    [returned] = console.call("cashier", "GET", f"/orders/{order}/returns")
    assert returned["status"] == "COMPLETED"
