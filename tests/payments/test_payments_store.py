"""Tenders authorised, captured and reversed: refused, lost, late, twice, and dying at every call."""

import importlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from payments import rules
from payments.cash import Cash
from payments.errors import CaptureRefused, PaymentDeclined, ReversalRefused
from payments.models import Tender
from payments.store import PaymentsStore
from tillflow.errors import (
    DomainError,
    InvalidRequest,
    OrderClosed,
    PaymentOutcomeUnknown,
    ProviderUnavailable,
    StoreContention,
)

from tests.support.interposed import Died, Interposed, Mortal, TakingTurns
from tests.support.payments_desk import SANDBOX_TABLE, Desk, card, cash, credit, request


@pytest.fixture
def tables(dynamodb: Any, table: str) -> str:
    empty(dynamodb, SANDBOX_TABLE)
    return table


def empty(dynamodb: Any, table: str) -> None:
    if table in dynamodb.list_tables()["TableNames"]:
        dynamodb.delete_table(TableName=table)
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
    )


@pytest.fixture
def desk(dynamodb: Any, tables: str) -> Desk:
    opened = Desk(dynamodb, tables)
    opened.credit.grant("grant-1", "cus-1", "EUR", 500)
    return opened


def test_opening_again_leaves_every_tender_as_it_is_by_now(dynamodb: Any, tables: str) -> None:
    """Of more tenders than one transaction holds, too."""
    store = PaymentsStore(dynamodb, tables)
    tenders = [Tender("ord-1", number, "cash", 1, "EUR", rules.AUTHORISING) for number in range(1, 121)]
    assert store.open("ord-1", tenders)
    store.record(store.tender("ord-1", 120), rules.AUTHORISED)
    assert not store.open("ord-1", tenders)
    assert store.tender("ord-1", 120).state == rules.AUTHORISED


def test_split_tenders_are_held_then_taken(desk: Desk) -> None:
    held = desk.authorise(cash(), card(), credit())
    assert held == {
        "order_id": "ord-1",
        "tenders": [
            {"tender_no": 1, "type": "cash", "amount": 100, "state": "authorised"},
            {"tender_no": 2, "type": "card", "amount": 900, "state": "authorised"},
            {"tender_no": 3, "type": "store_credit", "amount": 300, "state": "authorised"},
        ],
    }
    taken = desk.payments.capture("ord-1")
    assert (taken["captured"], [t["state"] for t in taken["tenders"]]) == (1300, ["captured"] * 3)
    assert [t["tender_no"] for t in taken["tenders"]] == [1, 2, 3]
    desk.agree()
    assert desk.authorise(cash(), card(), credit()) == held
    assert desk.payments.capture("ord-1") == taken
    assert desk.card.calls == [("authorise", "ord-1#authorise#2"), ("capture", "ord-1#capture#2")]
    assert desk.credit.balance("cus-1", "EUR") == 200


def test_more_tenders_than_a_transaction_holds(desk: Desk) -> None:
    tenders = [cash(1)] * 98 + [card(5)]
    assert len(desk.authorise(*tenders)["tenders"]) == 99
    assert desk.payments.capture("ord-1")["captured"] == 103
    desk.agree()


def test_an_order_with_nothing_to_pay(desk: Desk) -> None:
    assert desk.authorise() == {"order_id": "ord-1", "tenders": []}
    assert desk.payments.capture("ord-1") == {"order_id": "ord-1", "captured": 0, "tenders": []}


def test_other_tenders_under_the_same_order_are_refused(desk: Desk) -> None:
    desk.authorise(card(900))
    with pytest.raises(InvalidRequest, match="the tenders first sent for the order"):
        desk.authorise(card(901))
    desk.agree()


