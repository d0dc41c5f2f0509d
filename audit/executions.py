"""Executions and records: what an execution completed is in the record of its business id.

Executions have a history of their own in Step Functions. Tables that lost their last changes, such as those restored
from an older backup, can agree with each other and still lack what an execution reports as done.

An execution that failed promises no record: it may have ended before it wrote one. Runs of StockReorder and the
workflows of images have no record by the name of their executions; `units_on_order_are_ordered` and the invariants of
images compare what they leave.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from audit.snapshot import Breach, Item, Snapshot, invariant


@dataclass(frozen=True, slots=True)
class Record:
    """The rows that the executions of a workflow write, by business id.

    `statuses`: those that a row can have after an execution has succeeded; empty for rows without a status.
    `optional`: an execution can succeed without a row.
    """

    rows: Callable[[Snapshot], Mapping[str, Item]]
    statuses: frozenset[str] = frozenset()
    optional: bool = False


def _rows(shop: Snapshot, table: str, sort_key: str, name: str) -> dict[str, Item]:
    """Return the rows with this sort key by business id."""
    return {row[name]: row for row in shop.items(table, sort_key) if row["sk"] == sort_key}


RECORDS: Mapping[str, Record] = {
    "OrderCheckout": Record(lambda shop: shop.orders, frozenset({"PAID", "CANCELLED"})),
    # A cancel leaves an order paid that a return overtook, and succeeds for one that was refused before it had a row.
    "OrderCancel": Record(
        lambda shop: shop.orders, frozenset({"PAID", "REJECTED", "CANCELLED"}), optional=True
    ),
    "OrderReturn": Record(lambda shop: shop.returns, frozenset({"COMPLETED"})),
    # Of an order that was cancelled before a carrier had it there is nothing to ship.
    "OrderShipment": Record(lambda shop: shop.deliveries, frozenset({"CLOSED"}), optional=True),
    "OrderExchange": Record(lambda shop: shop.returns, frozenset({"COMPLETED"})),
    "CustomerPayment": Record(lambda shop: _rows(shop, "BillingTable", "PAYMENT", "payment_id")),
    "CustomerMerge": Record(lambda shop: _rows(shop, "CustomersTable", "MERGE", "merge_id")),
    "PaymentReconciliation": Record(
        lambda shop: _rows(shop, "PaymentsTable", "RUN", "run_id"), frozenset({"COMPLETE"})
    ),
    "CatalogImport": Record(
        lambda shop: _rows(shop, "CatalogTable", "IMPORT", "import_id"), frozenset({"COMPLETE", "REJECTED"})
    ),
    "PurchaseOrder": Record(
        lambda shop: _rows(shop, "PurchasingTable", "PURCHASE", "purchase_order_id"), frozenset({"CLOSED"})
    ),
    "StockTransfer": Record(
        lambda shop: _rows(shop, "InventoryTable", "TRANSFER", "transfer_id"), frozenset({"CLOSED"})
    ),
}


@invariant
def succeeded_execution_has_its_record(shop: Snapshot) -> Iterator[Breach]:
    """The record of an execution that succeeded exists, and is not older than its end."""
    for workflow in sorted(shop.succeeded.keys() & RECORDS.keys()):
        record = RECORDS[workflow]
        rows = record.rows(shop)
        for name in sorted(shop.succeeded[workflow]):
            row = rows.get(name)
            if row is None and not record.optional:
                yield name, f"{workflow} succeeded, and its record is missing"
            elif row and record.statuses and row.get("status") not in record.statuses:
                expected = " or ".join(sorted(record.statuses))
                yield (
                    name,
                    f"{workflow} succeeded, and its record is older: {row.get('status')}; expected {expected}",
                )


EXECUTIONS = (succeeded_execution_has_its_record,)
