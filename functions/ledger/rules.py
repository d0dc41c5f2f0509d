"""Journal entries of sales, purchases, losses, corrections and credit, and their reversals. Pure."""

from dataclasses import replace

from tillflow.events import CreditChanged, StockCorrected

from ledger import accounts
from ledger.accounts import Account
from ledger.errors import JournalUnbalanced
from ledger.models import (
    CustomerPayment,
    Entry,
    JournalLine,
    PostJournal,
    PostLoss,
    PostPurchase,
    PostReturn,
)


def sale_entry(sale: PostJournal) -> Entry:
    """Return the entry of a sale.

    Debits: each kind of tender, and the cost of the goods. Credits: revenue net of tax and discounts, tax per class and
    rate, and the inventory at cost; the rounding of cash on either side. JournalUnbalanced if they differ.
    """
    tendered: dict[str, int] = {}
    for tender in sale.tenders:
        tendered[tender.type] = tendered.get(tender.type, 0) + tender.amount
    revenue = sum(tax.net for tax in sale.order.taxes)
    rounding = sale.order.totals.rounding
    lines = [
        *(_debit(accounts.TENDER_ACCOUNT[kind], amount) for kind, amount in tendered.items()),
        _credit(accounts.SALES_REVENUE, revenue),
        *(_credit(accounts.SALES_TAX_PAYABLE, tax.tax, tax.tax_class, tax.rate) for tax in sale.order.taxes),
        _debit(accounts.CASH_ROUNDING, max(-rounding, 0)),
        _credit(accounts.CASH_ROUNDING, max(rounding, 0)),
        _debit(accounts.COST_OF_GOODS_SOLD, sale.cost),
        _credit(accounts.INVENTORY, sale.cost),
    ]
    entry = Entry(
        entry_id=sale_entry_id(sale.order.order_id),
        business_id=sale.order.order_id,
        kind="sale",
        currency=sale.order.currency,
        reference=sale.invoice_number,
        lines=tuple(line for line in lines if line.debit or line.credit),
    )
    check_balanced(entry)
    return entry


def sale_entry_id(order_id: str) -> str:
    """Return the id of the entry of an order's sale."""
    return f"{order_id}#sale"


def cancel_entry_id(order_id: str) -> str:
    """Return the id of the entry that reverses an order's sale."""
    return f"{order_id}#cancel"


def return_entry_id(business_id: str, return_id: str) -> str:
    """Return the id of the entry of a return: of an order, or of itself without a receipt."""
    return f"{business_id}#return#{return_id}"


def return_entry(business_id: str, returned: PostReturn) -> Entry:
    """Return the entry of a return of an order, or of itself without a receipt.

    Debits: sales returns and tax per class and rate, the inventory at the cost of what is restocked, inventory losses
    at the cost of what is written off. Credits: each kind of refund, and the cost of goods; the rounding of cash on
    either side. JournalUnbalanced if they differ.
    """
    refunded: dict[str, int] = {}
    for part in returned.refunds:
        refunded[part.type] = refunded.get(part.type, 0) + part.amount
    lines = [
        _debit(accounts.SALES_RETURNS, sum(tax.net for tax in returned.taxes)),
        *(_debit(accounts.SALES_TAX_PAYABLE, tax.tax, tax.tax_class, tax.rate) for tax in returned.taxes),
        *(_credit(accounts.TENDER_ACCOUNT[kind], amount) for kind, amount in refunded.items()),
        _debit(accounts.CASH_ROUNDING, max(returned.rounding, 0)),
        _credit(accounts.CASH_ROUNDING, max(-returned.rounding, 0)),
        _debit(accounts.INVENTORY, returned.restocked),
        _debit(accounts.INVENTORY_LOSSES, returned.written_off),
        _credit(accounts.COST_OF_GOODS_SOLD, returned.restocked + returned.written_off),
    ]
    entry = Entry(
        entry_id=return_entry_id(business_id, returned.return_id),
        business_id=business_id,
        kind="return",
        currency=returned.currency,
        reference=returned.credit_note_number,
        lines=tuple(line for line in lines if line.debit or line.credit),
    )
    check_balanced(entry)
    return entry


def sale_reversal(sale: Entry) -> Entry:
    """Return the entry that reverses a sale: the same lines with debit and credit exchanged."""
    return replace(
        sale,
        entry_id=cancel_entry_id(sale.business_id),
        kind="cancel",
        reference=sale.entry_id,
        lines=tuple(replace(line, debit=line.credit, credit=line.debit) for line in sale.lines),
    )


