"""Bodies of requests to the HTTP API."""

from typing import Any

from till.shop import CURRENCY, LOCATION, MUG

PLACED_AT = "2026-11-23T10:00:00Z"


def order(order_id: str, **changes: Any) -> dict[str, Any]:
    """Return the order of a mug, paid by card, with changes of its fields."""
    return {
        "order_id": order_id,
        "location": LOCATION,
        "register": "till-1",
        "currency": CURRENCY,
        "placed_at": PLACED_AT,
        "lines": [{"sku": MUG, "quantity": 1}],
        "tenders": [{"type": "card", "token": "tok_visa"}],
        **changes,
    }
