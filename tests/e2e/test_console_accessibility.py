"""axe on every page of the console in a real browser, on a deployed shop."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.console import MUG, PATIENCE_MS, Console, scan
from tools.node import install

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("console")]
ROOT = Path(__file__).parents[2]
# Lists whose rows link to a page of their own. A test fails when there is no row to follow.
WITH_RECORDS = {
    "orders", "invoices", "payments", "customers", "stock", "transfers", "purchases", "cases", "dead-letters",
    "executions",
}  # fmt: skip


@pytest.fixture(scope="session")
def axe() -> str:
    assert install(ROOT / "console") == 0
    return (ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.fixture
def records(console: Console) -> None:
    """Create a record of each kind that has a page."""
    name = uuid.uuid4().hex[:12]
    now = datetime.now(UTC).isoformat()
    console.call(
        "cashier",
        "POST",
        "/orders?wait=20",
        {
            "order_id": f"ord-{name}",
            "location": "store-1",
            "register": "till-1",
            "currency": "EUR",
            "placed_at": now,
            "lines": [{"sku": "MUG-WHT-300", "quantity": 1}],
            "tenders": [{"type": "cash"}],
        },
    )
    moved = {"currency": "EUR", "lines": [{"sku": "MUG-WHT-300", "quantity": 1}]}
    transfer = {"transfer_id": f"trf-{name}", "source": "store-1", "destination": "warehouse"}
    console.call("manager", "POST", "/transfers", {**transfer, **moved})
    supplier = {"supplier_id": f"sup-{name}", "name": "Supplier", "currency": "EUR", "account": "acct_ok"}
    console.call("manager", "POST", "/suppliers", {"supplier": supplier})
    ordered = {
        "currency": "EUR",
        "location": "store-1",
        "lines": [{"sku": "MUG-WHT-300", "quantity": 1, "unit_cost": 400}],
    }
    purchase = {"purchase_order_id": f"po-{name}", "suppliers": [{"supplier_id": f"sup-{name}"}]}
    console.call("manager", "POST", "/purchase-orders", {**purchase, **ordered})
    opening = {"case_id": f"case-{name}", "business_id": f"ord-{name}", "workflow": "OrderCheckout"}
    step = {"side": "forward", "step": "ReserveStock", "error": "InsufficientStock", "task_token": "none"}
    console.call(
        "manager", "POST", "/cases", {"opening": {**opening, **step}, "decision": "done", "note": "a test"}
    )
    console.shop.client("sqs").send_message(
        QueueUrl=console.shop.outputs()["DemandDeadLetterQueue"], MessageBody=json.dumps({"test": name})
    )


def open_page(tab: Page, address: str) -> None:
    tab.evaluate("address => { location.hash = address }", address)
    expect(tab.get_by_text("Loading…")).to_have_count(0, timeout=PATIENCE_MS)


def violations(tab: Page, axe: str) -> list[str]:
    tab.evaluate(axe)
    result: dict[str, Any] = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{one['id']}: {node['html'][:120]}" for one in result["violations"] for node in one["nodes"][:3]]


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_accessibility_violation(console: Console, axe: str, scheme: Any) -> None:
    tab = console.open("operator")
    tab.emulate_media(color_scheme=scheme)
    # The pages are those that the console itself links to, so that none is forgotten.
    links = tab.get_by_role("navigation").get_by_role("link")
    pages = [str(link.get_attribute("href")) for link in links.all()]
    pages += ["#/images/quarantine"]
    found: dict[str, list[str]] = {}
    followed: set[str] = set()
    for page in pages:
        # Cases of this test are settled.
        open_page(tab, f"{page}?status=RESOLVED" if page == "#/cases" else page)
        found[page] = violations(tab, axe)
        record = tab.locator("tbody td:first-child a").first
        if record.count():
            followed.add(page.removeprefix("#/"))
            open_page(tab, str(record.get_attribute("href")))
            found[f"{page}: record"] = violations(tab, axe)
    assert {page: ids for page, ids in found.items() if ids} == {}
    assert followed >= WITH_RECORDS


@pytest.mark.parametrize(
    ("page", "button"),
    [
        ("purchases", "Order goods"),
        ("transfers", "Open a transfer"),
        ("suppliers", "New supplier"),
        ("users", "New user"),
        ("customers", "New customer"),
    ],
)
def test_forms_have_no_accessibility_violation(console: Console, axe: str, page: str, button: str) -> None:
    tab = console.open("operator", page)
    tab.get_by_role("button", name=button).click()
    assert violations(tab, axe) == []


def test_sale_has_no_accessibility_violation(console: Console, axe: str) -> None:
    tab = console.open("operator")
    scan(tab, MUG)
    expect(tab.get_by_role("button", name="Pay", exact=True)).to_be_enabled()
    assert violations(tab, axe) == []
    tab.get_by_role("button", name="Pay", exact=True).click()
    assert violations(tab, axe) == []
