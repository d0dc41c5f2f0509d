"""Accounts of customers who buy on account: a credit limit that no two tills exceed together."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from payments.credit.accounts import Accounts
from payments.credit.models import Account, SettleAccount
from payments.credit.rows import customer_wallet
from payments.credit.wallets import Wallets
from payments.on_account import OnAccount
from payments.provider import Charge
from tillflow.errors import IdempotencyConflict

from tests.support.interposed import Interposed, TakingTurns
from tests.support.payments_fixture import NOW, credit_limit

CHARGE = Charge(600, "EUR", customer_id="cus-1")


@pytest.fixture
def accounts(dynamodb: Any, table: str) -> Accounts:
    accounts = Accounts(dynamodb, table)
    accounts.set_limit(credit_limit(1000))
    return accounts


@pytest.fixture
def provider(dynamodb: Any, table: str) -> OnAccount:
    return OnAccount(dynamodb, table)


def eur(limit: int, available: int, reserved: int, owed: int) -> Account:
    return Account("EUR", limit, available, reserved, owed)


def settle(allocated: int, overpayment: int = 0, payment_id: str = "pay-1") -> SettleAccount:
    amounts = {"currency": "EUR", "allocated": allocated, "overpayment": overpayment}
    return SettleAccount.model_validate({"payment_id": payment_id, "customer_id": "cus-1", **amounts})


def test_authorisation_reserves_what_its_capture_makes_owed(accounts: Accounts, provider: OnAccount) -> None:
    held = provider.authorise("a#1", "", CHARGE).reference
    assert accounts.account("cus-1", "EUR") == eur(1000, 400, 600, 0)
    provider.capture("a#2", held, 600, "EUR")
    assert accounts.account("cus-1", "EUR") == eur(1000, 400, 0, 600)
    provider.refund("a#3", held, 200, "EUR")
    assert accounts.accounts("cus-1") == [eur(1000, 600, 0, 400)]


def test_void_releases_the_reservation_once(accounts: Accounts, provider: OnAccount) -> None:
    held = provider.authorise("a#1", "", CHARGE).reference
    for _ in range(2):
        provider.void("a#2", held)
    assert accounts.account("cus-1", "EUR") == eur(1000, 1000, 0, 0)


@pytest.mark.parametrize(
    ("charge", "reason"),
    [
        (Charge(1001, "EUR", customer_id="cus-1"), "credit_limit_exceeded"),
        (Charge(1, "CHF", customer_id="cus-1"), "no_credit_account"),
        (Charge(1, "EUR", customer_id="cus-2"), "no_credit_account"),
        (Charge(1, "EUR"), "no_customer"),
    ],
)
def test_sale_beyond_the_limit_is_refused(
    accounts: Accounts, provider: OnAccount, charge: Charge, reason: str
) -> None:
    assert provider.authorise("a#1", "", charge).reason == reason
    assert accounts.account("cus-1", "EUR") == eur(1000, 1000, 0, 0)


def test_tills_that_sell_at_once_do_not_exceed_the_limit_together(
    dynamodb: Any, table: str, accounts: Accounts
) -> None:
    provider = OnAccount(TakingTurns(dynamodb), table)

    def sell(number: int) -> bool:
        return provider.authorise(f"ord-{number}#authorise#1", "", CHARGE).accepted

    with ThreadPoolExecutor(4) as tills:
        assert sum(tills.map(sell, range(4))) == 1
    assert accounts.account("cus-1", "EUR") == eur(1000, 400, 600, 0)


def test_limit_can_be_below_what_is_owed(accounts: Accounts, provider: OnAccount) -> None:
    provider.capture("a#2", provider.authorise("a#1", "", CHARGE).reference, 600, "EUR")
    assert accounts.set_limit(credit_limit(500)) == eur(500, -100, 0, 600)
    assert (
        provider.authorise("b#1", "", Charge(1, "EUR", customer_id="cus-1")).reason == "credit_limit_exceeded"
    )
    assert accounts.set_limit(credit_limit(700)) == eur(700, 100, 0, 600)


@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
def test_limit_overtaken_by_another_makes_the_difference_to_that_available(
    dynamodb: Any, table: str, first: bool
) -> None:
    other, client = Accounts(dynamodb, table), Interposed(dynamodb)
    if not first:
        other.set_limit(credit_limit(1000))
    client.before("transact_write_items", lambda: other.set_limit(credit_limit(300)))
    assert Accounts(client, table).set_limit(credit_limit(700)) == eur(700, 700, 0, 0)


def test_payment_is_settled_once_and_its_rest_becomes_credit(
    dynamodb: Any, table: str, accounts: Accounts, provider: OnAccount
) -> None:
    provider.capture("a#2", provider.authorise("a#1", "", CHARGE).reference, 600, "EUR")
    for _ in range(2):
        accounts.settle(settle(600, overpayment=50), NOW)
    assert accounts.account("cus-1", "EUR") == eur(1000, 1000, 0, 0)
    assert Wallets(dynamodb, table).balances(customer_wallet("cus-1")) == {"EUR": 50}
    with pytest.raises(IdempotencyConflict, match="payment pay-1 exists with different content"):
        accounts.settle(settle(500), NOW)
