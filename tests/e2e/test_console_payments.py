"""Gift cards, sales on account and cards whose holder has to confirm, at the till in a real browser."""

import json
import re
import uuid

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tillflow.gift_cards import new_code

from tests.support.console import MUG, PATIENCE_MS, Console, complete, expect_sold, pay, pay_by_card, scan

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]
BANK = re.compile(r"^https://sandbox\.invalid/confirm\?payment=")
CANCELLED = "The sale was cancelled; nothing is charged."


def issue_gift_card(console: Console, amount: int) -> str:
    code = new_code()
    card = {"code": code, "currency": "EUR", "amount": amount, "source": "cash"}
    console.call("manager", "POST", "/gift-cards", card)
    return code


def create_customer(console: Console, credit_limit: int) -> str:
    customer = f"cus-{uuid.uuid4().hex[:12]}"
    console.call("manager", "POST", "/customers", {"customer_id": customer, "name": "Ada on account"})
    if credit_limit:
        limit = {"credit_limit": credit_limit}
        console.call("manager", "PUT", f"/customers/{customer}/accounts/EUR", limit)
    return customer


def choose_gift_card(tab: Page, code: str) -> Locator:
    """Type the code of a gift card, as a scanner does; return the dialog of the payment."""
    dialog = tab.get_by_role("dialog", name="Payment")
    dialog.get_by_role("button", name="Gift card").click()
    field = dialog.get_by_label("Code of the gift card")
    expect(field).to_be_focused()
    tab.keyboard.type(code)
    tab.keyboard.press("Enter")
    return dialog


def choose_customer(tab: Page, place: Page | Locator, customer: str) -> None:
    place.get_by_role("button", name="Choose customer").click()
    dialog = tab.get_by_role("dialog", name="Choose customer")
    dialog.get_by_label("Filter by name or id").fill(customer)
    dialog.get_by_role("button", name=customer).click()


def stored_sale(tab: Page) -> str:
    sale: str = tab.evaluate("localStorage.getItem('tillflow.sale')")
    return sale


def test_gift_card_pays_a_part_and_survives_a_reload_in_the_middle(console: Console) -> None:
    code = issue_gift_card(console, 500)
    tab = console.open("cashier")
    scan(tab, MUG)
    pay(tab)
    dialog = choose_gift_card(tab, code)
    expect(tab.get_by_test_id("gift-card-balance")).to_have_text("€5.00")
    dialog.get_by_role("button", name="Pay €5.00 with the gift card").click()
    expect(tab.get_by_test_id("due")).to_have_text("€7.50")
    assert code.replace("-", "")[8:] not in stored_sale(tab).replace("-", "")
    tab.reload()
    console.sign_in(tab, "cashier")
    pay(tab)
    expect(tab.get_by_test_id("due")).to_have_text("€7.50")
    tab.get_by_role("dialog").get_by_role("button", name="Cash", exact=True).click()
    complete(tab)
    expect_sold(tab)
    expect(tab.get_by_role("article", name="Receipt")).to_contain_text("Gift card€5.00Cash€7.50")
    assert console.call("cashier", "POST", "/gift-cards/balance", {"code": code})["balances"] == {"EUR": 0}


def test_gift_card_that_was_spent_meanwhile_is_declined_and_keeps_the_basket(console: Console) -> None:
    code = issue_gift_card(console, 1250)
    tabs = [console.open("cashier"), console.open("cashier")]
    for tab in tabs:
        scan(tab, MUG)
        pay(tab)
        choose_gift_card(tab, code).get_by_role("button", name="Pay €12.50").click()
    complete(tabs[0])
    expect_sold(tabs[0])
    complete(tabs[1])
    refused = tabs[1].get_by_role("alert").filter(has_text="Payment declined")
    expect(refused).to_be_visible(timeout=PATIENCE_MS)
    choose_gift_card(tabs[1], code)
    expect(tabs[1].get_by_text("Nothing is left on this card.")).to_be_visible()
    tabs[1].get_by_role("button", name="€12.50", exact=True).click()
    complete(tabs[1])
    expect_sold(tabs[1])


def test_unknown_gift_card_is_refused_in_german(console: Console) -> None:
    tab = console.open("cashier")
    scan(tab, MUG)
    tab.get_by_label("Language").select_option("de")
    tab.get_by_role("button", name="Bezahlen", exact=True).click()
    dialog = tab.get_by_role("dialog", name="Zahlung")
    dialog.get_by_role("button", name="Geschenkkarte").click()
    field = dialog.get_by_label("Code der Geschenkkarte")
    field.fill(new_code())
    field.press("Enter")
    expect(dialog.get_by_text("Diese Geschenkkarte gibt es nicht. Den Code prüfen.")).to_be_visible()
    field.fill("123")
    field.press("Enter")
    expect(dialog.get_by_text("Der Code einer Geschenkkarte hat 24 Buchstaben und Ziffern.")).to_be_visible()


