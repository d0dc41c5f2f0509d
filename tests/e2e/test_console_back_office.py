"""The pages of the back office and the sign-in of the console in a real browser, on a deployed shop."""

import json
import re
import struct
import urllib.parse
import uuid
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3
from playwright.sync_api import expect

from tests.support.console import MUG, PATIENCE_MS, Console, complete, expect_sold, pay_by_card, scan
from till.users import DEMO_PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("console")]
ROOT = Path(__file__).parents[2]


def test_pages_need_no_horizontal_scrolling_at_200_percent(console: Console) -> None:
    tab = console.open("operator")
    # A zoom of 200 % of 1280 x 800.
    tab.set_viewport_size({"width": 640, "height": 400})
    wide = []
    for page in ("till", "returns", "orders", "stock", "cases"):
        tab.evaluate("route => { location.hash = `#/${route}` }", page)
        expect(tab.get_by_text("Loading…")).to_have_count(0)
        if tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(page)
    assert wide == []


def test_record_with_a_long_id_fits_a_phone(console: Console) -> None:
    case = f"{uuid.uuid4().hex}#{'Compensation' * 4}"
    opening = {"case_id": case, "business_id": "ord-1", "workflow": "OrderCheckout", "side": "forward"}
    opening |= {"step": "ReserveStock", "error": "InsufficientStock", "task_token": "none"}
    console.call("manager", "POST", "/cases", {"opening": opening, "decision": "done", "note": "a test"})
    tab = console.open("operator", f"cases/{urllib.parse.quote(case, safe='')}")
    tab.set_viewport_size({"width": 390, "height": 844})
    expect(tab.get_by_role("heading", name=case, level=1)).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


def test_cashier_is_refused_a_managers_page(console: Console) -> None:
    tab = console.open("cashier", "transfers")
    expect(tab.get_by_role("alert")).to_have_text("Your role does not allow this page.")
    expect(tab.get_by_role("link", name="Transfers")).to_have_count(0)


def test_order_page_shows_its_execution(console: Console) -> None:
    sku = console.create_product("Inspected", 5)
    tab = console.open("operator")
    scan(tab, sku)
    pay_by_card(tab)
    complete(tab)
    expect_sold(tab)
    order = json.loads(tab.evaluate("localStorage.getItem('tillflow.sale')"))["orderId"]
    tab.goto(f"{console.url}#/orders/{order}")
    expect(tab.get_by_role("heading", name=order, level=1)).to_be_visible()
    expect(tab.locator("execution-inspector text", has_text="PriceOrder").first).to_be_visible(
        timeout=PATIENCE_MS
    )