@pytest.mark.parametrize(
    ("tender", "reason"),
    [
        (card(token="tok_declined"), "card_declined"),
        (card(token="tok_insufficient_funds"), "insufficient_funds"),
        (card(token="tok_nobody_knows"), "no_such_card"),
        (credit(501), "insufficient_credit"),
    ],
)
def test_a_decline_names_the_reason_and_its_reversal_leaves_nothing(
    desk: Desk, tender: dict[str, Any], reason: str
) -> None:
    for _ in range(2):
        with pytest.raises(PaymentDeclined, match=reason) as refusal:
            desk.authorise(card(400), tender, cash())
        assert refusal.value.reason == reason
    assert desk.states() == ["authorised", "declined", "authorising"]
    desk.payments.reverse("ord-1")
    assert desk.states() == ["voided", "declined", "voided"]
    desk.agree()
    assert desk.credit.balance("cus-1", "EUR") == 500


def test_store_credit_wants_a_customer(desk: Desk) -> None:
    asked = request(credit()).model_copy(update={"customer_id": None})
    with pytest.raises(PaymentDeclined, match="no_customer"):
        desk.payments.authorise(asked)


def test_capture_of_what_was_not_authorised_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidRequest, match="an order with authorised tenders"):
        desk.payments.capture("ord-1")
    with pytest.raises(PaymentDeclined):
        desk.authorise(card(token="tok_declined"))
    with pytest.raises(CaptureRefused, match="card_declined"):
        desk.payments.capture("ord-1")


def test_a_refused_capture_after_another_was_taken_gives_that_one_back(desk: Desk) -> None:
    desk.authorise(card(), card(token="tok_capture_refused"), credit(), cash())
    for _ in range(2):
        with pytest.raises(CaptureRefused, match="capture_refused"):
            desk.payments.capture("ord-1")
    assert desk.states() == ["captured", "capture_refused", "authorised", "authorised"]
    answer = desk.payments.reverse("ord-1")
    assert [t["state"] for t in answer["tenders"]] == ["refunded", "voided", "voided", "voided"]
    assert desk.payments.reverse("ord-1") == answer
    desk.agree()
    assert desk.credit.balance("cus-1", "EUR") == 500


def test_one_refused_void_does_not_stop_the_others(desk: Desk) -> None:
    desk.authorise(card(), card(token="tok_void_refused"), card(700), credit())
    for _ in range(2):
        with pytest.raises(ReversalRefused, match=r"tender 2 \(card, 900 EUR in minor units\): void_refused"):
            desk.payments.reverse("ord-1")
        assert desk.states() == ["voided", "voiding", "voided", "voided"]
    held = [row["reference"] for row in desk.rows(SANDBOX_TABLE) if row.get("state") == "held"]
    assert held == ["auth-ord-1#authorise#2"]


def test_a_crash_in_one_reversal_does_not_stop_the_others(desk: Desk) -> None:
    desk.authorise(card(), card())

    def crash() -> None:
        raise RuntimeError("broken")

    desk.card.plans["void"] = [crash]
    with pytest.raises(RuntimeError):
        desk.payments.reverse("ord-1")
    assert desk.states() == ["voiding", "voided"]
    desk.payments.reverse("ord-1")
    desk.agree()


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
def test_a_lost_answer_is_looked_up_and_the_effect_happens_once(
    desk: Desk, operation: str, calls: list[Any], look_ups: list[Any], told: type[DomainError] | None
) -> None:
    verbs: dict[str, Callable[[], Any]] = {
        "authorise": lambda: desk.authorise(card(), cash()),
        "capture": lambda: desk.payments.capture("ord-1"),
        "void": lambda: desk.payments.reverse("ord-1"),
        "refund": lambda: desk.payments.reverse("ord-1"),
    }
    before = {"authorise": [], "capture": ["authorise"], "void": ["authorise"]}
    for step in before.get(operation, ["authorise", "capture"]):
        verbs[step]()
    desk.card.plans[operation] = list(calls)
    desk.card.plans["look_up"] = list(look_ups)
    if told is None:
        answer = verbs[operation]()
    else:
        with pytest.raises(told, match=f"{operation} of tender 1"):
            verbs[operation]()
        desk.card.calls.clear()
        answer = verbs[operation]()
        assert desk.card.calls[0] == ("look_up", f"ord-1#{operation}#1"), (
            "asked before anything is sent again"
        )
    assert verbs[operation]() == answer
    desk.agree()


