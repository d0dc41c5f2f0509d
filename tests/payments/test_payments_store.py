"""Tenders authorised, captured and reversed, with refusals, lost responses, repeated deliveries and crashes."""

import importlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from payments import rules
from payments.cash import Cash
from payments.errors import ReversalRefused
from payments.models import Authorise
from payments.store import PaymentsStore
from tillflow.errors import (
    CaptureRefused,
    DomainError,
    IdempotencyConflict,
    InvalidRequest,
    OrderClosed,
    PaymentDeclined,
    PaymentOutcomeUnknown,
    ProviderUnavailable,
)
from tillflow.store import key

from tests.support.interposed import Interposed
from tests.support.payments_fixture import NOW, SANDBOX_TABLE, PaymentsFixture, card, cash, credit, request


def test_second_open_changes_no_tender(dynamodb: Any, tables: str) -> None:
    """Also with more tenders than one transaction holds."""
    store = PaymentsStore(dynamodb, tables)
    opened = request(*[cash(1)] * 100)
    tenders = rules.opened_tenders(opened, lambda _: "cash")
    assert store.open(opened, tenders)
    store.record(store.tender("ord-1", 100), rules.AUTHORISED)
    assert not store.open(opened, tenders)
    assert store.tender("ord-1", 100).state == rules.AUTHORISED


def test_order_that_is_closed_while_it_is_opened_gets_no_further_tenders(dynamodb: Any, tables: str) -> None:
    """Its tenders are more than one transaction holds."""
    client = Interposed(dynamodb)
    client.before("transact_write_items", lambda: PaymentsStore(dynamodb, tables).close("ord-1"), nth=2)
    opened = request(*[cash(1)] * 100)
    store = PaymentsStore(client, tables)
    with pytest.raises(OrderClosed):
        store.open(opened, rules.opened_tenders(opened, lambda _: "cash"))
    assert store.find_tender("ord-1", 100) is None


def test_one_tender_is_written_without_transactions(dynamodb: Any, tables: str) -> None:
    client = Interposed(dynamodb)
    payments = PaymentsFixture(client, tables)
    payments.authorise(cash())
    assert payments.service.capture("ord-1")["captured"] == 100
    written = {name: client.calls[name] for name in ("put_item", "update_item", "transact_write_items")}
    assert written == {"put_item": 1, "update_item": 3, "transact_write_items": 0}
    assert [row["sk"] for row in payments.rows(tables)] == ["TENDER#1"]


def test_tenders_are_listed_by_type_and_present_state(dynamodb: Any, tables: str) -> None:
    payments = PaymentsFixture(dynamodb, tables)
    payments.authorise(cash(), order_id="ord-1")
    payments.authorise(cash(), card(), order_id="ord-2")
    payments.service.capture("ord-2")
    find = partial(payments.store.list_tenders, 9, "", between=None)
    captured = find(type=None, state="captured").rows
    assert {(tender.order_id, tender.tender_no, tender.captured) for tender in captured} == {
        ("ord-2", 1, 100),
        ("ord-2", 2, 900),
    }
    assert [tender.order_id for tender in find(type="cash", state="authorised").rows] == ["ord-1"]


def test_payment_opened_by_release_0_1_0_is_compared_and_captured(dynamodb: Any, tables: str) -> None:
    payments = PaymentsFixture(dynamodb, tables)
    payments.authorise(cash())
    first = key("ORDER#ord-1", "TENDER#1")
    opened = dynamodb.get_item(TableName=tables, Key=first)["Item"]
    row = key("ORDER#ord-1", "PAYMENT") | {"document": opened["document"]}
    dynamodb.put_item(TableName=tables, Item=row)
    dynamodb.update_item(TableName=tables, Key=first, UpdateExpression="REMOVE document")
    with pytest.raises(IdempotencyConflict):
        payments.authorise(cash(1))
    assert payments.service.capture("ord-1")["captured"] == 100


