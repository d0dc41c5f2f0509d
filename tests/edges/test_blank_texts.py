"""A text that is needed is not blank, and one line of text has no control character."""

from typing import Any

import pytest
from billing.documents.models import Seller
from catalog.models import Category, Product
from customers.models import Address, Customer
from inventory.models import Adjust, Count, Location
from inventory.operations import StockOperations
from ledger.manual.models import PostManualEntry
from orders.models import CancelOrder
from orders.returns.models import Override
from payments.credit.models import GrantCredit
from purchasing.errors import InvalidSupplier
from purchasing.supplier_models import Supplier
from purchasing.supplier_rules import check_supplier
from pydantic import BaseModel, ValidationError
from tillflow.errors import InvalidRequest
from tillflow.order_request import Approval, Delivery
from tillflow.parsing import parse

BLANK = (
    "",
    " ",
    "\u00a0",
    "\u3000",
    "\u200b",
    "\u2060 \ufeff",
    "\u2028",
    "\u3164",
    "\u202e",
    "\u2800",
    "\ufe0f\u061c",
)
CONTROLS = ("a\x1b", "\x00", "a\x07b", "a\nb", "a\x85b", "\x7f")
LEVEL = {"location": "store-1", "sku": "MUG", "currency": "EUR"}
DELIVERY = {"name": "Ada", "street": "Main 1", "city": "Ghent", "postal_code": "9000", "country": "BE"}
SELLER = {"name": "Tillflow Coffee", "street": "Main 1", "city": "Ghent", "country": "BE"}

NEEDED: list[tuple[type[BaseModel], str, dict[str, Any]]] = [
    (Product, "name", {"sku": "MUG", "name": "Mug", "prices": {"EUR": 1}, "tax_class": "zero"}),
    (Category, "name", {"category": "mugs", "name": "Mugs"}),
    (Customer, "name", {"customer_id": "cus-1", "name": "Ada"}),
    (Address, "street", {"street": "Main 1", "city": "Ghent", "country": "BE"}),
    (Address, "city", {"street": "Main 1", "city": "Ghent", "country": "BE"}),
    (Adjust, "reason", {**LEVEL, "quantity": 1, "adjustment_id": "a-1", "reason": "broken"}),
    (Count, "reason", {**LEVEL, "counted": 1, "count_id": "c-1", "reason": "counted"}),
    (CancelOrder, "reason", {"order_id": "ord-1", "reason": "changed"}),
    (Delivery, "street", DELIVERY),
    (Seller, "name", SELLER),
    (Seller, "street", SELLER),
    (Seller, "city", SELLER),
    (Approval, "manager", {"manager": "mia", "note": "regular"}),
    (Override, "manager", {"manager": "mia", "note": "regular"}),
    (
        GrantCredit,
        "reason",
        {"grant_id": "g-1", "customer_id": "cus-1", "currency": "EUR", "amount": 1, "reason": "late"},
    ),
    (
        PostManualEntry,
        "reason",
        {
            "entry_id": "je-1",
            "day": "2026-11-23",
            "currency": "EUR",
            "reason": "deposit",
            "lines": [{"account": "1010", "credit": 1}, {"account": "1030", "debit": 1}],
        },
    ),
]


@pytest.mark.parametrize(("model", "field", "valid"), NEEDED, ids=[f"{m.__name__}.{f}" for m, f, _ in NEEDED])
def test_blank_text_and_control_characters_are_refused(
    model: type[BaseModel], field: str, valid: dict[str, Any]
) -> None:
    for text in ("x", "Zoë & Søn", "日本", "a b", " x "):
        model.model_validate({**valid, field: text})
    for text in (*BLANK, *CONTROLS):
        with pytest.raises(ValidationError, match=field):
            model.model_validate({**valid, field: text})


def test_refusal_of_a_blank_text_says_what_is_accepted() -> None:
    with pytest.raises(InvalidRequest, match=r"name is .*; expected one line of text that is not blank"):
        parse(Customer, {"customer_id": "cus-1", "name": "\u3164"})


@pytest.mark.parametrize("text", [" ", "a\nb", "A\x1b[31m", " A", "A\u200b"])
def test_supplier_with_unprintable_texts_is_refused_by_every_field(text: str) -> None:
    supplier = Supplier.model_validate(
        {"supplier_id": "sup-a", "name": text, "currency": "EUR", "account": text}
    )
    with pytest.raises(InvalidSupplier) as refused:
        check_supplier(supplier)
    assert [problem.field for problem in refused.value.problems] == ["name", "account"]


@pytest.mark.parametrize("location", [" ", "Zürich", "store 1", "-store", "x" * 65, "a/b"])
def test_location_at_which_no_order_can_be_placed_is_not_created(
    location: str, dynamodb: Any, table: str
) -> None:
    operations = StockOperations(dynamodb, table)
    with pytest.raises(InvalidRequest, match="location is"):
        operations.put_location(Location(location=location))
    operations.put_location(Location(location="store.1_a-B", name="Zürich"))
