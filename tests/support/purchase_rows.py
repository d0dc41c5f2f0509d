"""The rows of one purchase without violations, and changes of its document."""

import json
from collections.abc import Callable
from typing import Any

PO = "po-1"
LEVEL = "LEVEL#store-1#TEA"


def document() -> dict[str, Any]:
    return {
        "purchase_order_id": PO,
        "status": "CLOSED",
        "currency": "EUR",
        "approved_total": 500,
        "over_receipt_percent": 0,
        "lines": [{"sku": "TEA", "quantity": 5, "unit_cost": 100, "received": 5, "rejected": 0}],
        "attempts": [{"supplier_id": "sup-a", "state": "ACKNOWLEDGED"}],
        "receipts": [
            {"receipt_id": "r-1", "booked": True, "lines": [{"sku": "TEA", "quantity": 5, "rejected": 0}]}
        ],
        "invoice": {
            "number": "N-1",
            "total": 600,
            "tax": 100,
            "lines": [{"sku": "TEA", "quantity": 5, "unit_price": 100}],
        },
        "payment": {"state": "PAID", "reference": "tr-1", "amount": 600},
    }


def rows() -> dict[str, list[dict[str, Any]]]:
    level = {"sku": "TEA", "location": "store-1", "on_hand": 5, "reserved": 0, "available": 5}
    movement = {"kind": "receipt", "business_id": PO, "quantity": 5, "cost": 500}
    return {
        "PurchasingTable": [
            {
                "pk": f"PO#{PO}",
                "sk": "PURCHASE",
                "purchase_order_id": PO,
                "status": "CLOSED",
                "document": json.dumps(document()),
            },
            {"pk": "SUPPLIER#sup-a", "sk": "INVOICE#n-1", "purchase_order_id": PO},
            {"pk": "SUPPLIER#sup-a", "sk": "SUPPLIER", "supplier_id": "sup-a", "owed": 0, "open_orders": 0},
        ],
        "SandboxBankTable": [
            {"pk": f"TRANSFER#{PO}#pay", "sk": "TRANSFER", "key": f"{PO}#pay#1", "amount": 600}
        ],
        "InventoryTable": [
            {"pk": LEVEL, "sk": "LEVEL", **level, "stock_value": 500, "on_order": 0},
            {"pk": LEVEL, "sk": f"MOVE#{PO}#r-1", "location": "store-1", "sku": "TEA", **movement},
        ],
        "LedgerTable": [
            _entry("receipt", ("1200", 500, 0), ("2050", 0, 500)),
            _entry("invoice", ("2050", 500, 0), ("1300", 100, 0), ("2000", 0, 600)),
            _entry("payment", ("2000", 600, 0), ("1030", 0, 600)),
        ],
    }


def spoil(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, list[dict[str, Any]]]], None]:
    def spoiled(tables: dict[str, list[dict[str, Any]]]) -> None:
        [row] = [row for row in tables["PurchasingTable"] if row["sk"] == "PURCHASE"]
        document = json.loads(row["document"])
        change(document)
        row["document"] = json.dumps(document)

    return spoiled


def _entry(name: str, *lines: tuple[str, int, int]) -> dict[str, Any]:
    document = [{"account": account, "debit": debit, "credit": credit} for account, debit, credit in lines]
    entry_id = f"{PO}#{name}"
    return {
        "pk": f"ENTRY#{entry_id}",
        "sk": "ENTRY",
        "entry_id": entry_id,
        "business_id": PO,
        "lines": json.dumps(document),
    }
