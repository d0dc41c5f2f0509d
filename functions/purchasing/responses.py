"""The responses of the purchasing functions. Amounts are integer minor units, quantities whole units."""

from typing import Literal, NotRequired, TypedDict

from tillflow.references import UnknownIds

from purchasing.models import Step


class LookedUpSuppliers(UnknownIds):
    """The ids that no supplier has, and the currencies of the suppliers that exist."""

    currencies: dict[str, str]


class OrderedUnits(TypedDict):
    sku: str
    quantity: int


class OpenedPurchase(TypedDict):
    purchase_order_id: str
    location: str
    currency: str
    lines: list[OrderedUnits]


class TimeoutSeconds(TypedDict):
    answer_seconds: int
    heartbeat_seconds: int


class SentPurchase(TypedDict):
    """attempt: how many suppliers the order was sent to, this one included."""

    purchase_order_id: str
    supplier_id: str
    attempt: int
    timeouts: TimeoutSeconds


class Quote(TypedDict):
    """The total of an order at its first supplier's prices, and whether it needs an approval.

    approved_total: the total up to which the order may be sent, once it is approved if it needs that.
    """

    total: int
    needs_approval: bool
    approved_total: int


class PurchaseRef(TypedDict):
    purchase_order_id: str


class PurchaseStatus(TypedDict):
    purchase_order_id: str
    status: str


class GoodsLine(TypedDict):
    sku: str
    quantity: int
    unit_cost: int


class PendingReceipt(TypedDict):
    """A receipt that stock and ledger do not have: its accepted lines and their value in minor units."""

    receipt_id: str
    entry_id: str
    lines: list[GoodsLine]
    value: int


class NextStep(TypedDict):
    """The step that the workflow runs next, and its input.

    entries: ids of every journal entry the order may have, the last first; receipts: its stock receipts.
    """

    purchase_order_id: str
    step: Step
    reason: str
    entries: list[str]
    receipts: list[str]
    receipt: PendingReceipt | None


class MatchedInvoice(TypedDict):
    """A matched invoice. goods: the value of the accepted units at the order's prices."""

    purchase_order_id: str
    number: str
    goods: int
    net: int
    tax: int
    total: int
    due_at: str


class SupplierPayment(TypedDict):
    purchase_order_id: str
    state: str
    amount: int
    reference: str


class ResolvedPayment(TypedDict):
    purchase_order_id: str
    outcome: Literal["paid", "not_paid"]
    amount: NotRequired[int]
    reference: NotRequired[str]


class WithdrawnPurchase(TypedDict):
    purchase_order_id: str
    withdrawn_from: str | None
