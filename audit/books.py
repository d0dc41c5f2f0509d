"""The journal: every entry balances, and its accounts equal the tenders, movements and taxes of its order.

Checked for each sale: if the entry of every sale equals its sub-ledgers, so do the sums of the accounts, and a
difference is found at its origin.
"""

from collections import Counter
from collections.abc import Iterator

from ledger.accounts import (
    CHART,
    COST_OF_GOODS_SOLD,
    INVENTORY,
    SALES_REVENUE,
    SALES_TAX_PAYABLE,
    TENDER_ACCOUNT,
)

from audit.snapshot import Breach, Item, Snapshot, account_balances, document, invariant, journal_lines

SALE = "#sale"
CANCEL = "#cancel"


@invariant
def entry_balances(shop: Snapshot) -> Iterator[Breach]:
    """Debits equal credits in every entry."""
    for name, entry in shop.entries.items():
        debits = sum(line.get("debit", 0) for line in journal_lines(entry))
        credits = sum(line.get("credit", 0) for line in journal_lines(entry))
        if debits != credits:
            yield (name, f"debits are {debits}, credits are {credits}")


@invariant
def entry_accounts_are_in_the_chart(shop: Snapshot) -> Iterator[Breach]:
    """Every line of an entry is on an account of the chart."""
    for name, entry in shop.entries.items():
        unknown = {line["account"] for line in journal_lines(entry)} - CHART.keys()
        if unknown:
            yield (name, f"accounts {sorted(unknown)} are not in the chart")


@invariant
def tender_accounts_are_what_was_captured(shop: Snapshot) -> Iterator[Breach]:
    """Cash, card clearing and store credit were debited what the tenders of the sale captured, less refunds.

    Refunds of returns are left out: they have entries of their own.
    """
    for order, entry in _sales(shop):
        if _is_undecided(shop, order, "ReversePayment"):
            continue
        balances = account_balances(entry)
        balances.update(_reversal(shop, order))
        captured: Counter[str] = Counter()
        for tender in shop.tenders.get(order, ()):
            refunded = tender.get("refunded", 0) - shop.refunded_by_returns[order, tender["tender_no"]]
            captured[TENDER_ACCOUNT[tender["type"]].code] += tender.get("captured", 0) - refunded
        for account in TENDER_ACCOUNT.values():
            if balances[account.code] != captured[account.code]:
                yield (
                    order,
                    f"{account.name} was debited {balances[account.code]}, "
                    f"its tenders captured {captured[account.code]}",
                )


@invariant
def goods_accounts_are_what_moved(shop: Snapshot) -> Iterator[Breach]:
    """Cost of goods and inventory were posted at the cost of the sale's movements."""
    for order, entry in _sales(shop):
        if _is_undecided(shop, order):
            continue
        cost = sum(movement["cost"] for movement in shop.sale_movements.get(order, ()))
        cost -= sum(movement["cost"] for movement in shop.cancel_movements.get(order, ()))
        balances = account_balances(entry)
        balances.update(_reversal(shop, order))
        posted = (balances[COST_OF_GOODS_SOLD.code], -balances[INVENTORY.code])
        if posted != (cost, cost):
            yield (
                order,
                f"cost of goods was debited {posted[0]} and inventory credited {posted[1]}; "
                f"the cost of the movements is {cost}",
            )


@invariant
def income_accounts_are_what_was_sold(shop: Snapshot) -> Iterator[Breach]:
    """Revenue and tax were credited the net and the tax of the priced order."""
    for order, entry in _sales(shop):
        if order not in shop.orders:
            yield (order, "a sale of an unknown order is posted")
            continue
        totals = document(shop.orders[order])["totals"]
        balances = account_balances(entry)
        posted = (-balances[SALES_REVENUE.code], -balances[SALES_TAX_PAYABLE.code])
        if posted != (totals["net"], totals["tax"]):
            yield (
                order,
                f"revenue was credited {posted[0]} and tax {posted[1]}; "
                f"the order's net is {totals['net']} and its tax {totals['tax']}",
            )


@invariant
def reversal_undoes_its_sale(shop: Snapshot) -> Iterator[Breach]:
    """The reversal of a cancelled order returns every account to its balance, and follows a sale."""
    for name, entry in shop.entries.items():
        if not name.endswith(CANCEL):
            continue
        order = name.removesuffix(CANCEL)
        balances = account_balances(shop.entries.get(f"{order}{SALE}", {"lines": []}))
        balances.update(account_balances(entry))
        left = {account: balance for account, balance in balances.items() if balance}
        if left:
            yield (order, f"the sale and its reversal leave {left}")
        if shop.orders.get(order, {}).get("status") != "CANCELLED" and not shop.being_cancelled(order):
            yield (order, "the sale is reversed, and its order is not cancelled")


def _is_undecided(shop: Snapshot, order: str, *steps: str) -> bool:
    """Return whether a cancel is in progress, a step was done by hand, or its journal entry waits for an operator."""
    return shop.being_cancelled(order) or shop.excused(order, *steps) or shop.is_open(order, "ReverseJournal")


def _reversal(shop: Snapshot, order: str) -> Counter[str]:
    entry = shop.entries.get(f"{order}{CANCEL}")
    return account_balances(entry) if entry else Counter()


def _sales(shop: Snapshot) -> Iterator[tuple[str, Item]]:
    for name, entry in shop.entries.items():
        if name.endswith(SALE):
            yield name.removesuffix(SALE), entry


BOOKS = (
    entry_balances,
    entry_accounts_are_in_the_chart,
    tender_accounts_are_what_was_captured,
    goods_accounts_are_what_moved,
    income_accounts_are_what_was_sold,
    reversal_undoes_its_sale,
)