@pytest.mark.parametrize(
    "token", ["tok_timeout_after_effect", "tok_duplicate", "tok_authorise_timeout_after_effect"]
)
def test_test_cards_whose_answer_is_lost_charge_once(desk: Desk, token: str) -> None:
    desk.authorise(card(token=token))
    assert desk.payments.capture("ord-1")["captured"] == 900
    desk.agree()


def test_a_capture_that_timed_out_before_its_effect_is_sent_again_under_its_key(desk: Desk) -> None:
    desk.authorise(card(token="tok_timeout_before_effect"))
    with pytest.raises(ProviderUnavailable, match="capture of tender 1"):
        desk.payments.capture("ord-1")
    not_yet = desk.payments.resolve("ord-1")
    assert (not_yet["outcome"], not_yet["captured"]) == ("not_captured", 0)
    assert desk.payments.capture("ord-1")["captured"] == 900
    calls = {row["pk"]: row["calls"] for row in desk.rows(SANDBOX_TABLE) if row["sk"] == "CALLS"}
    assert calls == {"CALLS#ord-1#authorise#1": 1, "CALLS#ord-1#capture#1": 2}
    desk.agree()


def test_resolving_tells_what_the_provider_knows_and_sends_nothing(desk: Desk) -> None:
    assert desk.payments.resolve("ord-1")["outcome"] == "not_captured"
    desk.authorise(card(), cash())
    assert desk.payments.resolve("ord-1")["outcome"] == "not_captured"
    desk.card.plans["capture"] = ["after"]
    desk.card.plans["look_up"] = ["down", "down", "before"]
    with pytest.raises(PaymentOutcomeUnknown):
        desk.payments.capture("ord-1")
    for _ in range(2):
        with pytest.raises(PaymentOutcomeUnknown, match="capture of tender 1 of order ord-1"):
            desk.payments.resolve("ord-1")
    partly = desk.payments.resolve("ord-1")
    assert (partly["outcome"], partly["captured"]) == ("not_captured", 900), "the cash is not taken yet"
    assert [operation for operation, _ in desk.card.calls].count("capture") == 1
    desk.payments.capture("ord-1")
    complete = desk.payments.resolve("ord-1")
    assert (complete["outcome"], complete["captured"]) == ("captured", 1000)
    desk.agree()


def test_nothing_to_reverse_is_success_and_closes_the_order(desk: Desk) -> None:
    assert desk.payments.reverse("ord-1") == {"order_id": "ord-1", "tenders": []}
    with pytest.raises(OrderClosed, match="ord-1 is closed; authorise"):
        desk.authorise(card())
    with pytest.raises(OrderClosed, match="ord-1 is closed; capture"):
        desk.payments.capture("ord-1")
    assert desk.card.calls == []


def test_late_deliveries_after_a_reversal_are_refused(desk: Desk) -> None:
    desk.authorise(card())
    desk.payments.reverse("ord-1")
    desk.card.calls.clear()
    with pytest.raises(OrderClosed):
        desk.authorise(card())
    with pytest.raises(OrderClosed):
        desk.payments.capture("ord-1")
    assert desk.card.calls == []
    desk.agree()


def test_an_order_reversed_while_it_is_authorised_leaves_no_hold(desk: Desk) -> None:
    desk.card.plans["authorise"] = [lambda: desk.payments.reverse("ord-1")]
    with pytest.raises(OrderClosed):
        desk.authorise(card())
    assert desk.states() == ["voided"]
    desk.agree()


def test_an_order_reversed_while_it_is_captured_keeps_nothing(desk: Desk) -> None:
    desk.authorise(card())
    desk.card.plans["capture"] = [lambda: desk.payments.reverse("ord-1")]
    with pytest.raises(OrderClosed):
        desk.payments.capture("ord-1")
    assert desk.states() == ["voided"]
    desk.agree()


