"""Forms of a record that another person has changed meanwhile: refused with its state, which the page then shows."""

import uuid
from datetime import UTC, datetime

import pytest
from cases.models import Opening
from cases.store import CasesStore
from playwright.sync_api import Page, expect

from tests.support.console import Console
from till.stack import find_stack

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("console")]


def focus(tab: Page) -> None:
    """Return to a window, as a person does who was in another one."""
    tab.evaluate("window.dispatchEvent(new Event('focus'))")


@pytest.fixture
def case(console: Console) -> str:
    """Open a case that no workflow waits for; return its id."""
    case_id = f"case-{uuid.uuid4().hex[:12]}"
    opening = {"case_id": case_id, "business_id": "ord-1", "workflow": "OrderCheckout", "side": "forward"}
    opening |= {"step": "ReserveStock", "error": "InsufficientStock", "task_token": "none"}
    stack = find_stack({"TILLFLOW_HOME": str(console.shop.folder.path)})
    CasesStore(stack.client("dynamodb"), stack.output("CasesTable")).open(Opening.model_validate(opening))
    return case_id


def decide(tab: Page, decision: str, note: str) -> None:
    tab.get_by_label(decision).check()
    tab.get_by_label("Note").fill(note)
    tab.get_by_role("button", name="Confirm").click()


def test_case_that_was_decided_in_another_tab_shows_its_decision(console: Console, case: str) -> None:
    late = console.open("operator", f"cases/{case}")
    late.get_by_label("Give up").check()
    late.get_by_label("Note").fill("too late")
    early = console.open("operator", f"cases/{case}")
    decide(early, "Done by hand", "counted by hand")
    expect(early.locator(".status").filter(has_text="Settled")).to_be_visible()
    late.get_by_role("button", name="Confirm").click()
    expect(late.get_by_role("alert")).to_contain_text("This case is already resolved.")
    expect(late.get_by_role("definition").filter(has_text="counted by hand")).to_be_visible()
    expect(late.get_by_role("definition").filter(has_text="operator")).to_be_visible()
    expect(late.get_by_role("button", name="Confirm")).to_have_count(0)


def test_case_is_read_again_when_the_person_returns(console: Console, case: str) -> None:
    tab = console.open("operator", f"cases/{case}")
    expect(tab.get_by_role("button", name="Confirm")).to_be_visible()
    console.call(
        "operator", "POST", f"/cases/{case}/decision", {"decision": "done", "note": "counted by hand"}
    )
    focus(tab)
    expect(tab.get_by_role("definition").filter(has_text="counted by hand")).to_be_visible()
    expect(tab.get_by_role("button", name="Confirm")).to_have_count(0)


def test_customer_that_another_person_saved_keeps_what_was_typed(console: Console) -> None:
    customer = f"cus-{uuid.uuid4().hex[:8]}"
    console.call("manager", "POST", "/customers", {"customer_id": customer, "name": "Ada"})
    tab = console.open("manager", f"customers/{customer}")
    tab.get_by_label("Phone").fill("030 123")
    console.call("manager", "PATCH", f"/customers/{customer}", {"name": "Ada Lovelace"})
    tab.get_by_role("button", name="Save").click()
    alert = tab.get_by_role("alert").filter(has_text="Somebody changed the customer in the meantime.")
    expect(alert).to_be_visible()
    expect(tab.get_by_role("heading", name="Ada Lovelace", level=1)).to_be_visible()
    expect(tab.get_by_label("Phone")).to_have_value("030 123")
    alert.get_by_role("button", name="Show the customer as it is now").click()
    expect(tab.get_by_label("Name")).to_have_value("Ada Lovelace")
    expect(tab.get_by_label("Phone")).to_have_value("")
    tab.get_by_label("Phone").fill("030 123")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("Done.")).to_be_visible()
    saved = console.call("manager", "GET", f"/customers/{customer}")
    assert (saved["name"], saved["phone"]) == ("Ada Lovelace", "030 123")


def test_order_that_was_cancelled_elsewhere_is_shown_as_such(console: Console) -> None:
    order_id = sell(console)
    tab = console.open("manager", f"orders/{order_id}")
    tab.get_by_role("button", name="Cancel the order").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("second thoughts")
    console.call("manager", "POST", f"/orders/{order_id}/cancel?wait=20", {"reason": "asked by telephone"})
    dialog.get_by_role("button", name="Confirm").click()
    expect(tab.get_by_role("definition").filter(has_text="asked by telephone")).to_be_visible()


