"""Sales without a connection that a person has to settle, and the forms of a receipt, in a real browser."""

import json
import time
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from playwright.sync_api import Page, expect

from tests.support.console import (
    MUG,
    PATIENCE_MS,
    Console,
    complete,
    expect_sold,
    pay_by_card,
    scan,
    sell_offline,
)

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("console")]


def test_oversold_sale_opens_a_correction_and_a_case(console: Console) -> None:
    sku = console.create_product("Oversold", 1)
    tab = console.open("manager")
    expect(tab.get_by_text("prices of")).to_be_visible()
    tab.wait_for_load_state("networkidle")  # the file with the cash payment is fetched ahead
    tab.context.set_offline(True)
    sell_offline(tab, sku)
    refused = sell_offline(tab, sku)
    tab.context.set_offline(False)
    # The books have one unit: the first sale takes it.
    tab.get_by_role("button", name="1 sale to be sent").click()
    dialog = tab.get_by_role("dialog", name="Sales without a connection")
    expect(dialog).to_contain_text("Not enough in stock")
    dialog.get_by_role("button", name="Correct the stock and send").click()
    expect(dialog).to_contain_text("Everything is sent.")
    assert console.sold(sku) == 2
    movements = console.call("manager", "GET", f"/stock/movements?location=store-1&sku={sku}")["movements"]
    corrections = [(row["quantity"], row["reason"]) for row in movements if row["kind"] == "adjustment"]
    assert corrections == [(1, f"sold offline, order {refused}")]
    cases = console.open("operator", f"cases/oversold-{refused}")
    expect(cases.locator(".status").filter(has_text="Settled")).to_be_visible()
    expect(cases.get_by_text(f"stock corrected: 1 × {sku}")).to_be_visible()


def sold_receipt(console: Console) -> tuple[Page, str]:
    """Sell a mug with the seller set; return the tab with the receipt and the invoice's number."""
    seller = {
        "name": "Corner Shop",
        "street": f"{uuid.uuid4().hex[:6]} Street",
        "city": "Berlin",
        "country": "DE",
    }
    console.call("manager", "PUT", "/settings/seller", seller)
    tab = console.open("cashier")
    scan(tab, MUG)
    pay_by_card(tab)
    complete(tab)
    expect_sold(tab)
    order = json.loads(tab.evaluate("localStorage.getItem('tillflow.sale')"))["orderId"]
    return tab, console.call("cashier", "GET", f"/orders/{order}")["invoice_number"]


def test_receipt_is_a_pdf(console: Console) -> None:
    tab, number = sold_receipt(console)
    with tab.expect_response("**/api/documents?*") as response:
        tab.get_by_role("button", name="PDF").click()
    paper = urllib3.request("GET", response.value.json()["url"])
    assert (paper.status, paper.headers["content-type"]) == (200, "application/pdf")
    assert paper.data.startswith(b"%PDF-")
    assert parse_qs(urlsplit(response.value.url).query) == {"number": [number], "form": ["receipt"]}
    expect(tab.get_by_role("alert")).to_have_count(0)


def test_mail_button_hands_the_receipt_to_the_mail_program(console: Console) -> None:
    tab, number = sold_receipt(console)
    session = tab.context.new_cdp_session(tab)
    session.send("Page.enable")
    opened: list[str] = []
    session.on("Page.frameRequestedNavigation", lambda event: opened.append(event["url"]))
    tab.get_by_role("button", name="Mail").click()
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not opened and time.monotonic() < deadline:
        tab.wait_for_timeout(20)
    address = urlsplit(opened[0])
    assert (address.scheme, address.path) == ("mailto", "")
    fields = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert fields["subject"] == f"Invoice {number}"
    assert "Corner Shop" in fields["body"]
    assert "12.50" in fields["body"]
