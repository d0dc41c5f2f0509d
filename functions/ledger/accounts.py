"""The chart of accounts. The first digit is the class: 1 assets, 2 liabilities, 4 income, 5 costs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the chart."""

    code: str
    name: str


CASH_ON_HAND = Account("1010", "Cash on hand")
CARD_CLEARING = Account("1020", "Card clearing")
EXCHANGE_CLEARING = Account("1040", "Exchange clearing")
BANK = Account("1030", "Bank")
RECEIVABLES = Account("1100", "Accounts receivable")
INVENTORY = Account("1200", "Inventory")
INPUT_TAX = Account("1300", "Input tax recoverable")
PAYABLES = Account("2000", "Accounts payable")
GOODS_NOT_INVOICED = Account("2050", "Goods received, not invoiced")
STORE_CREDIT = Account("2100", "Store credit")
GIFT_CARDS = Account("2110", "Gift cards")
SALES_TAX_PAYABLE = Account("2200", "Sales tax payable")
SALES_REVENUE = Account("4000", "Sales revenue")
SALES_RETURNS = Account("4010", "Sales returns")
INVENTORY_OVERAGE = Account("4100", "Inventory overage")
EXPIRED_CREDIT = Account("4200", "Expired credit")
CASH_ROUNDING = Account("4300", "Cash rounding")
COST_OF_GOODS_SOLD = Account("5000", "Cost of goods sold")
PURCHASE_PRICE_VARIANCE = Account("5100", "Purchase price variance")
INVENTORY_LOSSES = Account("5200", "Inventory losses")
GOODWILL = Account("5300", "Goodwill to customers")
CASH_DIFFERENCES = Account("5400", "Cash differences")
PAYMENT_FEES = Account("5500", "Payment fees")

CHART: dict[str, Account] = {
    account.code: account
    for account in (
        CASH_ON_HAND,
        CARD_CLEARING,
        EXCHANGE_CLEARING,
        BANK,
        RECEIVABLES,
        INVENTORY,
        INPUT_TAX,
        PAYABLES,
        GOODS_NOT_INVOICED,
        STORE_CREDIT,
        GIFT_CARDS,
        SALES_TAX_PAYABLE,
        SALES_REVENUE,
        SALES_RETURNS,
        INVENTORY_OVERAGE,
        EXPIRED_CREDIT,
        CASH_ROUNDING,
        COST_OF_GOODS_SOLD,
        PURCHASE_PRICE_VARIANCE,
        INVENTORY_LOSSES,
        GOODWILL,
        CASH_DIFFERENCES,
        PAYMENT_FEES,
    )
}

TENDER_ACCOUNT: dict[str, Account] = {
    "cash": CASH_ON_HAND,
    "card": CARD_CLEARING,
    "store_credit": STORE_CREDIT,
    "gift_card": GIFT_CARDS,
    "on_account": RECEIVABLES,
    "exchange": EXCHANGE_CLEARING,
}
"""The account a tender debits: cash in the drawer, a claim on the card provider or customer, a debt to the customer.

A return credits what it pays in an exchange to exchange clearing, and the new sale debits it.
"""

WALLET_ACCOUNT: dict[str, Account] = {"customer": STORE_CREDIT, "gift_card": GIFT_CARDS}
"""The account of a debt to the holder of credit."""

CREDIT_ACCOUNT: dict[str, Account] = {
    "goodwill": GOODWILL,
    "cash": CASH_ON_HAND,
    "bank_transfer": BANK,
    "expiry": EXPIRED_CREDIT,
}
"""The other account of a change of credit: what it cost, what was paid for it, or the income when it expires."""
