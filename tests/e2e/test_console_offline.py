"""Sales without a connection that a person has to settle, and the forms of a receipt, in a real browser."""

import pytest
from playwright.sync_api import expect
from tillflow.gift_cards import new_code

from tests.support.console import (
    Console,
    complete,
    pay,
    scan,
    sell_offline,
)

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("console")]


def test_oversold_sale_opens_a_correction_and_a_case(console: Console) -> None:
    sku = console.create_product("Oversold", 1)
    tab = console.open("manager")
    expect(tab.get_by_text("Ready to sell without a connection")).to_be_visible()
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


def test_till_that_says_it_is_ready_sells_and_reopens_without_a_connection(console: Console) -> None:
    sku = console.create_product("First second", 5)
    tab = console.open("cashier")
    # At once: nothing else is waited for.
    expect(tab.get_by_text("Ready to sell without a connection")).to_be_visible()
    tab.context.set_offline(True)
    sell_offline(tab, sku)
    tab.reload()
    sell_offline(tab, sku)
    expect(tab.get_by_role("button", name="2 sales to be sent")).to_be_visible()


def test_till_without_all_its_files_takes_no_cash_without_a_connection(console: Console) -> None:
    sku = console.create_product("Half loaded", 5)
    context = console.new_context()
    context.route("**/assets/parts-*.js", lambda route: route.abort())
    tab = console.open("cashier", context=context)
    expect(tab.get_by_text("prices of")).to_be_visible()
    scan(tab, sku)
    button = tab.get_by_role("button", name="Pay", exact=True)
    expect(button).to_be_enabled()
    context.set_offline(True)
    expect(tab.get_by_role("alert")).to_contain_text("The till is still loading")
    expect(button).to_be_disabled()
    expect(tab.get_by_text("Ready to sell")).to_have_count(0)
    context.unroute("**/assets/parts-*.js")
    context.set_offline(False)
    expect(tab.get_by_text("Ready to sell without a connection")).to_be_visible()
    context.set_offline(True)
    pay(tab)
    expect(tab.get_by_role("dialog")).to_contain_text("stored here and sent later")


def test_gift_card_chosen_when_the_connection_is_lost_leaves_cash(console: Console) -> None:
    sku = console.create_product("Given away", 5)
    tab = console.open("cashier")
    expect(tab.get_by_text("Ready to sell without a connection")).to_be_visible()
    scan(tab, sku)
    pay(tab)
    tab.get_by_role("button", name="Gift card").click()
    expect(tab.get_by_label("Code of the gift card")).to_be_visible()
    tab.context.set_offline(True)
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_contain_text(
        "gift cards, store credit and accounts need a connection"
    )
    dialog.get_by_role("button", name="Cash", exact=True).click()
    complete(tab)
    expect(tab.get_by_role("article", name="Receipt")).to_contain_text("the invoice follows")
    tab.context.set_offline(False)
    tab.get_by_role("button", name="Next sale").click()
    expect(tab.get_by_role("button", name="sale to be sent")).to_have_count(0)
    assert console.sold(sku) == 1


def test_added_gift_card_is_not_charged_without_a_connection(console: Console) -> None:
    code = new_code()
    console.call(
        "manager", "POST", "/gift-cards", {"code": code, "currency": "EUR", "amount": 300, "source": "cash"}
    )
    sku = console.create_product("Given away", 5)
    tab = console.open("cashier")
    expect(tab.get_by_text("Ready to sell without a connection")).to_be_visible()
    scan(tab, sku)
    pay(tab)
    tab.get_by_role("button", name="Gift card").click()
    tab.get_by_label("Code of the gift card").fill(code)
    tab.get_by_role("button", name="Show the balance").click()
    tab.get_by_role("button", name="with the gift card").click()
    tab.context.set_offline(True)
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_contain_text("Not charged: Gift card €3.00")
    expect(dialog.get_by_test_id("due")).to_have_text("€5.00")
    # The connection is back before cash is taken: the gift card pays its part.
    tab.context.set_offline(False)
    expect(dialog.get_by_test_id("due")).to_have_text("€2.00")
