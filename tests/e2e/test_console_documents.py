"""The forms of a receipt in a real browser: PDF, mail by the shop, the mail program of the device."""

import base64
import json
import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.support.console import MUG, PATIENCE_MS, Console, complete, expect_sold, pay_by_card, scan

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("console")]
# Both are those of a local deployment.
SENDER = "shop@example.com"
ACCOUNT = "000000000000"


def sold_receipt(console: Console, context: BrowserContext | None = None) -> tuple[Page, str]:
    """Sell a mug with the seller set; return the tab with the receipt and the invoice's number."""
    seller = {
        "name": "Corner Shop",
        "street": f"{uuid.uuid4().hex[:6]} Street",
        "city": "Berlin",
        "country": "DE",
    }
    console.call("manager", "PUT", "/settings/seller", seller)
    tab = console.open("cashier", context=context)
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
    context = console.new_context()

    def without_sender(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "sends_mail": False})

    context.route("**/config.json", without_sender)
    tab, number = sold_receipt(console, context)
    session = tab.context.new_cdp_session(tab)
    session.send("Page.enable")
    opened: list[str] = []
    session.on("Page.frameRequestedNavigation", lambda event: opened.append(event["url"]))
    tab.get_by_role("button", name="Mail").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog).to_contain_text("This shop does not send mail by itself.")
    dialog.get_by_role("button", name="Open my mail program").click()
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not opened and time.monotonic() < deadline:
        tab.wait_for_timeout(20)
    address = urlsplit(opened[0])
    assert (address.scheme, address.path) == ("mailto", "")
    fields = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert fields["subject"] == f"Invoice {number}"
    assert "Corner Shop" in fields["body"]
    assert "12.50" in fields["body"]


def sent_mails(console: Console, address: str) -> list[dict[str, Any]]:
    """Return the mails that the emulator of SES has accepted for an address."""
    response = urllib3.request("GET", f"{console.shop.stack.endpoint}/_ministack/ses/messages")
    return [mail for mail in response.json()["messages"].get(ACCOUNT, []) if address in mail["To"]]


def mail_dialog(tab: Page, number: str, address: str) -> Locator:
    tab.get_by_role("button", name="Mail").click()
    dialog = tab.get_by_role("dialog", name=f"Mail {number}")
    # A sale without a customer needs an address.
    expect(dialog.get_by_role("button", name="Send")).to_be_disabled()
    dialog.get_by_label("E-mail address").fill(address)
    return dialog


def test_mail_arrives_with_the_pdf(console: Console) -> None:
    address = f"{uuid.uuid4().hex}@example.com"
    tab, number = sold_receipt(console)
    dialog = mail_dialog(tab, number, address)
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("status")).to_have_text("The mail is sent.")
    [mail] = sent_mails(console, address)
    assert (mail["Source"], mail["Subject"]) == (SENDER, f"Invoice {number} of Corner Shop")
    [attachment] = mail["Attachments"]
    assert attachment["ContentType"] == "application/pdf"
    link = console.call("cashier", "GET", f"/documents?number={number}&form=pdf")
    assert base64.b64decode(attachment["RawContent"]) == urllib3.request("GET", link["url"]).data


def test_sender_that_is_not_verified_is_named(console: Console) -> None:
    address = f"{uuid.uuid4().hex}@example.com"
    ses = console.shop.client("sesv2")
    tab, number = sold_receipt(console)
    dialog = mail_dialog(tab, number, address)
    ses.delete_email_identity(EmailIdentity=SENDER)
    try:
        with tab.expect_response("**/api/documents/mails") as response:
            dialog.get_by_role("button", name="Send").click()
        problem = response.value.json()
        assert (problem["status"], problem["title"]) == (409, "SenderNotVerified")
        assert f"sender {SENDER} (parameter MailSender) is not a verified identity" in problem["detail"]
        expect(dialog.get_by_role("alert")).to_contain_text("mail address is not verified")
        expect(dialog.get_by_role("button", name="Open my mail program")).to_be_enabled()
    finally:
        ses.create_email_identity(EmailIdentity=SENDER)
    # The refused mail is sent once the sender is verified.
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("status")).to_have_text("The mail is sent.")
    assert len(sent_mails(console, address)) == 1
