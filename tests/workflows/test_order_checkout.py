"""The checkout: every way an order can end, and the invariants of all tables after each."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from catalog.models import Product
from catalog.store import CatalogStore
from customers.models import Customer
from customers.store import CustomersStore
from inventory.models import ReceiptLine
from inventory.operations import StockOperations
from payments.credit.models import GrantCredit
from payments.credit.rows import customer_wallet
from payments.credit.wallets import Wallets
from payments.operations import GiftCardOperations
from tillflow.aws import client
from tillflow.fields import MAX_AMOUNT
from tillflow.gift_cards import hide_codes
from tillflow.money import Money

from audit.snapshot import journal_lines
from tests.support.checkout_workflow import (
    COMPENSATIONS,
    FORWARD,
    TOTAL,
    announced,
    captures,
    paid,
    rejected,
    sale,
    shop,
)
from tests.support.payments_fixture import any_customer
from till.demo.order_checkout import CASH, GIFT_CARD, card, order
from till.shop import CARDS, CURRENCY, LOCATION, MUG, SOLD_OUT
from verification.harness.faults import FOREVER, Fault
from verification.harness.fixture import WorkflowFixture, seed_stock, workflow_fixture

__all__ = ["shop"]  # fixtures


def test_card_sale_takes_eleven_transitions_and_seven_lambdas(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_visa")))
    paid(shop, run)
    assert run.path == FORWARD
    assert run.transitions == 11
    assert shop.services.invoked.total() == 7
    assert captures(shop) == [TOTAL]
    assert announced(shop) == ["OrderPaid"]


def test_customer_of_a_sale_is_checked_before_any_effect(shop: WorkflowFixture) -> None:
    CustomersStore(client("dynamodb"), "CustomersTable").create(
        Customer(customer_id="cus-1", name="Ada"), datetime(2026, 11, 23, tzinfo=UTC)
    )
    [run] = shop.run(sale(card("tok_visa"), customer_id="cus-1"))
    paid(shop, run)
    assert run.path[:4] == ["PriceOrder", "HasCustomer", "CheckCustomer", "OpenOrder"]


def test_unknown_customer_is_refused_without_effect(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_visa"), customer_id="cus-9"))
    assert (run.status, run.error) == ("FAILED", "UnknownCustomer")
    assert run.path[-1] == "OrderRejected"
    assert shop.snapshot().orders == {}
    assert shop.services.called.total() == 0


def test_number_of_transitions_does_not_depend_on_the_lines() -> None:
    with workflow_fixture() as shop:
        seed_stock(dict.fromkeys(CARDS[:150], 3))
        request = order(dict.fromkeys(CARDS[:150], 2), card("tok_visa"), order_id="ord-1")
        [run] = shop.run(request | {"placed_at": "2026-11-23T10:00:00Z"})
        paid(shop, run)
        assert run.transitions == 11
        assert shop.services.invoked.total() == 7
        assert len(shop.snapshot().sale_movements["ord-1"]) == 150


@pytest.mark.parametrize(("name", "lines"), [("Postcard", 490), ('"' * 120, 258)], ids=["short", "quotes"])
def test_largest_order_is_within_the_payload_of_each_step(name: str, lines: int) -> None:
    """Of short names, and of names in which every character has a backslash in JSON."""
    with workflow_fixture() as shop:
        seed_stock({CARDS[0]: lines})
        catalog = CatalogStore(client("dynamodb"), "CatalogTable")
        [product], *_ = catalog.list_products(1)
        catalog.put_product(product.model_copy(update={"name": name}))
        each = [{"sku": CARDS[0], "quantity": 1}]
        request = order({}, card("tok_visa"), order_id="ord-1", placed_at="2026-11-23T10:00:00Z")
        [run] = shop.run(request | {"lines": each * lines})
        paid(shop, run)
        [run] = shop.run(request | {"order_id": "ord-2", "lines": each * (lines * 11 // 10)})
        assert (run.path, run.error) == (["PriceOrder", "OrderRejected"], "InvalidOrder")


def test_reservations_of_many_lines_are_released_when_one_is_short() -> None:
    with workflow_fixture() as shop:
        seed_stock(dict.fromkeys(CARDS[:120], 3) | {SOLD_OUT: 0})
        request = order({**dict.fromkeys(CARDS[:120], 2), SOLD_OUT: 1}, card("tok_visa"), order_id="ord-1")
        [run] = shop.run(request | {"placed_at": "2026-11-23T10:00:00Z"})
        rejected(shop, run, "InsufficientStock")


def test_order_split_between_card_and_cash_is_paid(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_visa", 1000), CASH))
    paid(shop, run)
    assert captures(shop) == [1000]
    tenders = {tender["type"]: tender["captured"] for tender in shop.snapshot().tenders["ord-1"]}
    assert tenders == {"card": 1000, "cash": TOTAL - 1000}


def test_lines_of_one_sku_are_one_reservation(shop: WorkflowFixture) -> None:
    request = sale(card("tok_visa"))
    request["lines"] = [{"sku": MUG, "quantity": 6}, {"sku": MUG, "quantity": 5}]
    [run] = shop.run(request)
    rejected(shop, run, "InsufficientStock")


def test_declined_card_is_compensated_in_reverse_order(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_declined")))
    rejected(shop, run, "PaymentDeclined")
    assert run.compensated == [*COMPENSATIONS, "AnnounceRejection"]
    assert announced(shop) == ["OrderRejected"]


def test_decline_is_not_retried(shop: WorkflowFixture) -> None:
    shop.run(sale(card("tok_declined")))
    assert shop.services.invoked["AuthorisePaymentFunction"] == 1


def test_cardholder_who_confirms_at_the_bank_is_waited_for(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_action_required")))
    paid(shop, run)
    assert run.path[4:8] == ["AuthorisePayment", "AwaitCardholder", "AskCardholder", "HasConfirmed"]
    assert shop.services.invoked["AuthorisePaymentFunction"] == 3
    assert captures(shop) == [TOTAL]


def test_cardholder_who_never_confirms_is_waited_for_a_quarter_of_an_hour(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_action_abandoned")))
    rejected(shop, run, "CustomerActionRequired")
    assert shop.services.invoked["AuthorisePaymentFunction"] == 69
    waited = run.events[-1]["timestamp"] - run.events[0]["timestamp"]
    assert timedelta(minutes=15) <= waited < timedelta(minutes=16)
    assert shop.row("InventoryTable", f"LEVEL#store-1#{MUG}", "LEVEL")["available"] == 10


def test_decline_of_the_second_card_voids_the_first(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_visa", 1000), card("tok_declined")))
    rejected(shop, run, "PaymentDeclined")
    states = [tender["state"] for tender in shop.snapshot().tenders["ord-1"]]
    assert states[0] == "voided"


def test_order_with_one_line_out_of_stock_is_rejected(shop: WorkflowFixture) -> None:
    request = sale(card("tok_visa"))
    request["lines"].append({"sku": SOLD_OUT, "quantity": 1})
    [run] = shop.run(request)
    rejected(shop, run, "InsufficientStock")
    assert shop.services.invoked["AuthorisePaymentFunction"] == 0
    assert shop.row("InventoryTable", f"LEVEL#store-1#{MUG}", "LEVEL")["available"] == 10


def test_unknown_sku_is_refused_before_any_write(shop: WorkflowFixture) -> None:
    request = sale(card("tok_visa"))
    request["lines"].append({"sku": "NO-SUCH", "quantity": 1})
    [run] = shop.run(request)
    assert (run.status, run.error) == ("FAILED", "UnknownProduct")
    assert run.path == ["PriceOrder", "OrderRejected"]
    assert shop.snapshot().orders == {}


def test_gateway_timeout_before_the_effect_ends_paid(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_timeout_before_effect")))
    paid(shop, run)
    assert captures(shop) == [TOTAL]


def test_gateway_timeout_after_the_effect_charges_once(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_timeout_after_effect")))
    paid(shop, run)
    assert captures(shop) == [TOTAL]


def test_authorisation_with_a_lost_response_ends_paid(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_authorise_timeout_after_effect")))
    paid(shop, run)
    assert captures(shop) == [TOTAL]


def test_refused_capture_is_compensated(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_capture_refused")))
    rejected(shop, run, "CaptureRefused")
    assert captures(shop) == []


def test_capture_without_a_response_is_looked_up_and_paid(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_visa")), faults=[Fault("CapturePayment", "time_out_after", FOREVER)])
    paid(shop, run)
    assert "ResolveCapture" in run.path
    assert captures(shop) == [TOTAL]


def test_capture_that_was_not_applied_is_looked_up_and_compensated(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_visa")), faults=[Fault("CapturePayment", "time_out_before", FOREVER)])
    rejected(shop, run, "States.Timeout")
    assert captures(shop) == []


def test_capture_delivered_after_compensation_is_refused(shop: WorkflowFixture) -> None:
    [run] = shop.run(
        sale(card("tok_visa")), faults=[Fault("CapturePayment", "time_out_then_effect", FOREVER)]
    )
    rejected(shop, run, "States.Timeout")
    shop.apply_late_effects()
    assert captures(shop) == []
    assert shop.audit() == []


def test_reservation_delivered_after_compensation_is_refused(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_visa")), faults=[Fault("ReserveStock", "time_out_then_effect", FOREVER)])
    rejected(shop, run, "States.Timeout")
    shop.apply_late_effects()
    assert shop.audit() == []
    assert shop.row("InventoryTable", f"LEVEL#store-1#{MUG}", "LEVEL")["reserved"] == 0


def test_repeated_order_is_one_sale(shop: WorkflowFixture) -> None:
    first, second = shop.run(sale(card("tok_visa")), sale(card("tok_visa")))
    assert first.arn == second.arn
    paid(shop, first)
    assert captures(shop) == [TOTAL]
    [again] = shop.run(sale(card("tok_visa")))
    assert again.events == first.events
    assert announced(shop) == ["OrderPaid"]


def test_last_units_are_sold_once_each() -> None:
    with workflow_fixture() as shop:
        seed_stock({MUG: 20})
        orders = [
            order({MUG: 1}, card("tok_visa"), order_id=f"ord-{n}", placed_at="2026-11-23T10:00:00Z")
            for n in range(50)
        ]
        runs = shop.run(*orders)
        assert [run.status for run in runs].count("SUCCEEDED") == 20
        assert {run.error for run in runs if run.status == "FAILED"} == {"InsufficientStock"}
        assert shop.audit() == []
        assert shop.snapshot().counters == {"INV/store-1": 20}


def test_total_of_the_basket_is_the_constant() -> None:
    assert str(Money(TOTAL, "EUR")) == "43.90 EUR"


@pytest.mark.parametrize(
    "changes",
    [
        {"order_id": "other"},
        {"order_id": "a.b"},
        {"order_id": {}},
        {"placed_at": 0},
        {"placed_at": "0001-01-01T00:00:00+14:00"},
        {"placed_at": "2025-10-01T10:00:00Z"},
        {"placed_at": "2026-11-23T10:06:00Z"},
        {"placed_at": "2025-10-01T10:00:00Z", "started_at": "2025-10-01T10:00:00Z"},
        {"placed_at": "9999-12-31T23:59:59-12:00"},
        {"discounts": [{"percent": "1e-99999999"}]},
        {"lines": []},
        {"lines": [{"sku": MUG, "quantity": 1_000_001}]},
        {"lines": "all"},
        {"currency": "EURO"},
        {"customer_id": "a#b"},
        {"tenders": [{"type": "card", "token": "4242424242424242"}]},
        {"surprise": 1},
    ],
)
def test_invalid_order_is_refused_by_name_without_effect(
    shop: WorkflowFixture, changes: dict[str, Any]
) -> None:
    before = shop.snapshot().tables
    request = sale(card("tok_visa")) | changes
    result = shop.engine.finish(shop.engine.start(shop.machine, request, "ord-1"))
    assert (result.status, result.error) == ("FAILED", "InvalidOrder")
    assert shop.snapshot().tables == before


@pytest.mark.parametrize("request_", [[], None, "ord-1", 7, {}])
def test_input_that_is_not_an_order_is_refused_by_name(shop: WorkflowFixture, request_: Any) -> None:
    result = shop.engine.finish(shop.engine.start(shop.machine, request_, "ord-1"))
    assert result.status == "FAILED"
    assert result.error in ("InvalidOrder", "InvalidRequest")


def test_prices_times_quantities_beyond_15_digits_are_refused_before_any_effect(
    shop: WorkflowFixture,
) -> None:
    dear = Product(sku="DEAR", name="Dear", prices={"EUR": 999_999_999_999}, tax_class="standard")
    CatalogStore(client("dynamodb"), "CatalogTable").put_product(dear)
    request = sale({"type": "cash"}) | {"lines": [{"sku": "DEAR", "quantity": 1_000_000}]}
    result = shop.engine.finish(shop.engine.start(shop.machine, request, "ord-1"))
    assert (result.status, result.error) == ("FAILED", "InvalidOrder")
    assert "a total of at most 9999999999999.99 EUR" in str(result.cause)
    assert shop.snapshot().orders == {}


def test_sale_is_paid_by_gift_card_store_credit_and_cash(shop: WorkflowFixture) -> None:
    dynamodb = client("dynamodb")
    customer = Customer(customer_id="cus-1", name="Ada")
    CustomersStore(dynamodb, "CustomersTable").create(customer, datetime.now(UTC))
    paid_for = {"currency": "EUR", "reason": "test", "source": "cash"}
    wallets = Wallets(dynamodb, "PaymentsTable")
    grant = {**paid_for, "grant_id": "crd-1", "customer_id": "cus-1", "amount": 700}
    wallets.grant(GrantCredit.model_validate(grant), datetime.now(UTC))
    cards = GiftCardOperations(dynamodb, "PaymentsTable", any_customer)
    cards.issue({**paid_for, "code": GIFT_CARD, "amount": 1500})
    tenders = (
        {"type": "gift_card", "code": GIFT_CARD, "amount": 1000},
        {"type": "store_credit", "amount": 500},
        CASH,
    )
    [run] = shop.run(hide_codes(sale(*tenders, customer_id="cus-1")))
    paid(shop, run)
    assert cards.find(GIFT_CARD).balances == {"EUR": 500}
    assert wallets.balances(customer_wallet("cus-1")) == {"EUR": 200}
    lines = {line["account"]: line for line in journal_lines(shop.snapshot().entries["ord-1#sale"])}
    debits = {account: line["debit"] for account, line in lines.items() if line["debit"]}
    assert {"2110": 1000, "2100": 500, "1010": TOTAL - 1500}.items() <= debits.items()
    [cancelled] = shop.run({"order_id": "ord-1", "reason": "changed"}, workflow="OrderCancel")
    assert cancelled.output["status"] == "CANCELLED"
    assert shop.audit() == []
    assert cards.find(GIFT_CARD).balances == {"EUR": 1500}


def test_gift_card_without_enough_is_declined(shop: WorkflowFixture) -> None:
    GiftCardOperations(client("dynamodb"), "PaymentsTable", any_customer).issue(
        {"code": GIFT_CARD, "currency": "EUR", "amount": 100, "reason": "test", "source": "cash"}
    )
    [run] = shop.run(hide_codes(sale({"type": "gift_card", "code": GIFT_CARD})))
    rejected(shop, run, "PaymentDeclined")
    assert GIFT_CARD.replace("-", "")[8:] not in str(run.events)


@pytest.mark.parametrize("faults", [[], [Fault("CapturePayment", "time_out_after", FOREVER)]])
def test_free_order_is_a_sale_without_a_tender(shop: WorkflowFixture, faults: list[Fault]) -> None:
    [run] = shop.run(sale(discounts=[{"percent": "100"}]), faults=faults)
    paid(shop, run)
    assert run.output["total"] == 0
    assert shop.snapshot().invoices["ord-1"]["paid"] == 0


def test_cash_sale_in_francs_is_rounded_and_cancelled_to_the_unit(shop: WorkflowFixture) -> None:
    product = Product(sku="CHOC", name="Chocolate", prices={"CHF": 1252}, tax_class="standard")
    CatalogStore(client("dynamodb"), "CatalogTable").put_product(product)
    line = ReceiptLine(sku="CHOC", quantity=5, cost=2000)
    StockOperations(client("dynamodb"), "InventoryTable").receive("francs", LOCATION, [line], "CHF")
    [run] = shop.run(
        order({"CHOC": 1}, CASH, order_id="ord-1", placed_at="2026-11-23T10:00:00Z", currency="CHF")
    )
    paid(shop, run)
    assert run.output["total"] == 1250
    lines = journal_lines(shop.snapshot().entries["ord-1#sale"])
    assert {line["account"]: line["debit"] for line in lines if line["debit"]} == {
        "1010": 1250, "4300": 2, "5000": 400
    }  # fmt: skip
    [cancelled] = shop.run({"order_id": "ord-1", "reason": "changed"}, workflow="OrderCancel")
    assert cancelled.output["status"] == "CANCELLED"
    assert shop.audit() == []


def test_sale_whose_cost_cannot_be_posted_is_rejected_before_the_payment(shop: WorkflowFixture) -> None:
    stock = StockOperations(client("dynamodb"), "InventoryTable")
    for sku in ("GOLD", "ONYX"):
        product = Product(sku=sku, name=sku, prices={CURRENCY: 100}, tax_class="standard")
        CatalogStore(client("dynamodb"), "CatalogTable").put_product(product)
        stock.receive(sku, LOCATION, [ReceiptLine(sku=sku, quantity=1, cost=MAX_AMOUNT)], CURRENCY)
    sold = order({"GOLD": 1, "ONYX": 1}, CASH, order_id="ord-1", placed_at="2026-11-23T10:00:00Z")
    [run] = shop.run(sold)
    assert (run.status, run.error) == ("FAILED", "InvalidRequest")
    assert "a cost of at most" in str(run.cause)
    assert shop.snapshot().tenders == {}
    assert shop.audit() == []


def test_anonymised_customer_is_refused(shop: WorkflowFixture) -> None:
    customers = CustomersStore(client("dynamodb"), "CustomersTable")
    customers.create(Customer(customer_id="cus-1", name="Ada"), datetime.now(UTC))
    customers.anonymise("cus-1", datetime.now(UTC))
    [run] = shop.run(sale(card("tok_visa"), customer_id="cus-1"))
    assert (run.status, run.error) == ("FAILED", "CustomerAnonymised")
    assert shop.audit() == []
