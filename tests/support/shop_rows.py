"""The rows of a small shop whose invariants hold: a sale paid by card and cash, a rejected order, a cancelled sale,
a unit lost and one found, a customer with credit. Tests change one row.
"""

import copy
import json
from typing import Any

from audit import Snapshot

SALE, REFUSED, CANCELLED = "ord-1", "ord-2", "ord-3"
LOST, FOUND = "adj-1", "count-1"
LEVEL = "LEVEL#store-1#MUG"
WALLET = "CREDIT#cus-1"

Row = dict[str, Any]


def rows() -> dict[str, list[Row]]:
    """Return the rows of: ten mugs received at 40 each; two sold at 120 with 40 tax; one order rejected; one sale
    cancelled; one unit lost, one found."""
    return copy.deepcopy(
        {
            "InventoryTable": [
                level(on_hand=8, reserved=0, available=8, stock_value=320),
                movement("seed", "receipt", 10, 400),
                movement(SALE, "sale", -2, 80),
                reservation(SALE, 2, "COMMITTED"),
                reservation(REFUSED, 1, "RELEASED"),
                movement(CANCELLED, "sale", -1, 40),
                movement(CANCELLED, "cancel", 1, 40),
                reservation(CANCELLED, 1, "RETURNED"),
                movement(LOST, "adjustment", -1, 40),
                movement(FOUND, "count", 1, 40),
            ],
            "OrdersTable": [
                order(SALE, "PAID", total=240, lines=[{"sku": "MUG", "quantity": 2}]),
                order(REFUSED, "REJECTED", total=120, lines=[{"sku": "MUG", "quantity": 1}]),
                order(CANCELLED, "CANCELLED", total=120, lines=[{"sku": "MUG", "quantity": 1}])
                | {"cancel_execution": "arn:cancel"},
            ],
            "BillingTable": [
                invoice(SALE, "PAID", total=240, number=1, paid=240),
                invoice(REFUSED, "VOID", total=120),
                invoice(CANCELLED, "PAID", total=120, number=2, paid=120)
                | {"credited": 120, "credit_note_number": "CN-000001"},
                credit_note(CANCELLED, total=120, number=1),
                {"pk": "SERIES#INV", "sk": "COUNTER", "last": 2},
                {"pk": "SERIES#CN", "sk": "COUNTER", "last": 1},
            ],
            "PaymentsTable": [
                tender(SALE, 1, "card", 200, "captured", captured=200),
                tender(SALE, 2, "cash", 40, "captured", captured=40),
                tender(REFUSED, 1, "card", 120, "voided"),
                tender(CANCELLED, 1, "card", 120, "refunded", captured=120, refunded=120),
                {"pk": WALLET, "sk": "BALANCE#EUR", "balance": 30},
                grant("crd-1", 30),
            ],
            "SandboxProviderTable": [
                authorisation(SALE, 1, 200, "captured", captured=200),
                authorisation(REFUSED, 1, 120, "voided"),
                authorisation(CANCELLED, 1, 120, "captured", captured=120, refunded=120),
            ],
            "LedgerTable": [
                entry(
                    SALE,
                    {"1020": 200, "1010": 40, "5000": 80},
                    {"4000": 200, "2200": 40, "1200": 80},
                ),
                entry(CANCELLED, {"1020": 120, "5000": 40}, {"4000": 100, "2200": 20, "1200": 40}),
                entry(
                    CANCELLED, {"4000": 100, "2200": 20, "1200": 40}, {"1020": 120, "5000": 40}, kind="cancel"
                ),
                entry("crd-1", {"5300": 30}, {"2100": 30}, kind="credit"),
                entry(LOST, {"5200": 40}, {"1200": 40}, kind="correction"),
                entry(FOUND, {"1200": 40}, {"4100": 40}, kind="correction"),
                entry("je-1", {"1030": 500}, {"1010": 500}, kind="manual")
                | {
                    "number": "JE-000001",
                    "day": "2026-11-22",
                    "posted_by": "mia",
                    "reference": "to the bank",
                },
                {"pk": "MANUAL", "sk": "2026-11-22#JE-000001", "entry_id": "je-1"},
                {"pk": "SERIES#JE", "sk": "COUNTER", "last": 1},
            ],
            "CasesTable": [],
        }
    )


def snapshot(tables: dict[str, list[Row]], running: frozenset[str] = frozenset(), **more: Any) -> Snapshot:
    return Snapshot(tables, running, **more)


def level(**counters: int) -> Row:
    return {"pk": LEVEL, "sk": "LEVEL", "location": "store-1", "sku": "MUG", **counters}


