"""The chart of accounts, numbered the usual way: 1 assets, 2 liabilities, 4 income, 5 cost."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Account:
    """An account; `normal` is the side that increases it."""

    code: str
    name: str
    normal: Literal["debit", "credit"]


CASH_ON_HAND = Account("1010", "Cash on hand", "debit")
CARD_CLEARING = Account("1020", "Card clearing", "debit")
BANK = Account("1030", "Bank", "debit")
INVENTORY = Account("1200", "Inventory", "debit")
INPUT_TAX = Account("1300", "Input tax recoverable", "debit")
PAYABLES = Account("2000", "Accounts payable", "credit")
GOODS_NOT_INVOICED = Account("2050", "Goods received, not invoiced", "credit")
STORE_CREDIT = Account("2100", "Store credit", "credit")
SALES_TAX_PAYABLE = Account("2200", "Sales tax payable", "credit")
SALES_REVENUE = Account("4000", "Sales revenue", "credit")
INVENTORY_OVERAGE = Account("4100", "Inventory overage", "credit")
COST_OF_GOODS_SOLD = Account("5000", "Cost of goods sold", "debit")
PURCHASE_PRICE_VARIANCE = Account("5100", "Purchase price variance", "debit")
INVENTORY_LOSSES = Account("5200", "Inventory losses", "debit")

CHART: dict[str, Account] = {
    account.code: account
    for account in (
        CASH_ON_HAND,
        CARD_CLEARING,
        BANK,
        INVENTORY,
        INPUT_TAX,
        PAYABLES,
        GOODS_NOT_INVOICED,
        STORE_CREDIT,
        SALES_TAX_PAYABLE,
        SALES_REVENUE,
        INVENTORY_OVERAGE,
        COST_OF_GOODS_SOLD,
        PURCHASE_PRICE_VARIANCE,
        INVENTORY_LOSSES,
    )
}

TENDER_ACCOUNT: dict[str, Account] = {
    "cash": CASH_ON_HAND,
    "card": CARD_CLEARING,
    "store_credit": STORE_CREDIT,
}
"""What a tender debits: money in the drawer, money the card provider owes, or credit the shop owed."""