def test_split_tenders_are_authorised_then_captured(payments: PaymentsFixture) -> None:
    held = payments.authorise(cash(), card(), credit())
    assert held == {
        "order_id": "ord-1",
        "tenders": [
            {"tender_no": 1, "type": "cash", "amount": 100, "state": "authorised"},
            {"tender_no": 2, "type": "card", "amount": 900, "state": "authorised"},
            {"tender_no": 3, "type": "store_credit", "amount": 300, "state": "authorised"},
        ],
    }
    taken = payments.service.capture("ord-1")
    assert (taken["captured"], [t["state"] for t in taken["tenders"]]) == (1300, ["captured"] * 3)
    assert [t["tender_no"] for t in taken["tenders"]] == [1, 2, 3]
    payments.check_books()
    assert payments.authorise(cash(), card(), credit()) == held
    assert payments.service.capture("ord-1") == taken
    assert payments.card.calls == [("authorise", "ord-1#authorise#2"), ("capture", "ord-1#capture#2")]
    assert payments.balance() == 200


def test_more_tenders_than_a_transaction_holds_are_captured(payments: PaymentsFixture) -> None:
    tenders = [cash(1)] * 98 + [card(50)]
    assert len(payments.authorise(*tenders)["tenders"]) == 99
    assert payments.service.capture("ord-1")["captured"] == 148
    payments.check_books()


def test_order_without_tenders_is_captured(payments: PaymentsFixture) -> None:
    assert payments.authorise() == {"order_id": "ord-1", "tenders": []}
    assert payments.service.capture("ord-1") == {"order_id": "ord-1", "captured": 0, "tenders": []}


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (request(card(901)), "tender 1 is 'card_1 900', sent 'card_1 901'"),
        (request(card(900), cash(1)), "tender 2 is missing, sent 'cash 1'"),
        (request(card(900)).model_copy(update={"currency": "JPY"}), "currency is 'EUR', sent 'JPY'"),
        (request(card(900), customer_id="cus-2"), "customer_id is 'cus-1', sent 'cus-2'"),
    ],
)
def test_another_request_for_the_same_order_raises_idempotency_conflict(
    payments: PaymentsFixture, other: Authorise, difference: str
) -> None:
    payments.authorise(card(900))
    with pytest.raises(IdempotencyConflict, match=difference):
        payments.service.authorise(other)
    payments.check_books()


@pytest.mark.parametrize(
    ("tender", "reason"),
    [
        (card(token="tok_declined"), "card_declined"),
        (card(token="tok_insufficient_funds"), "insufficient_funds"),
        (card(token="tok_nobody_knows"), "no_such_card"),
        (credit(501), "insufficient_credit"),
    ],
)
def test_decline_names_the_reason_and_its_reversal_holds_no_money(
    payments: PaymentsFixture, tender: dict[str, Any], reason: str
) -> None:
    for _ in range(2):
        with pytest.raises(PaymentDeclined, match=reason) as refusal:
            payments.authorise(card(400), tender, cash())
        assert refusal.value.reason == reason
    assert payments.states() == ["authorised", "declined", "authorising"]
    payments.service.reverse("ord-1")
    assert payments.states() == ["voided", "declined", "voided"]
    payments.check_books()
    assert payments.balance() == 500


def test_store_credit_without_a_customer_is_declined(payments: PaymentsFixture) -> None:
    asked = request(credit()).model_copy(update={"customer_id": None})
    with pytest.raises(PaymentDeclined, match="no_customer"):
        payments.service.authorise(asked)


def test_capture_without_authorisation_is_refused(payments: PaymentsFixture) -> None:
    with pytest.raises(InvalidRequest, match="an order with authorised tenders"):
        payments.service.capture("ord-1")
    with pytest.raises(PaymentDeclined):
        payments.authorise(card(token="tok_declined"))
    with pytest.raises(CaptureRefused, match="card_declined"):
        payments.service.capture("ord-1")