def movement(business_id: str, kind: str, quantity: int, cost: int) -> Row:
    return {
        "pk": LEVEL,
        "sk": f"MOVE#{business_id}#{kind}",
        "business_id": business_id,
        "kind": kind,
        "location": "store-1",
        "sku": "MUG",
        "quantity": quantity,
        "cost": cost,
        "at": "2026-11-23T10:00:00.500000Z",
    }


def reservation(order_id: str, quantity: int, state: str) -> Row:
    return {
        "pk": f"ORDER#{order_id}",
        "sk": "RESERVATION#store-1#MUG",
        "location": "store-1",
        "sku": "MUG",
        "quantity": quantity,
        "state": state,
    }


def order(order_id: str, status: str, total: int, lines: list[Row]) -> Row:
    document = {"lines": lines, "totals": {"net": total - total // 6, "tax": total // 6, "total": total}}
    return {
        "pk": f"ORDER#{order_id}",
        "sk": "ORDER",
        "order_id": order_id,
        "status": status,
        "execution": f"arn:aws:states:eu-west-1:123456789012:execution:OrderCheckout:{order_id}",
        "location": "store-1",
        "placed_at": "2026-11-23T10:00:00Z",
        "currency": "EUR",
        "total": total,
        "document": json.dumps(document),
    }


def invoice(order_id: str, status: str, total: int, **issued: int) -> Row:
    number = {"invoice_number": f"INV-{issued['number']:06d}"} if "number" in issued else {}
    return {
        "pk": f"INVOICE#{order_id}",
        "sk": "INVOICE",
        "invoice_id": order_id,
        "status": status,
        "execution": f"arn:aws:states:eu-west-1:123456789012:execution:OrderCheckout:{order_id}",
        "location": "store-1",
        "register_id": "till-1",
        "series": "INV",
        "currency": "EUR",
        "total": total,
        **number,
        **issued,
    }


def credit_note(order_id: str, total: int, number: int) -> Row:
    return {
        "pk": f"CREDIT#{order_id}",
        "sk": "CREDIT",
        "credit_note_id": order_id,
        "location": "store-1",
        "register_id": "till-1",
        "series": "CN",
        "number": number,
        "credit_note_number": f"CN-{number:06d}",
        "invoice_number": "INV-000002",
        "currency": "EUR",
        "total": total,
        "reason": "wrong size",
        "document": "{}",
        "issued_at": "2026-11-23T11:00:00Z",
    }


def tender(order_id: str, number: int, kind: str, amount: int, state: str, **moved: int) -> Row:
    return {
        "pk": f"ORDER#{order_id}",
        "sk": f"TENDER#{number}",
        "order_id": order_id,
        "tender_no": number,
        "type": kind,
        "provider": {"card": "sandbox"}.get(kind, kind),
        "amount": amount,
        "currency": "EUR",
        "state": state,
        "captured": 0,
        "refunded": 0,
        **moved,
    }


def grant(entry_id: str, amount: int, holder: str = WALLET) -> Row:
    return {
        "pk": holder,
        "sk": f"ENTRY#EUR#{entry_id}",
        "entry_id": entry_id,
        "holder": holder,
        "kind": "goodwill",
        "amount": amount,
        "currency": "EUR",
        "reason": "late delivery",
        "at": "2026-11-23T10:00:00Z",
    }


def authorisation(order_id: str, number: int, amount: int, state: str, **moved: int) -> Row:
    reference = f"auth-{order_id}#authorise#{number}"
    return {
        "pk": f"AUTHORISATION#{reference}",
        "sk": "AUTHORISATION",
        "reference": reference,
        "amount": amount,
        "state": state,
        "captured": 0,
        "refunded": 0,
        **moved,
    }


def entry(order_id: str, debits: dict[str, int], credits: dict[str, int], kind: str = "sale") -> Row:
    lines = [{"account": code, "name": code, "debit": amount, "credit": 0} for code, amount in debits.items()]
    lines += [
        {"account": code, "name": code, "debit": 0, "credit": amount} for code, amount in credits.items()
    ]
    return {
        "pk": f"ENTRY#{order_id}#{kind}",
        "sk": "ENTRY",
        "entry_id": f"{order_id}#{kind}",
        "business_id": order_id,
        "kind": kind,
        "currency": "EUR",
        "reference": None,
        "posted_at": "2026-11-23T10:00:02Z",
        "lines": json.dumps(lines),
    }


def case(order_id: str, *steps: str, status: str = "OPEN", decision: str | None = None) -> Row:
    return {
        "pk": f"CASE#{order_id}#compensation",
        "sk": "CASE",
        "case_id": f"{order_id}#compensation",
        "business_id": order_id,
        "execution": f"arn:aws:states:eu-west-1:123456789012:execution:OrderCheckout:{order_id}",
        "status": status,
        "steps": list(steps),
        "step": steps[0],
        **({"decision": decision} if decision else {}),
    }
