"""The books: every entry balances, and its accounts are what tenders, goods and taxes say.

Checked sale by sale: when every sale's entry equals its own sub-ledgers the accounts equal them in sum,
and a difference is found where it was made.
"""

from collections import Counter
from collections.abc import Iterator

from ledger.accounts import (
    COST_OF_GOODS_SOLD,
    INVENTORY,
    SALES_REVENUE,
    SALES_TAX_PAYABLE,
    TENDER_ACCOUNT,
)

from audit.snapshot import Item, Snapshot, Violation, document, journal_lines

SALE = "#sale"
CANCEL = "#cancel"


def entry_balances(shop: Snapshot) -> Iterator[Violation]:
    for name, entry in shop.entries.items():
        debits = sum(line.get("debit", 0) for line in journal_lines(entry))
        credits = sum(line.get("credit", 0) for line in journal_lines(entry))
        if debits != credits:
            yield Violation("entry_balances", name, f"debits are {debits}, credits {credits}")


def tender_accounts_are_what_was_captured(shop: Snapshot) -> Iterator[Violation]:
    """Cash, card clearing and store credit took exactly what the tenders of the sale brought in and kept."""
    for order, entry in _sales(shop):
        if shop.being_cancelled(order) or shop.excused(order, "ReversePayment", "ReverseJournal"):
            continue
        balances = _balances(entry)
        balances.update(_reversal(shop, order))
        captured: Counter[str] = Counter()
        for tender in shop.tenders.get(order, ()):
            captured[TENDER_ACCOUNT[tender["type"]].code] += tender.get("captured", 0) - tender.get(
                "refunded", 0
            )
        for account in TENDER_ACCOUNT.values():
            if balances[account.code] != captured[account.code]:
                yield Violation(
                    "tender_accounts_are_what_was_captured",
                    order,
                    f"{account.name} was debited {balances[account.code]}, "
                    f"its tenders brought in {captured[account.code]}",
                )


def goods_accounts_are_what_moved(shop: Snapshot) -> Iterator[Violation]:
    """What inventory lost to cost of goods is the cost of the sale's movements."""
    for order, entry in _sales(shop):
        if shop.being_cancelled(order) or shop.excused(
            order, "CommitStock", "RestockGoods", "ReverseJournal"
        ):
            continue
        cost = sum(movement["cost"] for movement in shop.sale_movements.get(order, ()))
        cost -= sum(movement["cost"] for movement in shop.cancel_movements.get(order, ()))
        balances = _balances(entry)
        balances.update(_reversal(shop, order))
        booked = (balances[COST_OF_GOODS_SOLD.code], -balances[INVENTORY.code])
        if booked != (cost, cost):
            yield Violation(
                "goods_accounts_are_what_moved",
                order,
                f"cost of goods was debited {booked[0]} and inventory credited {booked[1]}, "
                f"the goods that left and stayed away cost {cost}",
            )


def income_accounts_are_what_was_sold(shop: Snapshot) -> Iterator[Violation]:
    """Revenue and tax are the net and the tax of the order as it was priced."""
    for order, entry in _sales(shop):
        if order not in shop.orders:
            yield Violation(
                "income_accounts_are_what_was_sold", order, "a sale of an order nobody knows is booked"
            )
            continue
        totals = document(shop.orders[order])["totals"]
        balances = _balances(entry)
        booked = (-balances[SALES_REVENUE.code], -balances[SALES_TAX_PAYABLE.code])
        if booked != (totals["net"], totals["tax"]):
            yield Violation(
                "income_accounts_are_what_was_sold",
                order,
                f"revenue was credited {booked[0]} and tax {booked[1]}, "
                f"the order's net is {totals['net']} and its tax {totals['tax']}",
            )


def reversal_undoes_its_sale(shop: Snapshot) -> Iterator[Violation]:
    """A cancelled order's second entry leaves every account where it was, and there is none without a first."""
    for name, entry in shop.entries.items():
        if not name.endswith(CANCEL):
            continue
        order = name.removesuffix(CANCEL)
        balances = _balances(shop.entries.get(f"{order}{SALE}", {"lines": []}))
        balances.update(_balances(entry))
        left = {account: balance for account, balance in balances.items() if balance}
        if left:
            yield Violation("reversal_undoes_its_sale", order, f"the sale and its reversal leave {left}")
        if shop.orders.get(order, {}).get("status") != "CANCELLED" and not shop.being_cancelled(order):
            yield Violation("reversal_undoes_its_sale", order, "the sale of an order that stands is reversed")


def _reversal(shop: Snapshot, order: str) -> Counter[str]:
    entry = shop.entries.get(f"{order}{CANCEL}")
    return _balances(entry) if entry else Counter()


def _sales(shop: Snapshot) -> Iterator[tuple[str, Item]]:
    for name, entry in shop.entries.items():
        if name.endswith(SALE):
            yield name.removesuffix(SALE), entry


def _balances(entry: Item) -> Counter[str]:
    """Debits less credits by account code."""
    balances: Counter[str] = Counter()
    for line in journal_lines(entry):
        balances[line["account"]] += line.get("debit", 0) - line.get("credit", 0)
    return balances


BOOKS = (
    entry_balances,
    tender_accounts_are_what_was_captured,
    goods_accounts_are_what_moved,
    income_accounts_are_what_was_sold,
    reversal_undoes_its_sale,
)
