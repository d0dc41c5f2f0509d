"""Gift cards: one amount per code, spent by the holder of the code, which is stored nowhere."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from payments.credit.gift_cards import GiftCards
from payments.credit.merges import AccountMerges
from payments.credit.models import IssueGiftCard, MergeAccounts
from payments.credit.rows import customer_wallet
from payments.credit.wallets import Wallets
from payments.errors import GoodwillAboveLimit, UnknownGiftCard
from payments.gift_card import GiftCardProvider
from payments.operations import GiftCardOperations
from payments.provider import Charge
from tillflow.customers import UnknownCustomer
from tillflow.errors import IdempotencyConflict, InvalidRequest
from tillflow.gift_cards import card_number, hide_codes, new_code, token_of

from tests.support.interposed import TakingTurns
from tests.support.payments_fixture import CODE, NOW, any_customer, gift_card, granted

OTHER_SECRET = "TESTCARD-2222-3333-4444-6666"
TOKEN = token_of(CODE)


@pytest.fixture
def cards(dynamodb: Any, table: str) -> GiftCards:
    return GiftCards(dynamodb, table)


def test_codes_are_random_and_accepted_as_typed() -> None:
    codes = {new_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(token_of(code) == token_of(code.lower().replace("-", " ")) for code in codes)
    for wrong in ("", "TESTCARD", CODE[:-1], CODE + "2", CODE.replace("T", "U")):
        with pytest.raises(ValueError, match="a gift card's code"):
            token_of(wrong)


def test_token_has_the_number_and_nothing_of_the_secret() -> None:
    assert card_number(TOKEN) == "TESTCARD"
    assert not any(part in TOKEN for part in ("2222", "3333", "4444", "5555"))
    assert token_of(OTHER_SECRET) != TOKEN
    assert card_number("tok_visa") is None


def test_code_is_replaced_in_the_order_before_it_is_sent() -> None:
    order = {"order_id": "ord-1", "tenders": [{"type": "gift_card", "code": CODE}, {"type": "cash"}]}
    hidden = hide_codes(order)
    assert hidden["tenders"] == [{"type": "gift_card", "token": TOKEN}, {"type": "cash"}]
    assert order["tenders"][0] == {"type": "gift_card", "code": CODE}
    with pytest.raises(ValueError, match=r"tenders\[0\]\.code"):
        hide_codes({"tenders": [{"type": "gift_card", "code": "123"}]})
    assert hide_codes({"tenders": "none"}) == {"tenders": "none"}


def test_card_is_issued_once_per_code(cards: GiftCards) -> None:
    first = cards.issue(gift_card(5000), NOW)
    assert cards.issue(gift_card(5000), NOW) == first
    assert (first.number, first.balances) == ("TESTCARD", {"EUR": 5000})


@pytest.mark.parametrize(
    "other", [gift_card(5001), gift_card(5000, currency="CHF"), gift_card(5000, source="bank_transfer")]
)
def test_other_card_under_the_code_is_a_conflict(cards: GiftCards, other: IssueGiftCard) -> None:
    cards.issue(gift_card(5000), NOW)
    with pytest.raises(IdempotencyConflict, match="gift card exists with different content"):
        cards.issue(other, NOW)


def test_number_of_another_card_is_refused_without_naming_the_code(cards: GiftCards) -> None:
    cards.issue(gift_card(5000), NOW)
    with pytest.raises(InvalidRequest, match="a code whose number no other card has") as refused:
        cards.issue(gift_card(5000, OTHER_SECRET), NOW)
    assert "6666" not in str(refused.value)


def test_goodwill_on_a_card_is_limited(cards: GiftCards) -> None:
    with pytest.raises(GoodwillAboveLimit):
        cards.issue(gift_card(10_001, source="goodwill", customer_id="cus-1"), NOW)


def test_goodwill_of_a_day_is_limited_over_cards_and_credit(
    dynamodb: Any, table: str, cards: GiftCards
) -> None:
    def goodwill(amount: int, customer_id: str = "cus-1") -> IssueGiftCard:
        return gift_card(amount, new_code(), source="goodwill", customer_id=customer_id)

    first = goodwill(6000)
    cards.issue(first, NOW)
    cards.issue(first, NOW)
    with pytest.raises(GoodwillAboveLimit, match=r"60\.00 EUR"):
        cards.issue(goodwill(4001), NOW)
    wallets = Wallets(dynamodb, table)
    wallets.grant(granted(3000, source="goodwill"), NOW)
    with pytest.raises(GoodwillAboveLimit, match=r"90\.00 EUR"):
        cards.issue(goodwill(1001), NOW)
    cards.issue(goodwill(1000), NOW)
    cards.issue(goodwill(10_000, "cus-2"), NOW)
    cards.issue(goodwill(10_000), NOW + timedelta(days=1))
    assert wallets.balances(customer_wallet("cus-1")) == {"EUR": 3000}


def test_goodwill_for_a_merged_customer_counts_to_the_survivor(
    dynamodb: Any, table: str, cards: GiftCards
) -> None:
    request = MergeAccounts(merge_id="mrg-1", customer_id="cus-2", survivor_id="cus-1")
    AccountMerges(dynamodb, table).merge(request)
    cards.issue(gift_card(6000, source="goodwill", customer_id="cus-2"), NOW)
    with pytest.raises(GoodwillAboveLimit):
        cards.issue(gift_card(4001, new_code(), source="goodwill", customer_id="cus-1"), NOW)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"source": "goodwill"}, "the customer whom the goodwill is for"),
        ({"source": "cash", "customer_id": "cus-1"}, "none for a card that is paid for"),
    ],
)
def test_card_has_a_customer_if_it_is_goodwill(
    dynamodb: Any, table: str, fields: dict[str, str], expected: str
) -> None:
    card = {"code": CODE, "currency": "EUR", "amount": 500, "reason": "late", **fields}
    with pytest.raises(InvalidRequest, match=f"customer_id.*{expected}"):
        GiftCardOperations(dynamodb, table, any_customer).issue(card)


def test_goodwill_for_an_unknown_customer_is_refused_unless_it_is_issued(dynamodb: Any, table: str) -> None:
    def unknown(customer_id: str) -> None:
        raise UnknownCustomer(customer_id)

    card = {"code": CODE, "currency": "EUR", "amount": 500, "reason": "late", "source": "goodwill"}
    card |= {"customer_id": "cus-1"}
    with pytest.raises(UnknownCustomer):
        GiftCardOperations(dynamodb, table, unknown).issue(card)
    first = GiftCardOperations(dynamodb, table, any_customer).issue(card)
    assert GiftCardOperations(dynamodb, table, unknown).issue(card) == first, "a replay"


def test_code_and_secret_are_in_no_row(dynamodb: Any, table: str, cards: GiftCards) -> None:
    cards.issue(gift_card(5000), NOW)
    GiftCardProvider(dynamodb, table).authorise("ord-1#authorise#1", "", Charge(900, "EUR", TOKEN))
    stored = json.dumps(dynamodb.scan(TableName=table)["Items"])
    assert "TESTCARD" in stored
    assert not any(secret in stored for secret in (CODE, CODE.replace("-", ""), "3333", TOKEN))


@pytest.mark.parametrize(
    "token",
    [token_of(OTHER_SECRET), token_of(new_code()), "tok_visa", "gift_X"],
    ids=["other secret", "other code", "card", "malformed"],  # equal in every process of a parallel run
)
def test_payment_with_another_secret_is_refused(
    dynamodb: Any, table: str, cards: GiftCards, token: str
) -> None:
    cards.issue(gift_card(5000), NOW)
    outcome = GiftCardProvider(dynamodb, table).authorise("ord-1#authorise#1", "", Charge(900, "EUR", token))
    assert (outcome.accepted, outcome.reason) == (False, "unknown_gift_card")


def test_card_in_another_currency_is_refused(dynamodb: Any, table: str, cards: GiftCards) -> None:
    cards.issue(gift_card(5000), NOW)
    outcome = GiftCardProvider(dynamodb, table).authorise("ord-1#authorise#1", "", Charge(900, "CHF", TOKEN))
    assert outcome.reason == "insufficient_credit"


def test_card_that_two_tills_charge_at_once_is_spent_once(
    dynamodb: Any, table: str, cards: GiftCards
) -> None:
    cards.issue(gift_card(1000), NOW)
    provider = GiftCardProvider(TakingTurns(dynamodb), table)

    def charge(number: int) -> bool:
        return provider.authorise(f"ord-{number}#authorise#1", "", Charge(600, "EUR", TOKEN)).accepted

    with ThreadPoolExecutor(4) as tills:
        assert sorted(tills.map(charge, range(4))) == [False, False, False, True]
    found = cards.find(TOKEN)
    assert found is not None
    assert found.balances == {"EUR": 400}


def test_card_expires_like_credit(dynamodb: Any, table: str, cards: GiftCards) -> None:
    cards.issue(gift_card(1000, expires_on="2026-12-31"), NOW)
    Wallets(dynamodb, table).expire(datetime(2027, 1, 1, tzinfo=UTC))
    assert GiftCardOperations(dynamodb, table, any_customer).find(CODE).balances == {"EUR": 0}


def test_unknown_code_is_reported_without_the_code(dynamodb: Any, table: str) -> None:
    operations = GiftCardOperations(dynamodb, table, any_customer)
    with pytest.raises(UnknownGiftCard, match="no gift card has this code"):
        operations.find(CODE)
    with pytest.raises(InvalidRequest) as refused:
        operations.find("TESTCARD-2222")
    assert "2222" not in str(refused.value)
