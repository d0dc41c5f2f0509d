"""Wallets: grants once per id, goodwill within its limit, and expiry of what was not spent."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from payments.credit.models import CreditPolicy, GrantCredit, WalletEntry
from payments.credit.publisher import credit_events
from payments.credit.rows import customer_wallet, entry_row
from payments.credit.rules import expired_part
from payments.credit.wallets import Wallets
from payments.errors import GoodwillAboveLimit
from payments.operations import CreditOperations, GiftCardOperations
from payments.provider import Charge
from payments.refunds.rules import credit_grant_id
from payments.store_credit import StoreCredit
from tillflow.errors import IdempotencyConflict, InvalidRequest
from tillflow.fields import MAX_AMOUNT
from tillflow.gift_cards import new_code
from tillflow.store import marshal

from tests.support.interposed import Interposed
from tests.support.payments_fixture import NOW, any_customer, granted
from tests.support.turns import InTurns, Turns

WALLET = customer_wallet("cus-1")
LAST_DAY = date(2026, 12, 31)
AFTER = datetime(2027, 1, 1, 0, 30, tzinfo=UTC)


@pytest.fixture
def wallets(dynamodb: Any, table: str) -> Wallets:
    return Wallets(dynamodb, table)


def test_grant_is_applied_once_per_grant_id(wallets: Wallets) -> None:
    wallets.grant(granted(500), NOW)
    wallets.grant(granted(500), NOW)
    assert wallets.balances(WALLET) == {"EUR": 500}
    assert [(entry.entry_id, entry.amount) for entry in wallets.entries(WALLET)] == [("grant-1", 500)]


@pytest.mark.parametrize(
    "other",
    [
        granted(900),
        granted(500, customer_id="cus-2"),
        granted(500, reason="x"),
        granted(500, currency="CHF"),
        granted(500, source="goodwill"),
        granted(500, expires_on=LAST_DAY),
    ],
)
def test_grant_with_other_content_raises_idempotency_conflict(wallets: Wallets, other: GrantCredit) -> None:
    wallets.grant(granted(500), NOW)
    with pytest.raises(IdempotencyConflict, match="credit grant grant-1 exists with different content"):
        wallets.grant(other, NOW)
    assert wallets.balances(WALLET) == {"EUR": 500}
    assert wallets.balances(customer_wallet("cus-2")) == {}


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2000, 1, 1), date(2062, 12, 31)])
def test_last_day_that_is_over_or_far_ahead_is_refused(wallets: Wallets, day: date) -> None:
    with pytest.raises(InvalidRequest, match="expires_on"):
        wallets.grant(granted(500, expires_on=day), NOW)
    wallets.grant(granted(500, expires_on=NOW.date()), NOW)


@pytest.mark.parametrize(
    "other",
    [
        {"source": "return"},
        {"source": "overpayment"},
        {"grant_id": "return-ret-1"},
        {"grant_id": "gift-TESTCARD"},
    ],
)
def test_person_cannot_grant_what_workflows_and_gift_cards_do(
    dynamodb: Any, table: str, other: dict[str, Any]
) -> None:
    """Such a grant would not be posted, or its id would refuse the refund of a return."""
    fields = granted(500).model_dump(mode="json", exclude_none=True)
    with pytest.raises(InvalidRequest, match=next(iter(other))):
        CreditOperations(dynamodb, table, any_customer).grant(fields | other)


def test_return_and_gift_card_have_ids_that_no_person_can_use(dynamodb: Any, table: str) -> None:
    card = {"code": new_code(), "currency": "EUR", "amount": 500, "reason": "gift"}
    GiftCardOperations(dynamodb, table, any_customer).issue(card)
    ids = [row["pk"]["S"].removeprefix("GRANT#") for row in dynamodb.scan(TableName=table)["Items"]]
    used = [one for one in ids if one.startswith("gift-")]
    for grant_id in [*used, credit_grant_id("ret-1")]:
        with pytest.raises(InvalidRequest, match="grant_id"):
            CreditOperations(dynamodb, table, any_customer).grant(
                granted(500, grant_id).model_dump(mode="json")
            )
    assert used


def test_grant_overtaken_by_its_second_delivery_is_applied_once(
    dynamodb: Any, table: str, wallets: Wallets
) -> None:
    client = Interposed(dynamodb)
    client.before("transact_write_items", lambda: wallets.grant(granted(500), NOW))
    Wallets(client, table).grant(granted(500), NOW)
    assert wallets.balances(WALLET) == {"EUR": 500}


def test_balance_beyond_its_bound_is_refused(wallets: Wallets) -> None:
    wallets.grant(granted(MAX_AMOUNT), NOW)
    with pytest.raises(
        InvalidRequest, match=r"amount is '0\.01 EUR'; expected a balance of at most 9999999999999\.99 EUR"
    ):
        wallets.grant(granted(1, "grant-2"), NOW)
    assert wallets.balance(WALLET, "EUR") == MAX_AMOUNT


def test_goodwill_above_the_limit_of_its_currency_is_refused(wallets: Wallets) -> None:
    wallets.grant(granted(10_000, source="goodwill"), NOW)
    with pytest.raises(GoodwillAboveLimit, match=r"100\.01 EUR is above the limit; expected at most 100\.00"):
        wallets.grant(granted(10_001, "grant-2", source="goodwill"), NOW)
    wallets.set_policy(CreditPolicy(currency="EUR", goodwill_limit=20_000))
    wallets.grant(granted(10_000, "grant-2", source="goodwill"), NOW)
    wallets.grant(granted(90_000, "grant-3", source="return"), NOW)
    assert wallets.balance(WALLET, "EUR") == 110_000


def test_second_delivery_of_a_grant_is_accepted_after_the_limit_was_lowered(wallets: Wallets) -> None:
    wallets.grant(granted(500, source="goodwill"), NOW)
    wallets.set_policy(CreditPolicy(currency="EUR", goodwill_limit=100, expiry_days=10))
    wallets.grant(granted(500, source="goodwill"), NOW)
    assert wallets.balance(WALLET, "EUR") == 500


def test_goodwill_of_a_day_is_limited_in_total(wallets: Wallets) -> None:
    wallets.grant(granted(6_000, source="goodwill"), NOW)
    above = (
        r"goodwill of 40\.01 EUR is above the limit; "
        r"expected at most 100\.00 EUR a day, of which the customer was granted 60\.00 EUR"
    )
    with pytest.raises(GoodwillAboveLimit, match=above):
        wallets.grant(granted(4_001, "grant-2", source="goodwill"), NOW)
    wallets.grant(granted(4_000, "grant-2", source="goodwill"), NOW)
    wallets.grant(granted(4_000, "grant-2", source="goodwill"), NOW)
    with pytest.raises(GoodwillAboveLimit):
        wallets.grant(granted(1, "grant-3", source="goodwill"), NOW)
    wallets.grant(granted(50_000, "grant-3", source="cash"), NOW)
    wallets.grant(granted(100, "grant-4", currency="JPY", source="goodwill"), NOW)
    wallets.grant(granted(10_000, "grant-5", source="goodwill"), NOW + timedelta(days=1))
    assert wallets.balances(WALLET) == {"EUR": 70_000, "JPY": 100}


def test_policy_gives_goodwill_its_last_day(wallets: Wallets) -> None:
    wallets.set_policy(CreditPolicy(currency="EUR", goodwill_limit=10_000, expiry_days=30))
    wallets.grant(granted(500, source="goodwill"), NOW)
    wallets.grant(granted(500, "grant-2", source="return"), NOW)
    days = {entry.entry_id: entry.expires_on for entry in wallets.entries(WALLET)}
    assert days == {"grant-1": (NOW.date() + timedelta(days=30)).isoformat(), "grant-2": None}


def test_unspent_part_of_a_grant_expires_after_its_last_day_once(
    dynamodb: Any, table: str, wallets: Wallets
) -> None:
    wallets.grant(granted(500, expires_on=LAST_DAY), NOW)
    wallets.grant(granted(300, "grant-2"), NOW)
    StoreCredit(dynamodb, table).authorise("ord-1#authorise#1", "", Charge(200, "EUR", customer_id="cus-1"))
    assert wallets.expire(datetime(2026, 12, 31, 23, tzinfo=UTC)) == 0
    assert wallets.balance(WALLET, "EUR") == 600
    assert wallets.expire(AFTER) == 1
    assert wallets.expire(AFTER) == 0
    assert wallets.balance(WALLET, "EUR") == 300
    expiry = next(entry for entry in wallets.entries(WALLET) if entry.kind == "expiry")
    assert (expiry.entry_id, expiry.amount) == ("grant-1.expired", 300)


def test_credit_spent_while_it_expires_is_not_taken_twice(
    dynamodb: Any, table: str, wallets: Wallets
) -> None:
    wallets.grant(granted(500, expires_on=LAST_DAY), NOW)
    client = Interposed(dynamodb)
    spend = StoreCredit(dynamodb, table)
    charge = Charge(200, "EUR", customer_id="cus-1")
    client.before("transact_write_items", lambda: spend.authorise("ord-1#authorise#1", "", charge))
    Wallets(client, table).expire(AFTER)
    assert wallets.balance(WALLET, "EUR") == 0
    assert [entry.amount for entry in wallets.entries(WALLET) if entry.kind == "expiry"] == [300]


def test_credit_that_another_run_has_expired_is_not_taken_from_a_later_grant(
    dynamodb: Any, table: str, wallets: Wallets
) -> None:
    wallets.grant(granted(500, expires_on=LAST_DAY), NOW)
    client = Interposed(dynamodb)

    def other_run() -> None:
        wallets.expire(AFTER)
        wallets.grant(granted(500, "grant-2"), AFTER)

    client.before("transact_write_items", other_run)
    Wallets(client, table).expire(AFTER)
    assert wallets.balance(WALLET, "EUR") == 500


def entry(
    entry_id: str, amount: int, expires_on: str | None = None, expired: int | None = None
) -> WalletEntry:
    return WalletEntry(entry_id, WALLET, "cash", amount, "EUR", "r", "2026-11-23", expires_on, expired)


@pytest.mark.parametrize(
    ("entries", "balance", "part"),
    [
        ([entry("g", 500, "2026-12-31")], 500, 500),
        ([entry("g", 500, "2026-12-31")], 120, 120),
        ([entry("g", 500, "2026-12-31"), entry("h", 300)], 300, 0),
        ([entry("g", 500, "2026-12-31"), entry("a", 300, "2026-12-01")], 600, 500),
        ([entry("g", 500, "2026-12-31"), entry("a", 300, "2026-12-01", expired=100)], 500, 500),
        ([entry("g", 500, "2026-12-31"), entry("a", 300, "2026-12-01", expired=300)], 450, 450),
        ([entry("h", 300)], 300, 0),
    ],
)
def test_what_was_spent_counts_against_the_grants_that_expire_first(
    entries: list[WalletEntry], balance: int, part: int
) -> None:
    assert expired_part(entries, balance, "g") == part


def test_event_is_published_for_what_no_workflow_posts() -> None:
    kinds = ("goodwill", "cash", "bank_transfer", "expiry", "return", "overpayment")
    records = [
        {"eventName": "INSERT", "dynamodb": {"NewImage": marshal(entry_row(WalletEntry(
            f"e-{kind}", WALLET, kind, 5, "EUR", "r", "2026-11-23")))}}
        for kind in kinds
    ]  # fmt: skip
    published = [(event.entry_id, event.kind, event.holder) for event in credit_events(records)]
    assert published == [(f"e-{kind}", kind, "customer") for kind in kinds[:4]]
    assert credit_events([{**records[0], "eventName": "MODIFY"}]) == []


@pytest.mark.parametrize("seed", range(12))
def test_wallet_that_two_tills_spend_at_once_is_spent_once(
    dynamodb: Any, table: str, wallets: Wallets, seed: int
) -> None:
    wallets.grant(granted(1000), NOW)
    turns = Turns(Random(seed))
    provider = StoreCredit(InTurns(dynamodb, turns), table)
    charge = Charge(600, "EUR", customer_id="cus-1")
    outcomes = turns.run(
        [partial(provider.authorise, f"ord-{till}#authorise#1", "", charge) for till in (1, 2)]
    )
    assert sorted((one.accepted, one.reason) for one in outcomes) == [
        (False, "insufficient_credit"),
        (True, ""),
    ]
    assert wallets.balance(WALLET, "EUR") == 400