def test_refused_capture_is_reversed_together_with_earlier_captures(payments: PaymentsFixture) -> None:
    payments.authorise(card(), card(token="tok_capture_refused"), credit(), cash())
    for _ in range(2):
        with pytest.raises(CaptureRefused, match="capture_refused"):
            payments.service.capture("ord-1")
    assert payments.states() == ["captured", "capture_refused", "authorised", "authorised"]
    response = payments.service.reverse("ord-1")
    assert [t["state"] for t in response["tenders"]] == ["refunded", "voided", "voided", "voided"]
    assert payments.service.reverse("ord-1") == response
    payments.check_books()
    assert payments.balance() == 500


def test_refused_void_does_not_prevent_the_others(payments: PaymentsFixture) -> None:
    payments.authorise(card(), card(token="tok_void_refused"), card(700), credit())
    for _ in range(2):
        with pytest.raises(ReversalRefused, match=r"tender 2 \(card, 9.00 EUR\): void_refused"):
            payments.service.reverse("ord-1")
        assert payments.states() == ["voided", "voiding", "voided", "voided"]
    assert payments.held_cards() == ["ord-1#authorise#2"]


def test_exception_in_one_reversal_does_not_prevent_the_others(payments: PaymentsFixture) -> None:
    payments.authorise(card(), card())

    def crash() -> None:
        raise RuntimeError("broken")

    payments.card.plans["void"] = [crash]
    with pytest.raises(RuntimeError):
        payments.service.reverse("ord-1")
    assert payments.states() == ["voiding", "voided"]
    payments.service.reverse("ord-1")
    payments.check_books()


# What the provider does to a call, and to the look-up that follows -> what the caller is told.
LOST: list[tuple[list[Any], list[Any], type[DomainError] | None]] = [
    (["after"], [], None),
    (["before"], [], ProviderUnavailable),
    (["down"], [], ProviderUnavailable),
    (["after"], ["before"], PaymentOutcomeUnknown),
    (["before"], ["down"], PaymentOutcomeUnknown),
]


@pytest.mark.parametrize("operation", ["authorise", "capture", "void", "refund"])
@pytest.mark.parametrize(("calls", "look_ups", "told"), LOST)
def test_lost_response_is_looked_up_and_the_effect_applied_once(
    payments: PaymentsFixture,
    operation: str,
    calls: list[Any],
    look_ups: list[Any],
    told: type[DomainError] | None,
) -> None:
    verbs: dict[str, Callable[[], Any]] = {
        "authorise": lambda: payments.authorise(card(), cash()),
        "capture": lambda: payments.service.capture("ord-1"),
        "void": lambda: payments.service.reverse("ord-1"),
        "refund": lambda: payments.service.reverse("ord-1"),
    }
    before = {"authorise": [], "capture": ["authorise"], "void": ["authorise"]}
    for step in before.get(operation, ["authorise", "capture"]):
        verbs[step]()
    payments.card.plans[operation] = list(calls)
    payments.card.plans["look_up"] = list(look_ups)
    if told is None:
        response = verbs[operation]()
    else:
        with pytest.raises(told, match=f"{operation} of tender 1"):
            verbs[operation]()
        payments.card.calls.clear()
        response = verbs[operation]()
        assert payments.card.calls[0] == ("look_up", f"ord-1#{operation}#1"), (
            "asked before anything is sent again"
        )
    assert verbs[operation]() == response
    payments.check_books()


@pytest.mark.parametrize(
    "token", ["tok_timeout_after_effect", "tok_duplicate", "tok_authorise_timeout_after_effect"]
)
def test_cards_with_lost_responses_charge_once(payments: PaymentsFixture, token: str) -> None:
    payments.authorise(card(token=token))
    assert payments.service.capture("ord-1")["captured"] == 900
    payments.check_books()