def _png(width: int, height: int) -> bytes:
    """Return a PNG of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x20\x80\x40" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_scanned_units_are_booked_as_a_count(console: Console) -> None:
    sku = console.create_product("Counted", 4)
    tab = console.open("manager", "counts")
    for _ in range(3):
        scan(tab, sku)
    expect(tab.get_by_label("Counted: Counted")).to_have_value("3")
    tab.set_viewport_size({"width": 390, "height": 844})
    # The table scrolls, not the page.
    width = "document.documentElement.scrollWidth"
    assert tab.evaluate(width) == 390
    tab.get_by_role("button", name="Book the count").click()
    expect(tab.get_by_role("cell", name="Booked", exact=True)).to_be_visible()
    [level] = console.call("manager", "GET", f"/stock?sku={sku}&location=store-1")["levels"]
    assert level["on_hand"] == 3


def test_units_found_where_none_is_on_hand_are_counted(console: Console) -> None:
    sku = console.create_product("Sold out", 1)
    lost = {"adjustment_id": uuid.uuid4().hex, "location": "store-1", "sku": sku, "currency": "EUR"}
    console.call("manager", "POST", "/stock/adjustments", {**lost, "quantity": -1, "reason": "broken"})
    tab = console.open("manager", "counts")
    scan(tab, sku)
    tab.get_by_role("button", name="Book the count").click()
    expect(tab.get_by_role("cell", name="Booked", exact=True)).to_be_visible()
    [level] = console.call("manager", "GET", f"/stock?sku={sku}&location=store-1")["levels"]
    assert (level["on_hand"], level["stock_value"]) == (1, 100)


def test_refused_form_keeps_what_was_typed_and_names_the_field(console: Console) -> None:
    tab = console.open("manager", "customers")
    tab.get_by_role("button", name="New customer").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Zoë")
    # The browser accepts it, the API does not.
    dialog.get_by_label("E-mail").fill("zoe@localhost")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("E-mail is zoe@localhost; expected ")
    expect(dialog.get_by_label("Name")).to_have_value("Zoë")


def test_errors_are_in_the_language_of_the_page(console: Console) -> None:
    tab = console.open("manager", "orders/ord-unknown")
    tab.get_by_label("Language").select_option("de")
    alert = tab.get_by_role("alert")
    expect(alert).to_contain_text("Diese Bestellung gibt es nicht.")
    expect(alert.get_by_text("does not exist")).to_be_hidden()
    alert.get_by_text("Einzelheiten (englisch)").click()
    expect(alert.get_by_text("order ord-unknown does not exist")).to_be_visible()


def test_uploaded_image_is_shown_with_its_thumbnail(console: Console) -> None:
    tab = console.open("manager", "images")
    form = tab.get_by_role("form", name="Upload")
    form.get_by_label("SKU").fill("MUG-WHT-300")
    name = f"{uuid.uuid4().hex}.png"
    form.get_by_label("Image file").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": _png(40, 30)}
    )
    form.get_by_role("button", name="Upload").click()
    expect(form.locator(".status").filter(has_text="Ready")).to_be_visible()
    for shown in (form, tab.get_by_role("cell")):
        thumbnail = shown.get_by_role("img", name=name)
        expect(thumbnail).to_have_attribute("src", re.compile(r"-128\.(jpg|webp)\?"))
        expect(thumbnail).to_have_js_property("complete", True)
        assert thumbnail.evaluate("image => image.naturalWidth") > 0


def test_rejected_image_is_explained_in_the_language_of_the_page(console: Console) -> None:
    tab = console.open("manager", "images")
    tab.get_by_label("Language").select_option("de")
    form = tab.get_by_role("form", name="Hochladen")
    form.get_by_label("Artikelnummer").fill("MUG-WHT-300")
    name = f"{uuid.uuid4().hex}.png"
    form.get_by_label("Bilddatei").set_input_files({"name": name, "mimeType": "image/png", "buffer": b"GIMP"})
    form.get_by_role("button", name="Hochladen").click()
    reason = "Die Datei beginnt mit 47 49 4d 50; angenommen werden JPEG, PNG, WebP"
    expect(form).to_contain_text(reason)
    tab.get_by_role("link", name="Quarantäne").click()
    expect(tab.get_by_role("row").filter(has_text=name)).to_contain_text(reason)


def test_manager_sets_the_rate_of_a_tax_class(console: Console) -> None:
    name, year = f"de-{uuid.uuid4().hex[:6]}", datetime.now(UTC).year + 1
    tab = console.open("manager", "settings")
    form = tab.get_by_role("form", name="Tax classes")
    form.get_by_label("Tax class").fill(name)
    form.get_by_label("Percent").fill("5,50")
    form.get_by_role("button", name="Save").click()
    row = tab.get_by_role("region", name="Tax classes").get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("5.5")
    form.get_by_label("Percent").fill("7")
    form.get_by_label("From the day on").fill(f"{year}-07-01")
    form.get_by_role("button", name="Save").click()
    expect(row).to_contain_text(f"7 from Jul 1, {year}")
    row.get_by_role("button", name=f"Retire {name}").click()
    expect(row).to_contain_text("Retired")
    row.get_by_role("button", name=f"Use again {name}").click()
    expect(row).not_to_contain_text("Retired")


def test_seller_is_printed_on_the_invoice(console: Console) -> None:
    tab = console.open("manager", "settings")
    street = f"{uuid.uuid4().hex[:6]} Test Street"
    tab.get_by_label("Street").fill(street)
    tab.get_by_role("button", name="Save").first.click()
    expect(tab.get_by_text("Done.")).to_be_visible()
    tab.goto(f"{console.url}#/till")
    scan(tab, MUG)
    pay_by_card(tab)
    complete(tab)
    expect_sold(tab)
    order = json.loads(tab.evaluate("localStorage.getItem('tillflow.sale')"))["orderId"]
    tab.goto(f"{console.url}#/orders/{order}")
    with tab.expect_popup() as opened:
        tab.get_by_role("button", name="Receipt as text").click()
    expect(opened.value.get_by_text(street)).to_be_visible()


def test_transfer_of_scanned_units_is_opened(console: Console) -> None:
    sku = console.create_product("Moved", 5)
    tab = console.open("manager", "transfers")
    tab.get_by_role("button", name="Open a transfer").click()
    form = tab.get_by_role("region", name="Open a transfer")
    form.get_by_label("To", exact=True).fill("warehouse")
    scan(tab, sku)
    expect(form.get_by_label(f"Quantity: {sku}")).to_have_value("1")
    form.get_by_label(f"Quantity: {sku}").fill("3")
    form.get_by_role("button", name="Open a transfer").click()
    tab.get_by_role("link", name="The transfer is opened").click()
    # At once: whether the workflow has reserved the goods by then does not matter.
    tab.get_by_role("button", name="Goods have left").click()
    expect(tab.locator(".status").filter(has_text="In transit")).to_be_visible()
    tab.get_by_role("button", name="Receive these units").click()
    expect(tab.locator(".status").filter(has_text="Closed")).to_be_visible()
    [level] = console.call("manager", "GET", f"/stock?sku={sku}&location=warehouse")["levels"]
    assert level["on_hand"] == 3


def test_operator_creates_a_user_and_refuses_the_sign_in(console: Console) -> None:
    tab = console.open("operator", "users")
    name = f"user-{uuid.uuid4().hex[:8]}"
    tab.get_by_role("button", name="New user").click()
    form = tab.get_by_role("form", name="New user")
    form.get_by_label("User").fill(name)
    form.get_by_label("First password").fill(DEMO_PASSWORD)
    form.get_by_role("button", name="Save").click()
    tab.get_by_label(f"Group: {name}").select_option("manager")
    expect(tab.get_by_label(f"Group: {name}")).to_have_value("manager")
    tab.get_by_role("button", name=f"Disable: {name}").click()
    expect(tab.get_by_role("button", name=f"Allow: {name}")).to_be_visible()
    [user] = [one for one in console.call("operator", "GET", "/users") if one["username"] == name]
    assert (user["group"], user["enabled"]) == ("manager", False)


@pytest.fixture
def hosted_sign_in(console: Console) -> Callable[[], dict[str, Any]]:
    """Sign in as the console does, without a browser; return the tokens."""

    def sign_in() -> dict[str, Any]:
        endpoint, client = console.shop.stack.endpoint, console.shop.outputs()["ConsoleClientId"]
        fields = {
            "client_id": client,
            "redirect_uri": console.url,
            "response_type": "code",
            "scope": "openid",
        }
        form = {**fields, "username": "manager", "password": DEMO_PASSWORD}
        page = _post_form(f"{endpoint}/login", form)
        query = urllib.parse.urlsplit(page.headers["location"]).query
        code = dict(urllib.parse.parse_qsl(query))["code"]
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": console.url}
        return _tokens(endpoint, {**grant, "client_id": client})

    return sign_in


def _post_form(url: str, fields: dict[str, str]) -> Any:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return urllib3.request("POST", url, body=urllib.parse.urlencode(fields), headers=headers, redirect=False)


def _tokens(endpoint: str, fields: dict[str, str]) -> dict[str, Any]:
    response = _post_form(f"{endpoint}/oauth2/token", fields)
    assert response.status == 200, response.data
    tokens: dict[str, Any] = response.json()
    return tokens


def test_renewed_token_has_the_scopes_of_the_first(
    console: Console, hosted_sign_in: Callable[[], dict[str, Any]]
) -> None:
    renewal = {"grant_type": "refresh_token", "refresh_token": hosted_sign_in()["refresh_token"]}
    client = console.shop.outputs()["ConsoleClientId"]
    renewed = _tokens(console.shop.stack.endpoint, {**renewal, "client_id": client})
    response = urllib3.request(
        "GET", f"{console.url}api/transfers", headers={"authorization": f"Bearer {renewed['access_token']}"}
    )
    assert response.status == 200


def test_client_cannot_ask_for_scopes_of_the_shop(console: Console) -> None:
    query = urllib.parse.urlencode(
        {
            "client_id": console.shop.outputs()["ConsoleClientId"],
            "response_type": "code",
            "scope": "openid shop/operate",
            "redirect_uri": console.url,
        }
    )
    response = urllib3.request(
        "GET", f"{console.shop.stack.endpoint}/oauth2/authorize?{query}", redirect=False
    )
    assert "error=" in response.headers.get("location", "")
