"""Events are valid by their models; others are refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tillflow.events import EVENTS, OrderPaid

COMMON = {
    "event_id": "ord-1#paid",
    "order_id": "ord-1",
    "location": "store-1",
    "register": "till-1",
    "customer_id": None,
    "placed_at": "2026-11-23T10:00:00Z",
    "currency": "EUR",
}
PAID: dict[str, Any] = {
    **COMMON,
    "fulfilment": "carry_out",
    "invoice_number": "INV-000001",
    "totals": {"subtotal": 1250, "discount": 0, "net": 1042, "tax": 208, "rounding": 0, "total": 1250},
    "tenders": [{"type": "cash", "amount": 1250}],
    "lines": [
        {
            "sku": "COF-ESP-1KG",
            "quantity": 1,
            "tax_rate": "0.20",
            "category": "coffee",
            "net": 1042,
            "tax": 208,
            "total": 1250,
        }
    ],
}
REJECTED: dict[str, Any] = {**COMMON, "total": 1250, "reason": "PaymentDeclined"}


def test_detail_type_is_the_name_of_the_model() -> None:
    assert set(EVENTS) == {"OrderPaid", "OrderRejected", "OrderCancelled", "OrderReturned"}
    assert all(model.__name__ == name for name, model in EVENTS.items())


@pytest.mark.parametrize(("name", "detail"), [("OrderPaid", PAID), ("OrderRejected", REJECTED)])
def test_event_is_read_back_as_published(name: str, detail: dict[str, Any]) -> None:
    assert EVENTS[name].model_validate(detail).model_dump(mode="json", by_alias=True) == detail


@pytest.mark.parametrize(
    "change",
    [
        {"lines": []},
        {"currency": "euro"},
        {"fulfilment": "drone"},
        {"totals": {}},
        {"extra": 1},
        {"event_id": None},
    ],
)
def test_invalid_event_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OrderPaid.model_validate({**PAID, **change})


def announcements() -> list[dict[str, Any]]:
    """Return every entry that a state of the workflows puts on the order bus."""
    found = []
    for definition in (Path(__file__).parents[2] / "statemachines").glob("order_*.asl.json"):
        for state in json.loads(definition.read_text())["States"].values():
            if state.get("Resource") == "arn:aws:states:::events:putEvents":
                found += state["Arguments"]["Entries"]
    return found


def test_events_of_the_workflows_have_the_fields_of_the_model() -> None:
    entries = announcements()
    assert {entry["DetailType"] for entry in entries} == set(EVENTS)
    for entry in entries:
        fields = EVENTS[entry["DetailType"]].model_fields
        assert entry["Source"] == "tillflow.orders"
        assert set(entry["Detail"]) == {field.alias or name for name, field in fields.items()}
