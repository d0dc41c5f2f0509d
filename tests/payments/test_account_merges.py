"""What a merged customer has and owes is the survivor's, whatever happens at the same time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from payments.credit.accounts import Accounts
from payments.credit.merges import AccountMerges
from payments.credit.models import MergeAccounts, SetCreditLimit, SettleAccount
from payments.credit.rows import customer_wallet
from payments.credit.wallets import Wallets
from payments.on_account import OnAccount
from payments.provider import Charge
from payments.store_credit import StoreCredit
from tillflow.customers import CustomerMerged
from tillflow.errors import IdempotencyConflict, StoreContention

from tests.support.interposed import Interposed
from tests.support.payments_fixture import granted
from tests.support.tables import create_table

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=30)


@pytest.fixture
def table(dynamodb: Any) -> str:
    return create_table(dynamodb, "PaymentsTable")


@pytest.fixture
def wallets(dynamodb: Any, table: str) -> Wallets:
    return Wallets(dynamodb, table)


@pytest.fixture
def accounts(dynamodb: Any, table: str) -> Accounts:
    return Accounts(dynamodb, table)


@pytest.fixture
def merge(dynamodb: Any, table: str) -> Callable[..., None]:
    def run(customer_id: str = "cus-2", survivor_id: str = "cus-1", merge_id: str = "mrg-1") -> None:
        request = MergeAccounts(merge_id=merge_id, customer_id=customer_id, survivor_id=survivor_id)
        AccountMerges(dynamodb, table).merge(request)

    return run


def limit(customer_id: str, amount: int, currency: str = "EUR") -> SetCreditLimit:
    return SetCreditLimit(customer_id=customer_id, currency=currency, credit_limit=amount)


def charge(amount: int, customer_id: str = "cus-2") -> Charge:
    return Charge(amount, "EUR", None, customer_id)


def balances(wallets: Wallets, customer_id: str) -> dict[str, int]:
    return wallets.balances(customer_wallet(customer_id))


def test_balances_of_every_currency_are_the_survivors(wallets: Wallets, merge: Callable[..., None]) -> None:
    wallets.grant(granted(300, "g-1", "cus-1"), NOW)
    wallets.grant(granted(200, "g-2", "cus-2"), NOW)
    wallets.grant(granted(70, "g-3", "cus-2", currency="CHF"), NOW)
    for _ in range(2):
        merge()
        assert balances(wallets, "cus-1") == {"CHF": 70, "EUR": 500}
        assert balances(wallets, "cus-2") == {"CHF": 0, "EUR": 0}
    assert [entry.entry_id for entry in wallets.entries(customer_wallet("cus-1"))] == ["g-1", "g-2", "g-3"]


def test_other_merge_of_a_customer_is_a_conflict(merge: Callable[..., None]) -> None:
    merge()
    with pytest.raises(IdempotencyConflict, match="cus-2"):
        merge("cus-2", "cus-3", "mrg-2")


def test_accounts_add_up(accounts: Accounts, dynamodb: Any, table: str, merge: Callable[..., None]) -> None:
    accounts.set_limit(limit("cus-1", 1000))
    accounts.set_limit(limit("cus-2", 500))
    accounts.set_limit(limit("cus-2", 50, "CHF"))
    book = OnAccount(dynamodb, table)
    held = book.authorise("ord-1#authorise#1", "", charge(100))
    book.authorise("ord-2#authorise#1", "", charge(30, "cus-1"))
    book.capture("ord-1#capture#1", held.reference, 100, "EUR")
    merge()
    euros, francs = accounts.account("cus-1", "EUR"), accounts.account("cus-1", "CHF")
    assert (euros.credit_limit, euros.owed, euros.reserved, euros.available) == (1500, 100, 30, 1370)
    assert (francs.credit_limit, francs.available) == (50, 50)
    emptied = accounts.account("cus-2", "EUR")
    assert (emptied.credit_limit, emptied.owed, emptied.reserved, emptied.available) == (0, 0, 0, 0)


def test_held_credit_is_captured_or_restored_to_the_survivor(
    wallets: Wallets, dynamodb: Any, table: str, merge: Callable[..., None]
) -> None:
    wallets.grant(granted(500, "g-2", "cus-2"), NOW)
    book = StoreCredit(dynamodb, table)
    voided = book.authorise("ord-1#authorise#1", "", charge(100))
    kept = book.authorise("ord-2#authorise#1", "", charge(50))
    merge()
    book.void("ord-1#void#1", voided.reference)
    assert book.capture("ord-2#capture#1", kept.reference, 50, "EUR").accepted
    assert balances(wallets, "cus-1") == {"EUR": 450}
    assert book.refund("ord-2#refund#1", kept.reference, 50, "EUR").accepted
    assert (balances(wallets, "cus-1"), balances(wallets, "cus-2")) == ({"EUR": 500}, {"EUR": 0})


def test_sale_in_flight_is_paid_by_the_survivors_credit(
    wallets: Wallets, dynamodb: Any, table: str, merge: Callable[..., None]
) -> None:
    wallets.grant(granted(500, "g-1", "cus-1"), NOW)
    merge()
    assert StoreCredit(dynamodb, table).authorise("ord-1#authorise#1", "", charge(400)).accepted
    assert not StoreCredit(dynamodb, table).authorise("ord-2#authorise#1", "", charge(200)).accepted
    assert balances(wallets, "cus-1") == {"EUR": 100}


def test_invoice_on_account_in_flight_is_owed_by_the_survivor(
    accounts: Accounts, dynamodb: Any, table: str, merge: Callable[..., None]
) -> None:
    accounts.set_limit(limit("cus-2", 500))
    book = OnAccount(dynamodb, table)
    held = book.authorise("ord-1#authorise#1", "", charge(100))
    merge()
    book.capture("ord-1#capture#1", held.reference, 100, "EUR")
    settled = SettleAccount(
        payment_id="pay-1", customer_id="cus-2", currency="EUR", allocated=60, overpayment=5
    )
    accounts.settle(settled, NOW)
    account = accounts.account("cus-1", "EUR")
    assert (account.credit_limit, account.owed, account.reserved, account.available) == (500, 40, 0, 460)
    assert accounts.account("cus-2", "EUR").owed == 0
    assert Wallets(dynamodb, table).balance(customer_wallet("cus-1"), "EUR") == 5


def effects(dynamodb: Any, table: str) -> Iterator[Callable[[], object]]:
    """Yield changes of the customer's credit and debts, each by a client of its own."""
    client = dynamodb
    yield lambda: Wallets(client, table).grant(granted(40, "g-9", "cus-2"), NOW)
    yield lambda: StoreCredit(client, table).authorise("ord-9#authorise#1", "", charge(40))
    yield lambda: OnAccount(client, table).authorise("ord-9#authorise#1", "", charge(40))
    settled = SettleAccount(
        payment_id="pay-9", customer_id="cus-2", currency="EUR", allocated=40, overpayment=0
    )
    yield lambda: Accounts(client, table).settle(settled, NOW)


