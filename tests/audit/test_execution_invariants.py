"""An execution that succeeded is a violation when its record is missing or older; other executions are not."""

from typing import Any

import pytest

from audit import Snapshot, check
from audit.executions import RECORDS
from tests.support import purchase_rows, reconciliation_rows, return_rows, shop_rows, transfer_rows
from verification.proof.coverage import tasks

NAME = "succeeded_execution_has_its_record"
# No row is named after their executions: see the docstring of audit.executions.
WITHOUT_RECORD = {"StockReorder", "ImageIngest", "ImageBackfill"}


def violations(tables: dict[str, list[dict[str, Any]]], workflow: str, name: str) -> list[str]:
    shop = Snapshot(tables, succeeded={workflow: frozenset({name})})
    return [broken.message for broken in check(shop) if (broken.name, broken.subject) == (NAME, name)]


def test_every_workflow_has_a_record_or_is_named_as_without_one() -> None:
    assert set(tasks()) == RECORDS.keys() | WITHOUT_RECORD


@pytest.mark.parametrize("workflow", sorted(name for name, one in RECORDS.items() if not one.optional))
def test_missing_record_is_a_violation(workflow: str) -> None:
    [message] = violations(shop_rows.rows(), workflow, "lost-1")
    assert message == f"{workflow} succeeded, and its record is missing"


@pytest.mark.parametrize("workflow", ["OrderCancel", "OrderShipment"])
def test_execution_that_needs_no_record_is_no_violation(workflow: str) -> None:
    assert violations(shop_rows.rows(), workflow, "lost-1") == []


@pytest.mark.parametrize(
    ("rows", "workflow", "table", "sort_key", "older"),
    [
        (shop_rows, "OrderCheckout", "OrdersTable", "ORDER", "PLACED"),
        (shop_rows, "OrderCancel", "OrdersTable", "ORDER", "PLACED"),
        (return_rows, "OrderReturn", "OrdersTable", "RETURN", "CLAIMED"),
        (return_rows, "OrderExchange", "OrdersTable", "RETURN", "CLAIMED"),
        (reconciliation_rows, "PaymentReconciliation", "PaymentsTable", "RUN", "RUNNING"),
        (purchase_rows, "PurchaseOrder", "PurchasingTable", "PURCHASE", "MATCHED"),
        (transfer_rows, "StockTransfer", "InventoryTable", "TRANSFER", "IN_TRANSIT"),
    ],
)
def test_older_record_is_a_violation(rows: Any, workflow: str, table: str, sort_key: str, older: str) -> None:
    tables = rows.rows()
    ended = RECORDS[workflow].statuses
    row = next(row for row in tables[table] if row["sk"] == sort_key and row["status"] in ended)
    name = row["pk"].partition("#")[2]
    assert violations(tables, workflow, name) == []
    row["status"] = older
    [message] = violations(tables, workflow, name)
    assert f"its record is older: {older}" in message
