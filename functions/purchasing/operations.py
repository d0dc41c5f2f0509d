"""What people, suppliers and other systems ask of purchasing. The command line and an HTTP API call the same methods.

A change is written to the order's document, then the waiting workflow's task is completed. If no task waits, the
workflow reads the document when it gets to it: the callback carries no data.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, get_args

from tillflow.callbacks import complete_task, fail_task, send_heartbeat
from tillflow.executions import Started, start_once
from tillflow.listing import Page
from tillflow.parsing import parse
from tillflow.references import Filter, FindUnknown, Kind, Reference, check_filters, check_references
from tillflow.times import utc_now

from purchasing import reporting, rules
from purchasing.errors import InvalidPurchase, InvalidSupplier, UnknownPurchase
from purchasing.matching import mismatches
from purchasing.models import (
    Candidate,
    DeliveryNote,
    Invoice,
    OpenOrder,
    OrderRef,
    Purchase,
    Receipt,
    ShownStep,
    Status,
)
from purchasing.store import PurchaseStore
from purchasing.supplier_models import Entry, Price, Supplier, SupplierAccount, SupplierReport
from purchasing.supplier_rules import check_supplier

INVOICE_DAYS = (366, 31)
RECEIPT_DAYS = (366, 1)
EXPECTED_DAYS = (31, 366)
"""Days before and after today that an invoice, a receipt and an announced delivery may have."""
STATUSES: tuple[str, ...] = get_args(Status.__value__)
MEASURED_FROM = 3
"""Complete deliveries a supplier must have before its lead time and punctuality are measured from them."""
_HUNDREDTH = Decimal("0.01")


class PurchaseOperations:
    """Purchase orders. states: a Step Functions client; machine: the ARN of the workflow.

    find: the lookups of products and locations by their services. Each change returns the changed order.
    """

    def __init__(
        self,
        dynamodb: Any,
        states: Any,
        table: str,
        machine: str,
        find: Mapping[Kind, FindUnknown],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = PurchaseStore(dynamodb, table, now)
        self._states = states
        self._machine = machine
        self._find = {**find, "supplier": self._store.suppliers.find_unknown}
        self._now = now

    def get(self, purchase_order_id: str) -> Purchase:
        """Return the order; UnknownPurchase."""
        return self._store.get(_order_id(purchase_order_id))

    def list_purchases(
        self,
        limit: int = 50,
        after: str = "",
        *,
        status: str | None = None,
        supplier_id: str | None = None,
        location: str | None = None,
    ) -> Page[Purchase]:
        """Return a page of the orders, the newest first. UnknownReferences, InvalidPurchase for an unknown status."""
        if status is not None and status not in STATUSES:
            raise InvalidPurchase("status", status, f"one of {', '.join(STATUSES)}")
        page = self._store.list_purchases(limit, after, status, supplier_id, location)
        filters: list[Filter] = [("supplier", "supplier_id", supplier_id), ("location", "location", location)]
        check_filters(page.rows, filters, self._find)
        return page

    def next_step(self, purchase: Purchase) -> ShownStep | None:
        """Return the step that the order's workflow runs next, None if it has ended."""
        if purchase.ended_at:
            return None
        match purchase.status:
            case "MATCHED":
                return "pay"
            case "PAID":
                return "close"
        return rules.next_step(purchase)

    def create(self, request: OpenOrder) -> Started:
        """Start an order; the same order again starts nothing.

        UnknownReferences, InvalidPurchase for another currency than a supplier's, IdempotencyConflict.
        """
        check_references(rules.references(request), self._find)
        self._store.check_suppliers(request)
        sent = request.model_dump(mode="json", exclude={"execution", "approved_total"})
        name = request.purchase_order_id
        return start_once(self._states, self._machine, name, sent, f"purchase order {name}")

    def acknowledge(self, purchase_order_id: str, promised_on: date, supplier_id: str = "") -> Purchase:
        """Accept the order for its supplier, with the promised delivery date."""
        today = self._today()

        def accept(order: Purchase) -> Purchase:
            rules.check_promise(order, promised_on, today)
            return rules.acknowledge(order, promised_on, supplier_id)

        return self._change(purchase_order_id, accept)

    def refuse(self, purchase_order_id: str, note: str, supplier_id: str = "") -> Purchase:
        """Refuse the order for its supplier: the workflow sends it to the next one."""
        rules.check_text("note", note)
        order = self._store.change(
            _order_id(purchase_order_id), lambda before: rules.refuse(before, note, supplier_id)
        )
        refusal = rules.refusal(order)
        if order.task_token and refusal:
            fail_task(self._states, order.task_token, refusal)
        return order

    def heartbeat(self, purchase_order_id: str, supplier_id: str = "") -> Purchase:
        """Restart the supplier's heartbeat timeout: it has the order and will respond.

        supplier_id: who sends it, "" for the supplier that is asked now; PurchaseConflict for another one.
        """
        order = self.get(purchase_order_id)
        rules.check_asked(order, supplier_id)
        if order.task_token:
            send_heartbeat(self._states, order.task_token)
        return order

    def check_sent_to(self, purchase_order_id: str, supplier_id: str) -> None:
        """Raise UnknownPurchase for an order that was never sent to a supplier, who does not learn that it exists."""
        order = self.get(purchase_order_id)
        if supplier_id not in {attempt.supplier_id for attempt in order.attempts}:
            raise UnknownPurchase(order.purchase_order_id)

    def add_delivery_note(self, purchase_order_id: str, note: DeliveryNote, supplier_id: str) -> Purchase:
        """Add a delivery note of the order's supplier, once per note id; nothing is booked."""
        if note.expected_on is not None:
            rules.check_day("expected_on", note.expected_on, self._today(), *EXPECTED_DAYS)
        return self._store.add_delivery_note(_order_id(purchase_order_id), note, supplier_id)

    def receive(self, purchase_order_id: str, receipt: Receipt) -> Purchase:
        """Record a delivery, once per receipt id."""
        rules.check_day(
            "received_at", receipt.received_at.astimezone(UTC).date(), self._today(), *RECEIPT_DAYS
        )
        return self._complete_wait(self._store.receive(_order_id(purchase_order_id), receipt))

    def bill(self, purchase_order_id: str, invoice: Invoice) -> Purchase:
        """Record the supplier's invoice, in place of one that is not matched."""
        rules.check_day("invoiced_on", invoice.invoiced_on, self._today(), *INVOICE_DAYS)
        return self._complete_wait(self._store.bill(_order_id(purchase_order_id), invoice))

    def close_short(self, purchase_order_id: str) -> Purchase:
        """Expect no more goods for the order."""
        return self._change(purchase_order_id, rules.close_short)

    def cancel(self, purchase_order_id: str, reason: str) -> Purchase:
        """Request the cancellation of the order."""
        rules.check_text("reason", reason)
        return self._change(purchase_order_id, lambda order: rules.request_cancel(order, reason))

    def differences(self, purchase: Purchase) -> list[str]:
        """Return the differences of an invoice that is not matched from the order and what was received of it."""
        if purchase.invoice is None or purchase.status != "ACKNOWLEDGED":
            return []
        rate = self._store.suppliers.get(str(purchase.supplier_id)).tax_rate
        return [str(one) for one in mismatches(purchase.lines, purchase.invoice, rate, purchase.currency)]

    def _today(self) -> date:
        return self._now().astimezone(UTC).date()

    def _change(self, purchase_order_id: str, rule: Callable[[Purchase], Purchase]) -> Purchase:
        return self._complete_wait(self._store.change(_order_id(purchase_order_id), rule))

    def _complete_wait(self, order: Purchase) -> Purchase:
        if order.task_token:
            complete_task(self._states, order.task_token, {"purchase_order_id": order.purchase_order_id})
        return order