def test_a_hold_whose_answer_was_lost_is_found_and_let_go(desk: Desk) -> None:
    desk.card.plans["authorise"] = ["after"]
    desk.card.plans["look_up"] = ["down"]
    with pytest.raises(PaymentOutcomeUnknown):
        desk.authorise(card())
    desk.payments.reverse("ord-1")
    assert [operation for operation, _ in desk.card.calls[2:]] == ["look_up", "void"]
    desk.agree()


def test_a_capture_whose_answer_was_lost_is_found_and_refunded_without_trying_to_void(desk: Desk) -> None:
    desk.authorise(card())
    desk.card.plans["capture"] = ["after"]
    desk.card.plans["look_up"] = ["down"]
    with pytest.raises(PaymentOutcomeUnknown):
        desk.payments.capture("ord-1")
    desk.card.calls.clear()
    desk.payments.reverse("ord-1")
    assert [operation for operation, _ in desk.card.calls] == ["look_up", "refund"]
    desk.agree()


def test_a_reversal_that_only_got_as_far_as_its_tombstone_stops_a_capture_under_way(
    dynamodb: Any, tables: str
) -> None:
    desk = Desk(Interposed(dynamodb), tables)
    desk.authorise(card())
    desk.client.before("transact_write_items", lambda: PaymentsStore(dynamodb, tables).close("ord-1"))
    with pytest.raises(OrderClosed):
        desk.payments.capture("ord-1")
    assert [operation for operation, _ in desk.card.calls] == ["authorise"]


def test_a_capture_that_arrives_between_look_up_and_void_is_refunded(desk: Desk) -> None:
    desk.authorise(card())
    desk.card.plans["capture"] = ["before"]
    with pytest.raises(ProviderUnavailable):
        desk.payments.capture("ord-1")
    late = ("ord-1#capture#1", "auth-ord-1#authorise#1", 900)
    desk.card.plans["void"] = [lambda: desk.sandbox.capture(*late)]
    assert desk.payments.reverse("ord-1")["tenders"][0]["state"] == "refunded"
    desk.agree()


def test_more_than_authorised_is_never_recorded(desk: Desk) -> None:
    desk.authorise(card(900))
    tender = desk.store.begin_capture(desk.store.tender("ord-1", 1))
    with pytest.raises(StoreContention):
        desk.store.record(tender, rules.CAPTURED, captured=901)
    taken = desk.store.record(tender, rules.CAPTURED, captured=900)
    back = desk.store.record(taken, rules.REFUNDING)
    with pytest.raises(StoreContention):
        desk.store.record(back, rules.REFUNDED, refunded=901)
    assert (desk.store.tender("ord-1", 1).captured, desk.store.tender("ord-1", 1).refunded) == (900, 0)


def test_dying_before_any_call_and_being_delivered_again_ends_the_same(dynamodb: Any, tables: str) -> None:
    flows: dict[str, list[Callable[[Desk], Any]]] = {
        "captured": [hold, take],
        "refunded": [hold, take, give_back],
        "voided": [hold, give_back],
        # Refunded when the capture was applied before the death, voided when not.
        "refunded or voided": [hold, partly_take, give_back],
    }
    deaths = 0
    for ending, flow in flows.items():
        for moment in range(1, 100):
            for table in (tables, SANDBOX_TABLE):
                empty(dynamodb, table)
            Desk(dynamodb, tables).credit.grant("grant-1", "cus-1", "EUR", 10)
            desk = Desk(Mortal(dynamodb, moment), tables)
            for step in flow:
                deliver_until_it_lives(desk, step)
            lived, desk.client.dies_before = desk.client.dies_before, None
            assert set(desk.states()) <= set(ending.split(" or ")), (ending, moment)
            assert desk.credit.balance("cus-1", "EUR") == (7 if ending == "captured" else 10)
            desk.agree()
            if lived:
                break
            deaths += 1
        assert lived, f"{ending}: more calls than were tried"
    assert deaths > 50


def hold(desk: Desk) -> None:
    desk.authorise(card(9), credit(3))


def take(desk: Desk) -> None:
    desk.payments.capture("ord-1")