def test_capture_lost_before_its_effect_is_sent_again_under_its_key(
    payments: PaymentsFixture,
) -> None:
    payments.authorise(card(token="tok_timeout_before_effect"))
    with pytest.raises(ProviderUnavailable, match="capture of tender 1"):
        payments.service.capture("ord-1")
    not_yet = payments.service.resolve("ord-1")
    assert (not_yet["outcome"], not_yet["captured"]) == ("not_captured", 0)
    assert payments.service.capture("ord-1")["captured"] == 900
    sent = [key for operation, key in payments.card.calls if operation in ("authorise", "capture")]
    assert sent == ["ord-1#authorise#1", "ord-1#capture#1", "ord-1#capture#1"]
    payments.check_books()


def test_resolve_returns_the_outcome_and_applies_no_effect(payments: PaymentsFixture) -> None:
    assert payments.service.resolve("ord-1")["outcome"] == "not_captured"
    payments.authorise(card(), cash())
    assert payments.service.resolve("ord-1")["outcome"] == "not_captured"
    payments.card.plans["capture"] = ["after"]
    payments.card.plans["look_up"] = ["down", "down", "before"]
    with pytest.raises(PaymentOutcomeUnknown):
        payments.service.capture("ord-1")
    for _ in range(2):
        with pytest.raises(PaymentOutcomeUnknown, match="capture of tender 1 of order ord-1"):
            payments.service.resolve("ord-1")
    partly = payments.service.resolve("ord-1")
    assert (partly["outcome"], partly["captured"]) == ("not_captured", 900), "the cash is not taken yet"
    assert [operation for operation, _ in payments.card.calls].count("capture") == 1
    payments.service.capture("ord-1")
    complete = payments.service.resolve("ord-1")
    assert (complete["outcome"], complete["captured"]) == ("captured", 1000)
    payments.check_books()


@pytest.mark.parametrize("payments", ["sandbox"], indirect=True)
def test_card_number_is_not_stored(
    payments: PaymentsFixture, tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers = sample_handler(payments, tables, monkeypatch)
    event = sample("authorise_payment")
    event["tenders"][1]["token"] = "4111 1111 1111 1111"
    with pytest.raises(InvalidRequest, match=r"tenders\[1\].token is 'card number ending 1111'"):
        handlers.authorise_payment(event, SimpleNamespace(aws_request_id="r"))
    assert not any(
        "4111" in json.dumps(row) for table in (tables, SANDBOX_TABLE) for row in payments.rows(table)
    )


@pytest.mark.parametrize("payments", ["sandbox"], indirect=True)
def test_sample_events_are_processed(
    payments: PaymentsFixture, tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers = sample_handler(payments, tables, monkeypatch)
    payments.cards.store(sample("authorise_payment")["order_id"], [("card_2", "tok_visa")], NOW)

    def deliver(name: str) -> Any:
        return getattr(handlers, name)(sample(name), SimpleNamespace(aws_request_id="r"))

    assert [t["state"] for t in deliver("authorise_payment")["tenders"]] == ["authorised"] * 2
    asked = sum(tender["amount"] for tender in sample("authorise_payment")["tenders"])
    assert deliver("capture_payment")["captured"] == asked
    assert deliver("resolve_capture")["outcome"] == "captured"
    assert [t["state"] for t in deliver("reverse_payment")["tenders"]] == ["refunded"] * 2


def sample(name: str) -> Any:
    return json.loads((Path(__file__).parents[2] / "events" / f"{name}.json").read_text())


def sample_handler(payments: PaymentsFixture, table: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TABLE_NAME", table)
    monkeypatch.setenv("SANDBOX_TABLE_NAME", SANDBOX_TABLE)
    monkeypatch.setenv("PAYMENT_PROVIDERS", "card=sandbox")
    monkeypatch.setenv("STRIPE_SECRET", "stripe")
    monkeypatch.setenv("CARD_RETURN_URL", "")
    monkeypatch.setenv("CARDS_TABLE_NAME", table)
    handlers = importlib.import_module("payments.handlers")
    monkeypatch.setattr(handlers, "payments", payments.service)
    return handlers


def test_cash_is_not_looked_up() -> None:
    assert Cash().look_up("capture", "ord-1#capture#1", "ord-1#authorise#1") is None