class SupplierOperations:
    """Suppliers, their price lists, statements and performance. find_unknown_products: by the catalog."""

    def __init__(self, dynamodb: Any, table: str, find_unknown_products: FindUnknown) -> None:
        self._find: dict[Kind, FindUnknown] = {"product": find_unknown_products}
        self._orders = PurchaseStore(dynamodb, table)
        self._store = self._orders.suppliers

    def create(self, supplier: Supplier, prices: Iterable[Price] = ()) -> SupplierAccount:
        """Create a supplier with its prices; the same again changes nothing.

        InvalidSupplier, IdempotencyConflict, UnknownReferences. One that was deleted keeps the currency of its orders.
        """
        check_supplier(supplier)
        self._check_currency(supplier)
        return self._store.create(supplier, self._checked(prices))

    def update(
        self, supplier: Supplier, prices: Iterable[Price], version: int | None = None
    ) -> SupplierAccount:
        """Replace a supplier and add prices, at `version` or at its newest.

        InvalidSupplier, UnknownReferences, RecordChanged.
        """
        check_supplier(supplier)
        prices = self._checked(prices)
        newest = self._store.account(supplier.supplier_id).version
        account = self._store.update(supplier, newest if version is None else version)
        self._store.set_prices(supplier.supplier_id, prices)
        return account

    def delete(self, supplier_id: str) -> None:
        """Delete a supplier; SupplierInUse."""
        self._store.delete(_supplier_id(supplier_id))

    def get(self, supplier_id: str) -> SupplierAccount:
        """Return a supplier; UnknownSupplier."""
        return self._store.account(_supplier_id(supplier_id))

    def list_suppliers(self, limit: int = 50, after: str = "") -> Page[SupplierAccount]:
        """Return a page of the suppliers by id."""
        return self._store.list_suppliers(limit, after)

    def report(self, supplier_id: str) -> SupplierReport:
        """Return a supplier with its prices and performance; UnknownSupplier."""
        account = self.get(supplier_id)
        performance = reporting.performance(self._sent_to(supplier_id), supplier_id, utc_now().date())
        return SupplierReport(account, list(self._store.prices(supplier_id).values()), performance)

    def statement(self, supplier_id: str) -> list[Entry]:
        """Return what was billed and paid; UnknownSupplier."""
        self.get(supplier_id)
        return reporting.statement(o for o in self._sent_to(supplier_id) if o.supplier_id == supplier_id)

    def source_terms(self, supplier_id: str, sku: str) -> dict[str, Any]:
        """Return the known fields of a source of a SKU: currency, lead time, price and measured punctuality.

        UnknownSupplier; the price is missing if the supplier's list has none for the SKU.
        """
        supplier = self.get(supplier_id).supplier
        price = self._store.prices(supplier_id, [sku]).get(sku)
        terms: dict[str, Any] = {"currency": supplier.currency, "lead_time_days": supplier.lead_time_days}
        if price:
            terms |= {"unit_cost": price.unit_cost, "minimum_quantity": price.minimum_quantity}
        return terms | self.punctuality(supplier_id)

    def punctuality(self, supplier_id: str) -> dict[str, Any]:
        """Return on_time and lead_time_variance of a supplier; {} with fewer than MEASURED_FROM deliveries."""
        orders = self._sent_to(supplier_id)
        days = reporting.lead_times(orders, supplier_id)
        if len(days) < MEASURED_FROM:
            return {}
        performance = reporting.performance(orders, supplier_id, utc_now().date())
        mean = Decimal(sum(days)) / len(days)
        variance = sum(((day - mean) ** 2 for day in days), Decimal(0)) / len(days)
        return {
            "on_time": str((Decimal(performance.on_time) / performance.orders).quantize(_HUNDREDTH)),
            "lead_time_variance": str(variance.quantize(_HUNDREDTH)),
        }

    def _check_currency(self, supplier: Supplier) -> None:
        """Raise InvalidSupplier for another currency than that of orders which were sent to the supplier before."""
        order_id = next(self._store.order_ids(supplier.supplier_id), None)
        if order_id is None:
            return
        currency = self._orders.get(order_id).currency
        if supplier.currency != currency:
            raise InvalidSupplier("currency", supplier.currency, f"{currency}, that of its orders")

    def _sent_to(self, supplier_id: str) -> list[Purchase]:
        return self._orders.get_many(self._store.order_ids(supplier_id))

    def _checked(self, prices: Iterable[Price]) -> list[Price]:
        """Return prices of one a SKU, of products that exist. InvalidSupplier, UnknownReferences."""
        prices = _one_per_sku(prices)
        skus = [
            Reference("product", f"prices[{number}].sku", price.sku) for number, price in enumerate(prices)
        ]
        check_references(skus, self._find)
        return prices


def _one_per_sku(prices: Iterable[Price]) -> list[Price]:
    """Return the prices; InvalidSupplier if there are several of a SKU."""
    prices = list(prices)
    repeated = sorted(sku for sku, count in Counter(price.sku for price in prices).items() if count > 1)
    if repeated:
        raise InvalidSupplier("prices", ", ".join(repeated), "one price per SKU")
    return prices


def _order_id(purchase_order_id: str) -> str:
    return parse(OrderRef, {"purchase_order_id": purchase_order_id}, InvalidPurchase).purchase_order_id


def _supplier_id(supplier_id: str) -> str:
    return parse(Candidate, {"supplier_id": supplier_id}, InvalidSupplier).supplier_id
