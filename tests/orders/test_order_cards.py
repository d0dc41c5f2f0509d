"""An order's card tokens are exchanged for references before its workflow starts."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from orders.cards import invoked, tokens_of, with_references
from orders.errors import CardConflict, CardRefused
from tillflow.errors import InvalidOrder, StoreUnavailable

ORDER = {
    "order_id": "ord-1",
    "tenders": [
        {"type": "cash", "amount": 5},
        {"type": "card", "token": "tok_visa", "amount": 5},
        {"type": "card", "token": "tok_other"},
    ],
}


def test_each_card_has_the_reference_of_its_position() -> None:
    assert tokens_of(ORDER) == [("card_2", "tok_visa"), ("card_3", "tok_other")]
    assert with_references(ORDER)["tenders"] == [
        {"type": "cash", "amount": 5},
        {"type": "card", "card": "card_2", "amount": 5},
        {"type": "card", "card": "card_3"},
    ]
    assert with_references(with_references(ORDER)) == with_references(ORDER)


@pytest.mark.parametrize(
    "order",
    [
        {"token": "tok_visa"},
        {"tenders": [{"type": "card", "card": {"token": "tok_visa"}}]},
        {"tenders": {"type": "card", "token": "tok_visa"}},
        {"tenders": [{"type": "card", "token": ["tok_visa"]}]},
        {"lines": [{"sku": "MUG", "token": "tok_visa"}], "tenders": [{"type": "card", "token": "tok_visa"}]},
    ],
)
def test_token_anywhere_else_is_refused_and_not_repeated(order: dict[str, Any]) -> None:
    with pytest.raises(InvalidOrder) as refusal:
        with_references(order)
    assert "tok_visa" not in str(refusal.value)


@pytest.mark.parametrize("order", [{}, {"tenders": None}, {"tenders": ["cash", 5]}, {"tenders": "tok"}])
def test_order_without_tokens_stays_as_it_is(order: dict[str, Any]) -> None:
    assert with_references(order) == order


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("IdempotencyConflict", CardConflict),
        ("InvalidRequest", CardRefused),
        ("StoreUnavailable", StoreUnavailable),
        ("Sandbox.Timedout", StoreUnavailable),
    ],
)
def test_failure_of_the_payments_service_is_named(name: str, error: type[Exception]) -> None:
    failure = json.dumps({"errorType": name, "errorMessage": "the reason"}).encode()
    response = {"FunctionError": "Unhandled", "Payload": io.BytesIO(failure)}
    client = SimpleNamespace(invoke=lambda **_: response)
    with pytest.raises(error, match="the reason"):
        invoked(client, "StoreCards")("ord-1", tokens_of(ORDER))