def purchase_entry(purchase: PostPurchase) -> Entry:
    """Return the entry of one step of a purchase order.

    goods_received: inventory against goods received, not invoiced. purchase_invoice: the latter, input tax and the
    price variance against payables. supplier_payment: payables against the bank. goods_returned: the difference between
    the cost and the value of returned goods, whose receipt is reversed at its cost, against the price variance.
    """
    owed = purchase.net + purchase.tax
    difference = purchase.net - purchase.goods
    match purchase.kind:
        case "goods_received":
            lines = [
                _debit(accounts.INVENTORY, purchase.goods),
                _credit(accounts.GOODS_NOT_INVOICED, purchase.goods),
            ]
        case "purchase_invoice":
            lines = [
                _debit(accounts.GOODS_NOT_INVOICED, purchase.goods),
                _debit(accounts.PURCHASE_PRICE_VARIANCE, max(difference, 0)),
                _credit(accounts.PURCHASE_PRICE_VARIANCE, max(-difference, 0)),
                _debit(accounts.INPUT_TAX, purchase.tax),
                _credit(accounts.PAYABLES, owed),
            ]
        case "supplier_payment":
            lines = [_debit(accounts.PAYABLES, purchase.paid), _credit(accounts.BANK, purchase.paid)]
        case "goods_returned":
            lines = _value_difference(purchase.goods - purchase.returned)
    entry = Entry(
        entry_id=purchase.entry_id,
        business_id=purchase.purchase_order_id,
        kind=purchase.kind,
        currency=purchase.currency,
        reference=purchase.reference,
        lines=tuple(line for line in lines if line.debit or line.credit),
    )
    check_balanced(entry)
    return entry


def _value_difference(difference: int) -> list[JournalLine]:
    """Return the lines for goods that were returned at `difference` below their cost (above it if negative)."""
    if difference >= 0:
        return [_debit(accounts.INVENTORY, difference), _credit(accounts.PURCHASE_PRICE_VARIANCE, difference)]
    return [_debit(accounts.PURCHASE_PRICE_VARIANCE, -difference), _credit(accounts.INVENTORY, -difference)]


def loss_entry(loss: PostLoss) -> Entry:
    """Return the entry of lost goods: inventory losses against inventory, at cost."""
    return Entry(
        entry_id=loss.entry_id,
        business_id=loss.business_id,
        kind="inventory_loss",
        currency=loss.currency,
        reference=None,
        lines=(_debit(accounts.INVENTORY_LOSSES, loss.value), _credit(accounts.INVENTORY, loss.value)),
    )


def correction_entry(corrected: StockCorrected) -> Entry | None:
    """Return the entry of units found (inventory overage) or lost (inventory losses); None if they have no cost."""
    if corrected.cost == 0:
        return None
    debited, credited = accounts.INVENTORY_LOSSES, accounts.INVENTORY
    if corrected.quantity > 0:
        debited, credited = accounts.INVENTORY, accounts.INVENTORY_OVERAGE
    return Entry(
        entry_id=f"{corrected.business_id}#correction",
        business_id=corrected.business_id,
        kind="correction",
        currency=corrected.currency,
        reference=corrected.reason,
        lines=(_debit(debited, corrected.cost), _credit(credited, corrected.cost)),
    )


def credit_entry(changed: CreditChanged) -> Entry:
    """Return the entry of credit that was granted (its cost or payment against the debt) or that expired."""
    debited, credited = accounts.CREDIT_ACCOUNT[changed.kind], accounts.WALLET_ACCOUNT[changed.holder]
    if changed.kind == "expiry":
        debited, credited = credited, debited
    return Entry(
        entry_id=f"{changed.entry_id}#credit",
        business_id=changed.entry_id,
        kind="credit",
        currency=changed.currency,
        reference=changed.reason,
        lines=(_debit(debited, changed.amount), _credit(credited, changed.amount)),
    )


def payment_entry(payment: CustomerPayment) -> Entry:
    """Return the entry of a customer's payment: cash or bank against receivables, and credit for what is left.

    JournalUnbalanced if the parts are not the amount.
    """
    lines = [
        _debit(accounts.CREDIT_ACCOUNT[payment.method], payment.amount),
        _debit(accounts.RECEIVABLES, max(-payment.allocated, 0)),
        _credit(accounts.RECEIVABLES, max(payment.allocated, 0)),
        _credit(accounts.STORE_CREDIT, payment.overpayment),
    ]
    entry = Entry(
        entry_id=f"{payment.payment_id}#payment_received",
        business_id=payment.payment_id,
        kind="payment_received",
        currency=payment.currency,
        reference=None,
        lines=tuple(line for line in lines if line.debit or line.credit),
    )
    check_balanced(entry)
    return entry


def entry_reversal(entry: Entry) -> Entry:
    """Return the entry that reverses an entry of a purchase order."""
    return replace(sale_reversal(entry), entry_id=f"{entry.entry_id}-reversed", kind=f"{entry.kind}_reversed")


def check_balanced(entry: Entry) -> None:
    """Raise JournalUnbalanced unless debits = credits."""
    if entry.debits != entry.credits:
        raise JournalUnbalanced(entry.entry_id, entry.debits, entry.credits, entry.currency)


def _debit(
    account: Account, amount: int, tax_class: str | None = None, tax_rate: str | None = None
) -> JournalLine:
    return JournalLine(account.code, account.name, debit=amount, tax_class=tax_class, tax_rate=tax_rate)


def _credit(
    account: Account, amount: int, tax_class: str | None = None, tax_rate: str | None = None
) -> JournalLine:
    return JournalLine(account.code, account.name, credit=amount, tax_class=tax_class, tax_rate=tax_rate)