def test_units_that_were_returned_elsewhere_are_no_longer_offered(console: Console) -> None:
    order_id = sell(console, quantity=2)
    tab = console.open("manager", f"returns/{order_id}")
    units = tab.get_by_label("Units returned: Mug, white, 300 ml")
    units.fill("2")
    returned = {
        "return_id": f"ret-{uuid.uuid4().hex}",
        "currency": "EUR",
        "lines": [
            {"line_no": 1, "sku": "MUG-WHT-300", "quantity": 1, "condition": "resell", "reason": "unwanted"}
        ],
    }
    console.call("manager", "POST", f"/orders/{order_id}/returns?wait=20", returned)
    tab.get_by_test_id("refund").click()
    expect(tab.get_by_role("alert")).to_be_visible()
    expect(tab.get_by_role("row").filter(has_text="Mug").locator("td.number").nth(1)).to_have_text("1")


def test_transfer_that_was_cancelled_elsewhere_is_shown_as_such(console: Console) -> None:
    sku = console.create_product("Moved", 5)
    transfer = f"trf-{uuid.uuid4().hex[:8]}"
    moved = {"transfer_id": transfer, "source": "store-1", "destination": "warehouse", "currency": "EUR"}
    console.call("manager", "POST", "/transfers", {**moved, "lines": [{"sku": sku, "quantity": 1}]})
    tab = console.open("manager", f"transfers/{transfer}")
    button = tab.get_by_role("button", name="Goods have left")
    expect(button).to_be_visible()
    console.call("manager", "POST", f"/transfers/{transfer}/cancel", {"reason": "not needed"})
    focus(tab)
    expect(tab.locator(".status").filter(has_text="Cancelled")).to_be_visible()
    expect(button).to_have_count(0)


def test_seller_that_another_person_set_is_not_overwritten(console: Console) -> None:
    seller = console.call("manager", "GET", "/settings/seller")
    tab = console.open("manager", "settings")
    street, city = f"{uuid.uuid4().hex[:6]} Test Street", f"City {uuid.uuid4().hex[:6]}"
    tab.get_by_label("Street").fill(street)
    console.call("manager", "PUT", "/settings/seller", {**seller, "city": city})
    save = tab.get_by_role("button", name="Save").first
    save.click()
    expect(tab.get_by_role("alert")).to_contain_text("The record has changed.")
    expect(tab.get_by_label("City")).to_have_value(city)
    expect(tab.get_by_label("Street")).to_have_value(street)
    save.click()
    expect(tab.get_by_text("Done.")).to_be_visible()
    saved = console.call("manager", "GET", "/settings/seller")
    assert (saved["street"], saved["city"]) == (street, city)
    console.call("manager", "PUT", "/settings/seller", seller)


def test_barcode_layout_that_another_person_set_is_not_removed(console: Console) -> None:
    before = console.call("manager", "GET", "/settings/barcode-layouts")["layouts"]
    tab = console.open("manager", "settings")
    form = tab.get_by_role("form", name="Labels with a price or weight")
    form.get_by_label("Prefix").fill("28")
    other = {"prefix": "29", "content": "weight", "item_digits": 5, "check_digit": False, "currency": None}
    console.call("manager", "PUT", "/settings/barcode-layouts", {"layouts": [*before, other]})
    form.get_by_role("button", name="Save").click()
    expect(tab.get_by_role("alert")).to_contain_text("The record has changed.")
    layouts = tab.get_by_role("region", name="Labels with a price or weight")
    expect(layouts.get_by_role("cell", name="29", exact=True)).to_be_visible()
    form.get_by_role("button", name="Save").click()
    expect(layouts.get_by_role("cell", name="28", exact=True)).to_be_visible()
    expect(layouts.get_by_role("cell", name="29", exact=True)).to_be_visible()
    console.call("manager", "PUT", "/settings/barcode-layouts", {"layouts": before})


def sell(console: Console, quantity: int = 1) -> str:
    order_id = f"ord-{uuid.uuid4().hex[:12]}"
    sale = {
        "order_id": order_id,
        "location": "store-1",
        "register": "till-1",
        "currency": "EUR",
        "placed_at": datetime.now(UTC).isoformat(),
        "lines": [{"sku": "MUG-WHT-300", "quantity": quantity}],
        "tenders": [{"type": "cash"}],
    }
    console.call("cashier", "POST", "/orders?wait=20", sale)
    return order_id