@pytest.mark.parametrize("number", range(4))
def test_change_during_a_merge_is_not_lost(
    wallets: Wallets, accounts: Accounts, dynamodb: Any, table: str, number: int
) -> None:
    wallets.grant(granted(100, "g-2", "cus-2"), NOW)
    accounts.set_limit(limit("cus-2", 500))
    between = Interposed(dynamodb)
    between.before("transact_write_items", list(effects(dynamodb, table))[number])
    request = MergeAccounts(merge_id="mrg-1", customer_id="cus-2", survivor_id="cus-1")
    AccountMerges(between, table).merge(request)
    changes = [(140, 500, 0), (60, 500, 0), (100, 460, 0), (100, 540, -40)]
    balance, available, owed = changes[number]
    account = accounts.account("cus-1", "EUR")
    assert balances(wallets, "cus-1") == {"EUR": balance}
    assert (account.available, account.owed) == (available, owed)
    assert balances(wallets, "cus-2") == {"EUR": 0}
    assert accounts.account("cus-2", "EUR").available == 0


@pytest.mark.parametrize("number", range(3))
def test_merge_between_the_read_and_the_write_of_a_change_is_not_overtaken(
    wallets: Wallets, accounts: Accounts, dynamodb: Any, table: str, merge: Callable[..., None], number: int
) -> None:
    wallets.grant(granted(100, "g-2", "cus-2"), NOW)
    between = Interposed(dynamodb)
    between.before("transact_write_items", merge)
    try:
        list(effects(between, table))[number]()
    except Exception as error:  # The workflow repeats the step, which then reads the survivor.
        assert type(error).__name__ == "StoreContention"
    assert balances(wallets, "cus-2") == {"EUR": 0}
    assert sum(balances(wallets, "cus-1").values()) in (100, 140)