def test_customer_buys_on_account_up_to_the_limit(console: Console) -> None:
    customer = create_customer(console, 2000)
    for available, part, rest in (("€20.00", "€12.50", None), ("€7.50", "€7.50", "€5.00")):
        tab = console.open("cashier")
        scan(tab, MUG)
        pay(tab)
        payment = tab.get_by_role("dialog", name="Payment")
        payment.get_by_role("button", name="On account").click()
        choose_customer(tab, payment, customer)
        expect(tab.get_by_test_id("account-available")).to_have_text(available)
        if rest:
            expect(tab.get_by_text("Above the limit: €7.50 at most.")).to_be_visible()
        tab.get_by_role("button", name=f"{part} on account").click()
        if rest:
            expect(tab.get_by_test_id("due")).to_have_text(rest)
            tab.get_by_role("dialog").get_by_role("button", name="Cash", exact=True).click()
        complete(tab)
        expect_sold(tab)
        expect(tab.get_by_role("article", name="Receipt")).to_contain_text(f"On account{part}")
    account = console.call("manager", "GET", f"/customers/{customer}/accounts/EUR")
    assert (account["owed"], account["available"]) == (2000, 0)


def test_customer_without_a_limit_does_not_buy_on_account(console: Console) -> None:
    customer = create_customer(console, 0)
    tab = console.open("cashier")
    scan(tab, MUG)
    choose_customer(tab, tab, customer)
    pay(tab)
    tab.get_by_role("dialog").get_by_role("button", name="On account").click()
    expect(tab.get_by_text("This customer does not buy on account.")).to_be_visible()


def test_cardholder_who_confirms_gets_the_receipt(console: Console) -> None:
    tab = console.open("cashier")
    scan(tab, MUG)
    pay_by_card(tab, "tok_action_required")
    complete(tab)
    link = tab.get_by_role("link", name="Open the bank's page")
    expect(link).to_have_attribute("href", BANK)
    expect(tab.get_by_role("img", name="Code that opens the bank's page")).to_be_visible()
    expect(tab.get_by_text(re.compile(r"^14:\d\d left to confirm$"))).to_be_visible()
    expect_sold(tab)


def test_cashier_cancels_what_the_cardholder_does_not_confirm(console: Console) -> None:
    sku = console.create_product("Not confirmed", 5)
    tab = console.open("cashier")
    scan(tab, sku)
    pay_by_card(tab, "tok_action_abandoned")
    complete(tab)
    expect(tab.get_by_role("link", name="Open the bank's page")).to_be_visible()
    order = json.loads(stored_sale(tab))["orderId"]
    tab.reload()
    console.sign_in(tab, "cashier")
    expect(tab.get_by_role("link", name="Open the bank's page")).to_have_attribute("href", BANK)
    tab.get_by_role("button", name="Cancel the sale").click()
    expect(tab.get_by_text("The sale is being cancelled…")).to_be_visible()
    expect(tab.get_by_role("alert").filter(has_text=CANCELLED)).to_be_visible(timeout=PATIENCE_MS)
    pay(tab)
    tab.get_by_role("dialog").get_by_role("button", name="Cash", exact=True).click()
    complete(tab)
    expect_sold(tab)
    assert console.sold(sku) == 1
    # The same cancel again waits until the order is rejected, and with the end of the cancel it is cancelled.
    again = console.call(
        "cashier", "POST", f"/orders/{order}/cancel?wait=20", {"reason": "cancelled at the till"}
    )
    assert again["status"] in ("REJECTED", "CANCELLED")


def test_cardholder_who_never_confirms_is_a_refusal_with_a_sentence(console: Console) -> None:
    tab = console.open("cashier")
    problem = {"title": "CustomerActionRequired", "cashier_message": "The customer did not confirm in time."}

    def refuse(route: Route) -> None:
        route.fulfill(status=402, json=problem)

    tab.route("**/api/orders?*", refuse)
    scan(tab, MUG)
    pay_by_card(tab, "tok_action_abandoned")
    complete(tab)
    expect(tab.get_by_role("alert").filter(has_text="The customer did not confirm in time.")).to_be_visible()
    tab.get_by_label("Language").select_option("de")
    expect(tab.get_by_text("Der Kunde hat die Zahlung nicht rechtzeitig bestätigt.")).to_be_visible()


def test_register_that_the_api_refuses_is_marked_and_not_used(console: Console) -> None:
    tab = console.open("cashier")
    tab.get_by_text("Register settings").click()
    field = tab.get_by_label("Register", exact=True)
    field.fill("Till 1")
    field.blur()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(
        tab.get_by_text("Use letters, digits, dots, hyphens and underscores, without blanks.")
    ).to_be_visible()
    scan(tab, MUG)
    pay_by_card(tab)
    complete(tab)
    expect_sold(tab)
    expect(tab.get_by_role("article", name="Receipt")).to_contain_text("store-1 · till-1")


def test_page_that_cannot_be_loaded_leaves_a_sentence(console: Console) -> None:
    tab = console.open("manager")
    expect(tab.get_by_text("prices of")).to_be_visible()
    tab.context.set_offline(True)
    tab.get_by_role("link", name="Reports").click()
    expect(tab.get_by_role("alert").filter(has_text="This part could not be loaded.")).to_be_visible()
    tab.get_by_role("link", name="Till").click()
    expect(tab.get_by_role("combobox", name="Scan or search")).to_be_visible()