def partly_take(desk: Desk) -> None:
    desk.card.plans["capture"] = ["after"]
    desk.card.plans["look_up"] = ["down"]
    with pytest.raises(PaymentOutcomeUnknown):
        desk.payments.capture("ord-1")


def give_back(desk: Desk) -> None:
    desk.payments.reverse("ord-1")


def deliver_until_it_lives(desk: Desk, step: Callable[[Desk], None]) -> None:
    try:
        step(desk)
    except Died:
        step(desk)


def test_captures_and_reversals_at_once_end_one_way(dynamodb: Any, tables: str) -> None:
    desk = Desk(TakingTurns(dynamodb), tables)
    desk.credit.grant("grant-1", "cus-1", "EUR", 30)
    orders = [f"ord-{number}" for number in range(8)]
    for order in orders:
        desk.authorise(card(9), credit(3), order_id=order)

    def take_until_told(order: str) -> None:
        for _ in range(20):
            try:
                desk.payments.capture(order)
                return
            except (OrderClosed, CaptureRefused):
                return
            except (StoreContention, ProviderUnavailable):
                continue

    def give_back_until_done(order: str) -> None:
        for _ in range(20):
            try:
                desk.payments.reverse(order)
                return
            except (StoreContention, ProviderUnavailable):
                continue

    with ThreadPoolExecutor(16) as tills:
        for order in orders:
            tills.submit(take_until_told, order)
            tills.submit(give_back_until_done, order)
            tills.submit(take_until_told, order)
    for order in orders:
        assert set(desk.states(order)) <= {"voided", "refunded"}
    desk.agree(*orders)
    assert desk.credit.balance("cus-1", "EUR") == 30


def test_two_tills_cannot_spend_one_store_credit_twice(dynamodb: Any, tables: str) -> None:
    desk = Desk(TakingTurns(dynamodb), tables)
    for _ in range(2):
        desk.credit.grant("grant-1", "cus-1", "EUR", 100)

    def spend(order: str) -> bool:
        try:
            desk.authorise(credit(30), order_id=order)
        except PaymentDeclined:
            return False
        return True

    with ThreadPoolExecutor(8) as tills:
        spent = list(tills.map(spend, [f"ord-{number}" for number in range(8)]))
    assert sum(spent) == 3
    assert desk.credit.balance("cus-1", "EUR") == 10
    assert desk.credit.balance("cus-1", "USD") == 0


def test_no_card_number_reaches_a_table(desk: Desk, tables: str, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = sample_handler(desk, tables, monkeypatch)
    event = sample("authorise_payment")
    event["tenders"][1]["token"] = "4111 1111 1111 1111"
    with pytest.raises(InvalidRequest, match=r"tenders\[1\].token is 'card number ending 1111'"):
        handlers.authorise_payment(event, SimpleNamespace(aws_request_id="r"))
    assert not any("4111" in json.dumps(row) for table in (tables, SANDBOX_TABLE) for row in desk.rows(table))


def test_the_sample_events(desk: Desk, tables: str, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = sample_handler(desk, tables, monkeypatch)

    def deliver(name: str) -> Any:
        return getattr(handlers, name)(sample(name), SimpleNamespace(aws_request_id="r"))

    assert [t["state"] for t in deliver("authorise_payment")["tenders"]] == ["authorised"] * 2
    asked = sum(tender["amount"] for tender in sample("authorise_payment")["tenders"])
    assert deliver("capture_payment")["captured"] == asked
    assert deliver("resolve_capture")["outcome"] == "captured"
    assert [t["state"] for t in deliver("reverse_payment")["tenders"]] == ["refunded"] * 2


def sample(name: str) -> Any:
    return json.loads((Path(__file__).parents[2] / "events" / f"{name}.json").read_text())


def sample_handler(desk: Desk, table: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TABLE_NAME", table)
    monkeypatch.setenv("SANDBOX_TABLE_NAME", SANDBOX_TABLE)
    handlers = importlib.import_module("payments.handlers")
    monkeypatch.setattr(handlers, "payments", desk.payments)
    return handlers


def test_cash_is_never_looked_up() -> None:
    assert Cash().look_up("ord-1#capture#1") is None
