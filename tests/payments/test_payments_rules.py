"""Effect keys, card numbers that are refused, and the error of tenders that could not be reversed."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments import rules
from payments.errors import ReversalRefused
from payments.models import Authorise, Tender
from payments.provider import Step
from payments.refunds import rules as refund_rules
from pydantic import TypeAdapter
from tillflow.errors import InvalidRequest, PaymentOutcomeUnknown, ProviderUnavailable, StoreContention
from tillflow.parsing import parse


def tender(number: int = 1, kind: str = "card", state: str = rules.AUTHORISED) -> Tender:
    return Tender("ord-1", number, kind, 500, "EUR", state, kind)


def test_effect_keys_are_unique() -> None:
    """Those of a return too, whose id may be that of an order."""
    steps, ids = get_args(Step.__value__), ["ord-1", "ord-2"]
    keys = [rules.effect_key(one, step, number) for one in ids for step in steps for number in (1, 2)]
    keys += [refund_rules.effect_key(one, number) for one in ids for number in (1, 2)]
    assert len(set(keys)) == len(keys)
    assert keys[0] == "ord-1#authorise#1"


def test_capture_order_is_card_then_credit_then_cash() -> None:
    tenders = [tender(1, "cash"), tender(2, "card"), tender(3, "store_credit"), tender(4, "card")]
    assert [t.tender_no for t in rules.capture_order(tenders)] == [2, 4, 3, 1]


def test_no_state_follows_a_final_one() -> None:
    others = {state: before for state, before in rules.MAY_FOLLOW.items() if state != rules.REFUND_FAILED}
    left = frozenset[str]().union(*others.values())
    assert not left & {rules.DECLINED, rules.VOIDED, rules.REFUNDED, rules.REFUND_FAILED}


digits = st.text("0123456789", min_size=12, max_size=19)


@given(
    digits, st.sampled_from(["", " ", "-", "."]), st.sampled_from(["", "tok_", "card "]), st.integers(1, 6)
)
def test_card_number_is_refused_anywhere_and_not_repeated(
    number: str, separator: str, prefix: str, every: int
) -> None:
    typed = prefix + separator.join(number[at : at + every] for at in range(0, len(number), every))
    for tenders in (
        [{"type": "card", "token": typed, "amount": 1}],
        [{"type": "card", "card": {"number": typed}}],
        [{"type": "cash"}, typed],
        typed,
    ):
        with pytest.raises(InvalidRequest) as refusal:
            rules.refuse_card_numbers(tenders)
        assert typed not in str(refusal.value)
        assert number not in str(refusal.value)
        assert number[-4:] in str(refusal.value)


def test_card_number_sent_as_a_number_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"tenders\[0\].token is 'card number ending 1111'"):
        rules.refuse_card_numbers([{"type": "card", "token": 4111111111111111}])


@pytest.mark.parametrize(
    "tenders",
    [
        [{"type": "card", "token": "tok_visa", "amount": 1250}],
        [{"type": "card", "token": "pm_1N2Xy7LkdIwHu7ix4Q8r", "amount": 10**13}],
        [{"type": "cash", "amount": 5}],
        [{"type": "exchange", "amount": 5, "return_id": "ret-11ccf8ca-c683-4573-8536-4726dc7bbbc5"}],
        [{"type": "exchange", "amount": 5, "return_id": "ret-2026-11-29-0001"}],
        [],
        None,
    ],
)
def test_tokens_amounts_and_ids_are_not_card_numbers(tenders: Any) -> None:
    rules.refuse_card_numbers(tenders)


def test_tenders_open_as_intents_and_only_store_credit_has_the_customer() -> None:
    request = parse(
        Authorise,
        {
            "order_id": "ord-1",
            "currency": "EUR",
            "location": "shop-1",
            "customer_id": "cus-1",
            "tenders": [
                {"tender_no": 2, "type": "store_credit", "amount": 200},
                {"tender_no": 1, "type": "card", "card": "card_2", "amount": 300},
            ],
        },
    )
    card, credit = rules.opened_tenders(request, lambda kind: f"{kind}-provider")
    assert (card.tender_no, card.state, card.card, card.customer_id) == (1, "authorising", "card_2", None)
    assert (card.provider, credit.provider) == ("card-provider", "store_credit-provider")
    assert (credit.tender_no, credit.customer_id, credit.captured, credit.refunded) == (2, "cus-1", 0, 0)


@pytest.mark.parametrize(
    ("tenders", "sentence"),
    [
        ([{"tender_no": 1, "type": "card", "amount": 5}], "expected a card's reference for a card"),
        ([{"tender_no": 1, "type": "cash", "card": "card_1", "amount": 5}], "and none for another type"),
        ([{"tender_no": 1, "type": "cash", "amount": -5}], r"tenders\[0\].amount is -5"),
        ([{"tender_no": 1, "type": "cash", "amount": 5.0}], r"tenders\[0\].amount is 5.0"),
        ([{"tender_no": 1, "type": "cheque", "amount": 5}], r"tenders\[0\].type is 'cheque'"),
        ([{"tender_no": 1, "type": "cash", "amount": 5}] * 2, "a tender_no of their own"),
    ],
)
def test_invalid_tenders_are_refused_by_field(tenders: list[Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        parse(Authorise, {"order_id": "ord-1", "currency": "EUR", "location": "shop-1", "tenders": tenders})


def test_one_error_lists_every_failed_tender() -> None:
    error = rules.one_error(
        [(tender(1), ReversalRefused("void_refused")), (tender(3), ReversalRefused("late"))]
    )
    assert isinstance(error, ReversalRefused)
    assert "tender 1 (card, 5.00 EUR): void_refused" in str(error)
    assert "tender 3 (card, 5.00 EUR): late" in str(error)


@pytest.mark.parametrize("passing", [PaymentOutcomeUnknown, ProviderUnavailable, StoreContention])
def test_retried_error_takes_precedence_over_a_refusal(passing: type[Any]) -> None:
    error = rules.one_error([(tender(1), ReversalRefused("void_refused")), (tender(2), passing("refund"))])
    assert isinstance(error, passing)
    assert "void_refused" in str(error) and "tender 2" in str(error)


def test_unexpected_exception_keeps_its_name() -> None:
    crash = RuntimeError("broken")
    assert rules.one_error([(tender(1), ReversalRefused("no")), (tender(2), crash)]) is crash
    assert "tender 1" in crash.__notes__[0]


@pytest.mark.parametrize(
    ("expires_at", "expired"),
    [
        ("", False),
        ("2026-11-23T09:59:59Z", True),
        ("2026-11-23T10:00:00Z", True),
        ("2026-11-23T10:00:01Z", False),
    ],
)
def test_authorisation_expires_at_its_time(expires_at: str, expired: bool) -> None:
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert rules.has_expired(replace(tender(), expires_at=expires_at), now) is expired


def test_response_has_no_counter_of_writes() -> None:
    shown = TypeAdapter(Tender).dump_python(replace(tender(1), refunded=5, refunds=3))
    assert shown["refunded"] == 5 and "refunds" not in shown
