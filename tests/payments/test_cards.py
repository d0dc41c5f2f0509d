"""Card tokens: stored once under a reference, removed when they are used."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from payments.cards import LIFETIME, CardTokens
from payments.operations import CardOperations
from payments.sandbox import TEST_CARDS
from tillflow.errors import IdempotencyConflict, InvalidRequest, PaymentDeclined
from tillflow.store import unmarshal

from tests.support.payments_fixture import PaymentsFixture, card, request
from verification.harness.fake_stripe import FakeStripe

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def cards(dynamodb: Any, table: str) -> CardTokens:
    return CardTokens(dynamodb, table)


def test_token_is_stored_once_and_deleted_after_a_day(dynamodb: Any, table: str, cards: CardTokens) -> None:
    for _ in range(2):
        cards.store("ord-1", [("card_1", "tok_visa")], NOW)
    assert cards.token("ord-1", "card_1") == "tok_visa"
    (row,) = [unmarshal(item) for item in dynamodb.scan(TableName=table)["Items"]]
    assert row["expires_at"] == int((NOW + LIFETIME).timestamp())
    assert cards.token("ord-2", "card_1") is None, "a reference is of one order"


def test_used_token_is_removed_and_not_stored_again(cards: CardTokens) -> None:
    cards.store("ord-1", [("card_1", "tok_visa")], NOW)
    cards.delete("ord-1", "card_1")
    cards.store("ord-1", [("card_1", "tok_visa")], NOW)
    assert cards.token("ord-1", "card_1") is None


def test_forgetting_an_expired_card_creates_no_row(dynamodb: Any, table: str, cards: CardTokens) -> None:
    cards.delete("ord-1", "card_1")
    assert dynamodb.scan(TableName=table)["Items"] == []


def test_another_token_under_a_reference_is_a_conflict_that_shows_neither(cards: CardTokens) -> None:
    cards.store("ord-1", [("card_1", "tok_visa")], NOW)
    with pytest.raises(IdempotencyConflict, match="card_1 of order ord-1 exists") as conflict:
        cards.store("ord-1", [("card_1", "tok_declined")], NOW)
    assert "tok_" not in str(conflict.value)


@pytest.mark.parametrize("token", ["4111111111111111", "tok 1", "", "x" * 300])
def test_token_that_is_none_is_refused_and_not_repeated(dynamodb: Any, table: str, token: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        CardOperations(dynamodb, table).store("ord-1", [("card_1", token)])
    assert not token or token not in str(refusal.value)
    assert dynamodb.scan(TableName=table)["Items"] == []


def test_order_whose_token_has_expired_is_declined(dynamodb: Any, table: str) -> None:
    payments = PaymentsFixture(dynamodb, table, FakeStripe())
    with pytest.raises(PaymentDeclined, match="card_reference_expired"):
        payments.service.authorise(request(card()))
    assert payments.states() == ["declined"]


def test_tender_of_the_release_without_providers_is_reversed(dynamodb: Any, table: str) -> None:
    payments = PaymentsFixture(dynamodb, table)
    payments.authorise({"type": "cash", "amount": 100})
    dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": "ORDER#ord-1"}, "sk": {"S": "TENDER#1"}},
        UpdateExpression="REMOVE provider",
    )
    assert payments.service.capture("ord-1")["captured"] == 100
    assert payments.service.reverse("ord-1")["tenders"][0]["state"] == "refunded"


def test_documentation_lists_the_test_cards_of_the_sandbox() -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    _, _, section = text.partition("**Test cards.**")
    assert set(re.findall(r"`(tok_\w+)`", section.partition("\n**")[0])) == set(TEST_CARDS)
