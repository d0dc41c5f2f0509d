"""The rows of a shop that sold three mugs to a customer and took two back: one is on the shelf again, one was broken.

The refund went to the card. A second return was refused. Tests change one row.
"""

import json

from orders.returns.rows import released_return_row

from tests.support import shop_rows
from tests.support.shop_rows import (
    LEVEL,
    Row,
    authorisation,
    entry,
    invoice,
    level,
    movement,
    order,
    tender,
)

SALE, RETURNED, REFUSED = "ord-7", "ret-1", "ret-2"
CLAIMED_AT = "2026-11-23T11:00:00Z"
LINE = {"line_no": 1, "sku": "MUG", "quantity": 3, "net": 300, "tax": 60, "total": 360}
HALF = {"line_no": 1, "sku": "MUG", "quantity": 1, "net": 100, "tax": 20, "total": 120}
TAXES = [{"tax_class": "standard", "rate": "0.20", "net": 200, "tax": 40}]


def rows() -> dict[str, list[Row]]:
    """Return the tables; the mugs cost 40 each and were sold at 120 with 20 tax."""
    lines = [HALF | {"condition": "resell"}, HALF | {"line_no": 2, "condition": "damaged"}]
    claim = {
        "return_id": RETURNED,
        "lines": [{"line_no": number, "quantity": 1, "tax": 20, "total": 120} for number in (1, 2)],
    }
    sold = [LINE | {"quantity": 2, "total": 240, "tax": 40, "net": 200}, HALF | {"line_no": 2}]
    document = {"lines": lines, "taxes": TAXES, "totals": {"net": 200, "tax": 40, "total": 240}}
    reservation = shop_rows.reservation(SALE, 3, "COMMITTED") | {
        "cost": 120,
        "returned": 2,
        "returned_cost": 80,
    }
    parts = [{"tender_no": 1, "type": "card", "amount": 240, "state": "refunded"}]
    return {
        "InventoryTable": [
            level(on_hand=8, reserved=0, available=8, stock_value=320),
            movement("seed", "receipt", 10, 400),
            movement(SALE, "sale", -3, 120),
            movement(RETURNED, "return", 1, 40),
            reservation,
        ],
        "OrdersTable": [
            order(SALE, "PAID", total=360, lines=sold)
            | {"returns": json.dumps([claim]), "paid_at": "2026-11-23T10:00:05Z"},
            returned(RETURNED, "COMPLETED") | {"total": 240, "document": json.dumps(document)},
            returned(REFUSED, "RELEASED") | {"reason": "RefundRefused", "cause": "charge_too_old"},
            released_return_row(SALE, REFUSED, CLAIMED_AT),
        ],
        "BillingTable": [
            invoice(SALE, "PAID", total=360, number=1, paid=360)
            | {"credited": 240, "invoice_number": "INV-000001"},
            shop_rows.credit_note(SALE, total=240, number=1)
            | {
                "sk": f"CREDIT#{RETURNED}",
                "return_id": RETURNED,
                "document": json.dumps({"taxes": TAXES}),
            },
            {"pk": "SERIES#INV", "sk": "COUNTER", "last": 1},
            {"pk": "SERIES#CN", "sk": "COUNTER", "last": 1},
        ],
        "PaymentsTable": [
            tender(SALE, 1, "card", 360, "captured", captured=360, refunded=240),
            {
                "pk": f"RETURN#{RETURNED}",
                "sk": "REFUND",
                "return_id": RETURNED,
                "order_id": SALE,
                "state": "REFUNDED",
                "version": 2,
                "parts": json.dumps(parts),
            },
        ],
        "SandboxProviderTable": [authorisation(SALE, 1, 360, "captured", captured=360, refunded=240)],
        "LedgerTable": [
            entry(SALE, {"1020": 360, "5000": 120}, {"4000": 300, "2200": 60, "1200": 120}),
            entry(
                SALE,
                {"4010": 200, "2200": 40, "1200": 40, "5200": 40},
                {"1020": 240, "5000": 80},
                kind=f"return#{RETURNED}",
            ),
        ],
        "CasesTable": [],
    }


def returned(return_id: str, status: str) -> Row:
    return {
        "pk": f"RETURN#{return_id}",
        "sk": "RETURN",
        "return_id": return_id,
        "order_id": SALE,
        "status": status,
        "claimed_at": CLAIMED_AT,
        "currency": "EUR",
        "total": 120,
        "execution": f"arn:aws:states:eu-west-1:123456789012:execution:OrderReturn:{return_id}",
    }


__all__ = ["LEVEL", "REFUSED", "RETURNED", "SALE", "returned", "rows"]
