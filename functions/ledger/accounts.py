"""The chart of accounts. The first digit is the class: 1 assets, 2 liabilities, 4 income, 5 costs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the chart."""

    code: str
    name: str


CASH_ON_HAND = Account("1010", "Cash on hand")
CARD_CLEARING = Account("1020", "Card clearing")
BANK = Account("1030", "Bank")
INVENTORY = Account("1200", "Inventory")
INPUT_TAX = Account("1300", "Input tax recoverable")
PAYABLES = Account("2000", "Accounts payable")
GOODS_NOT_INVOICED = Account("2050", "Goods received, not invoiced")
STORE_CREDIT = Account("2100", "Store credit")
SALES_TAX_PAYABLE = Account("2200", "Sales tax payable")
SALES_REVENUE = Account("4000", "Sales revenue")
INVENTORY_OVERAGE = Account("4100", "Inventory overage")
COST_OF_GOODS_SOLD = Account("5000", "Cost of goods sold")
PURCHASE_PRICE_VARIANCE = Account("5100", "Purchase price variance")
INVENTORY_LOSSES = Account("5200", "Inventory losses")

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
"""The account a tender debits: cash in the drawer, a claim on the card provider, or a debt to the customer."""
