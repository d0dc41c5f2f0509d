"""The rows of a transfer of which three of five units arrived and two are lost, and of a cancelled transfer."""

import json
from typing import Any

TRF, CANCELLED = "trf-1", "trf-2"
SOURCE, DESTINATION = "LEVEL#warehouse#TEA", "LEVEL#store-1#TEA"


def rows() -> dict[str, list[dict[str, Any]]]:
    arrived = {"sku": "TEA", "quantity": 3, "lost": 2, "cost": 300, "lost_cost": 200}
    document = {"transfer_id": TRF, "status": "CLOSED", "arrivals": [{"booked": True, "lines": [arrived]}]}
    loss = [
        {"account": "5200", "name": "Inventory losses", "debit": 200, "credit": 0},
        {"account": "1200", "name": "Inventory", "debit": 0, "credit": 200},
    ]
    return {
        "InventoryTable": [
            _level("warehouse", on_hand=5, stock_value=500),
            _level("store-1", on_hand=3, stock_value=300),
            _movement("warehouse", "seed", "receipt", 10, 1000),
            _movement("warehouse", TRF, "transfer_out", -5, 500),
            _movement("store-1", TRF, "transfer_in", 3, 300),
            _incoming(TRF, ordered=5),
            {"pk": f"TRANSFER#{TRF}", "sk": "STEP#arrival-van-1#0", "result": json.dumps([arrived])},
            _transfer(TRF, "CLOSED", document),
            _incoming(CANCELLED, ordered=2),
            _transfer(CANCELLED, "CANCELLED", {"transfer_id": CANCELLED, "status": "CANCELLED", "arrivals": []}),
        ],
        "LedgerTable": [
            {
                "pk": f"ENTRY#{TRF}#loss",
                "sk": "ENTRY",
                "entry_id": f"{TRF}#loss",
                "business_id": TRF,
                "kind": "inventory_loss",
                "currency": "EUR",
                "lines": json.dumps(loss),
            }
        ],
    }  # fmt: skip


def _level(location: str, on_hand: int, stock_value: int) -> dict[str, Any]:
    counters = {"on_hand": on_hand, "reserved": 0, "available": on_hand, "on_order": 0}
    place = {"pk": f"LEVEL#{location}#TEA", "sk": "LEVEL", "sku": "TEA", "location": location}
    return place | counters | {"stock_value": stock_value}


def _movement(location: str, name: str, kind: str, quantity: int, cost: int) -> dict[str, Any]:
    place = {"pk": f"LEVEL#{location}#TEA", "sk": f"MOVE#{name}#{kind}", "sku": "TEA", "location": location}
    return place | {"business_id": name, "kind": kind, "quantity": quantity, "cost": cost}


def _incoming(name: str, ordered: int) -> dict[str, Any]:
    place = {"pk": f"TRANSFER#{name}", "sk": "ONORDER#store-1#TEA", "sku": "TEA", "location": "store-1"}
    return place | {"business_id": name, "ordered": ordered, "open": 0}


def _transfer(name: str, status: str, document: dict[str, Any]) -> dict[str, Any]:
    row = {"pk": f"TRANSFER#{name}", "sk": "TRANSFER", "transfer_id": name, "status": status}
    return row | {"document": json.dumps(document)}