@pytest.mark.parametrize("book", [StoreCredit, OnAccount])
def test_merge_before_the_write_of_a_void_restores_the_survivor(
    wallets: Wallets, accounts: Accounts, dynamodb: Any, table: str, merge: Callable[..., None], book: Any
) -> None:
    wallets.grant(granted(100, "g-2", "cus-2"), NOW)
    accounts.set_limit(limit("cus-2", 100))
    held = book(dynamodb, table).authorise("ord-1#authorise#1", "", charge(40))
    between = Interposed(dynamodb)
    between.before("transact_write_items", merge)
    with pytest.raises(StoreContention):
        book(between, table).void("ord-1#void#1", held.reference)
    # The workflow repeats the step, which then reads the survivor.
    assert book(dynamodb, table).void("ord-1#void#1", held.reference).accepted
    assert (balances(wallets, "cus-1"), balances(wallets, "cus-2")) == ({"EUR": 100}, {"EUR": 0})
    left = [accounts.account(customer_id, "EUR").available for customer_id in ("cus-1", "cus-2")]
    assert left == [100, 0]


def test_limit_of_a_merged_customer_is_not_set(accounts: Accounts, merge: Callable[..., None]) -> None:
    merge()
    with pytest.raises(CustomerMerged, match="customer cus-2 was merged into cus-1"):
        accounts.set_limit(limit("cus-2", 100))


def test_limit_that_is_set_during_a_merge_is_refused(
    dynamodb: Any, table: str, accounts: Accounts, merge: Callable[..., None]
) -> None:
    between = Interposed(dynamodb)
    between.before("transact_write_items", merge)
    with pytest.raises(CustomerMerged):
        Accounts(between, table).set_limit(limit("cus-2", 100))
    assert accounts.account("cus-2", "EUR").credit_limit == 0


def test_credit_of_the_merged_customer_expires_from_the_survivors_wallet(
    wallets: Wallets, merge: Callable[..., None]
) -> None:
    day = (NOW + timedelta(days=1)).date()
    wallets.grant(granted(300, "g-1", "cus-1"), NOW)
    wallets.grant(granted(200, "g-2", "cus-2", expires_on=day), NOW)
    merge()
    assert wallets.expire(LATER) == 1
    assert balances(wallets, "cus-1") == {"EUR": 300}
    assert wallets.expire(LATER) == 0


def test_survivor_that_is_merged_itself_passes_everything_on(
    wallets: Wallets, merge: Callable[..., None]
) -> None:
    wallets.grant(granted(200, "g-2", "cus-2"), NOW)
    merge("cus-2", "cus-1", "mrg-1")
    wallets.grant(granted(50, "g-1", "cus-1"), NOW)
    merge("cus-1", "cus-3", "mrg-2")
    wallets.grant(granted(5, "g-3", "cus-2"), NOW)
    assert balances(wallets, "cus-3") == {"EUR": 255}
    assert [entry.entry_id for entry in wallets.entries(customer_wallet("cus-3"))] == ["g-1", "g-2", "g-3"]


def test_more_wallets_than_a_transaction_holds_are_moved(
    wallets: Wallets, merge: Callable[..., None]
) -> None:
    from tillflow.money import EXPONENT

    currencies = sorted(EXPONENT)[:60]
    for currency in currencies:
        wallets.grant(granted(1000, f"g-{currency}", "cus-2", currency=currency), NOW)
    merge()
    assert balances(wallets, "cus-1") == dict.fromkeys(currencies, 1000)
