"""Import of products and merge of customers on the pages of the back office, in a real browser."""

import uuid

import pytest
import urllib3
from playwright.sync_api import Locator, Page, expect

from tests.support.console import PATIENCE_MS, Console

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("console")]


def choose_file(tab: Page, content: str) -> Locator:
    """Choose a CSV file in the form of the import and check it; return the form's card."""
    card = tab.locator("details").filter(has_text="Import products from a CSV file")
    if card.get_attribute("open") is None:
        card.locator("summary").click()
    file = {"name": "products.csv", "mimeType": "text/csv", "buffer": content.encode()}
    card.get_by_label("CSV file", exact=True).set_input_files(file)
    card.get_by_role("button", name="Check the file").click()
    return card


def numbers(card: Locator) -> list[str]:
    """Return the counts of the shown report: rows, new, changed, unchanged, refused."""
    return card.get_by_role("table").first.locator("tbody td").all_inner_texts()


def test_products_are_imported_after_a_check_of_the_file(console: Console) -> None:
    name = uuid.uuid4().hex[:6].upper()
    tab = console.open("manager", "products")
    rows = [f"IMP-{name}-{number},Imported {name} {number},standard,1.50" for number in range(3)]
    content = "\n".join(["sku,name,tax_class,price:EUR", *rows, f"IMP-{name}-3,Imported,standard,-1"])
    card = choose_file(tab, content)
    expect(card.get_by_text("nothing is changed yet")).to_be_visible()
    assert numbers(card) == ["4", "3", "0", "0", "1"]
    problem = card.get_by_role("region", name="Problems").get_by_role("row").nth(1)
    expect(problem).to_contain_text(f"IMP-{name}-3")
    expect(problem).to_contain_text("price:EUR")
    expect(tab.get_by_role("cell", name=f"IMP-{name}-0")).to_have_count(0)

    card.get_by_role("button", name="Import 3 rows").click()
    expect(card.get_by_text("The import is complete.")).to_be_visible()
    assert numbers(card) == ["4", "3", "0", "0", "1"]
    assert console.call("manager", "GET", f"/products/IMP-{name}-2")["prices"] == {"EUR": 150}
    result = urllib3.request("GET", str(card.get_by_role("link", name="Result").get_attribute("href")))
    assert (result.status, result.data.count(b"created")) == (200, 3)
    # Another import starts with a check of its file.
    expect(card.get_by_role("button", name="rows", exact=False)).to_have_count(0)


def test_file_that_cannot_be_read_is_rejected(console: Console) -> None:
    tab = console.open("manager", "products")
    card = choose_file(tab, "sku,colour\nMUG-1,red\n")
    expect(card.get_by_text("The file is rejected")).to_be_visible()
    expect(card.get_by_role("region", name="Problems")).to_contain_text("colour")
    expect(card.get_by_role("button", name="Import")).to_have_count(0)


def test_cashier_sees_products_and_imports_none(console: Console) -> None:
    tab = console.open("cashier", "products")
    expect(tab.get_by_role("table")).to_be_visible()
    expect(tab.get_by_text("Import products")).to_have_count(0)


def test_customer_is_merged_into_another_one(console: Console) -> None:
    name = uuid.uuid4().hex[:8]
    survivor, merged = f"cus-{name}-a", f"cus-{name}-b"
    for customer, full_name in ((survivor, f"Grace {name}"), (merged, f"G. {name}")):
        console.call("manager", "POST", "/customers", {"customer_id": customer, "name": full_name})
    grant = {"grant_id": name, "currency": "EUR", "amount": 700, "reason": "a test"}
    console.call("manager", "POST", f"/customers/{merged}/credit", grant)
    tab = console.open("manager", f"customers/{merged}")
    form = tab.get_by_role("region", name="Merge into another customer")
    form.get_by_role("button", name="Choose the customer that remains").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Filter by name or id").fill(merged)
    dialog.get_by_role("button", name=merged).click()
    expect(form.get_by_role("alert")).to_have_text("Choose another customer than this one.")

    form.get_by_role("button", name="Choose another one").click()
    dialog.get_by_label("Filter by name or id").fill(survivor)
    dialog.get_by_role("button", name=survivor).click()
    expect(form).to_contain_text(f"G. {name} ({merged}) is merged into Grace {name} ({survivor}).")
    form.get_by_role("button", name="Merge permanently").click()
    expect(tab.get_by_text("This customer was merged")).to_be_visible()
    expect(form).to_have_count(0)
    expect(tab.get_by_role("button", name="Save")).to_be_disabled()

    # The page follows the workflow until credit and debts have moved.
    moved = tab.get_by_role("status").filter(
        has_text="Its credit, limits, debts, invoices and orders are with the"
    )
    expect(moved).to_be_visible(timeout=PATIENCE_MS)
    assert console.call("manager", "GET", f"/customers/{survivor}/credit")["balances"] == {"EUR": 700}

    tab.get_by_role("link", name=f"Show {survivor}").click()
    expect(tab.get_by_role("heading", name=f"Grace {name}", level=1)).to_be_visible()
