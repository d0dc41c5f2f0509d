"""Requests of a till, and products."""

from typing import Any

import pytest
from catalog.errors import InvalidProduct
from catalog.models import Product, TaxClass
from tillflow.errors import InvalidOrder
from tillflow.order_request import Order
from tillflow.parsing import parse

ORDER: dict[str, Any] = {
    "order_id": "ord-1",
    "location": "store-1",
    "register": "till-1",
    "currency": "EUR",
    "customer_id": None,
    "fulfilment": "carry_out",
    "placed_at": "2026-11-23T10:00:00Z",
    "lines": [{"sku": "COF-ESP-1KG", "quantity": 1}],
    "discounts": [],
    "tenders": [{"type": "cash"}],
}
PRODUCT: dict[str, Any] = {
    "sku": "COF-ESP-1KG",
    "name": "Espresso beans 1 kg",
    "barcode": "4006381333931",
    "prices": {"EUR": 1250, "JPY": 2000, "KWD": 4250},
    "tax_class": "food",
}


def test_complete_order_is_accepted() -> None:
    assert parse(Order, ORDER, InvalidOrder).till == "till-1"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"order_id": "no spaces"}, "order: order_id is 'no spaces'; expected 1 to 64 of"),
        ({"order_id": "a#b"}, "order: order_id is 'a#b'; expected"),
        ({"currency": "XYZ"}, "order: currency is 'XYZ'; expected an ISO 4217 code such as EUR"),
        ({"register": None}, "order: register is missing; expected text"),
        ({"lines": []}, r"order: lines is \[\]; expected at least 1 item"),
        (
            {"lines": [{"sku": "A", "quantity": 0}]},
            r"order: lines\[0\].quantity is 0; expected a number above 0",
        ),
        ({"lines": [{"sku": "A", "quantity": -1}]}, r"lines\[0\].quantity is -1"),
        (
            {"lines": [{"sku": "A", "quantity": True}]},
            r"lines\[0\].quantity is true; expected a whole number",
        ),
        (
            {"lines": [{"sku": "A", "quantity": 1, "discont": {}}]},
            r"lines\[0\].discont is {}; expected no such field",
        ),
        (
            {"tenders": [{"type": "cheque"}]},
            r"tenders\[0\].type is 'cheque'; expected 'card', 'cash', 'store_credit', 'gift_card', "
            r"'on_account' or 'exchange'",
        ),
        ({"tenders": [{"type": "card"}]}, r"expected a card's reference with a card tender"),
        ({"tenders": [{"type": "cash", "card": "card_1"}]}, "expected no card with a cash tender"),
        (
            {"tenders": [{"type": "cash", "amount": 0}]},
            r"tenders\[0\].amount is 0; expected a number above 0",
        ),
        ({"tenders": [{"type": "cash"}, {"type": "cash"}]}, "expected at most one tender without an amount"),
        ({"tenders": [{"type": "store_credit"}]}, "expected a customer_id with a store_credit tender"),
        ({"placed_at": "2026-11-23 10:00"}, "expected a time with its zone"),
        ({"execution_name": "other"}, "expected order_id ord-1 as the name of the execution"),
    ],
)
def test_invalid_order_is_refused_by_field(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidOrder, match=sentence):
        parse(Order, {**ORDER, **change}, InvalidOrder)


def test_card_number_is_not_accepted_as_a_reference_nor_repeated() -> None:
    sent = {**ORDER, "tenders": [{"type": "card", "card": "4242424242424242"}]}
    with pytest.raises(InvalidOrder) as refusal:
        parse(Order, sent, InvalidOrder)
    assert "4242" not in str(refusal.value)


def test_execution_name_must_be_the_order_id() -> None:
    parse(Order, {**ORDER, "execution_name": "ord-1"}, InvalidOrder)


@pytest.mark.parametrize("barcode", ["4006381333931", "5901234123457", "9780201379624", "0000000000000"])
def test_ean_13_with_its_check_digit_is_accepted(barcode: str) -> None:
    assert Product.model_validate({**PRODUCT, "barcode": barcode}).barcode == barcode


def test_wrong_check_digit_is_refused() -> None:
    for digit in "023456789":
        with pytest.raises(InvalidProduct, match="a barcode whose check digit is 1"):
            parse(Product, {**PRODUCT, "barcode": f"400638133393{digit}"}, InvalidProduct)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"prices": {}}, "product: prices is {}; expected at least 1"),
        ({"prices": {"EUR": -1}}, r"product: prices.EUR is -1; expected a number of at least 0"),
        ({"prices": {"EUR": 12.5}}, r"product: prices.EUR is 12.5; expected a whole number"),
        ({"prices": {"EURO": 1}}, "expected an ISO 4217 code"),
        ({"sku": "A#B"}, "product: sku is 'A#B'"),
        ({"name": ""}, "product: name is ''; expected at least 1 character"),
    ],
)
def test_invalid_product_is_refused_by_field(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidProduct, match=sentence):
        parse(Product, {**PRODUCT, **change}, InvalidProduct)


@pytest.mark.parametrize("rate", ["-0.1", "1.01", 0.2, "NaN", "twenty"])
def test_tax_rate_must_be_a_decimal_from_0_to_1(rate: object) -> None:
    with pytest.raises(InvalidProduct):
        parse(TaxClass, {"name": "standard", "rate": rate}, InvalidProduct)


@pytest.mark.parametrize(
    ("barcode", "stored"),
    [("96385074", "96385074"), ("036000291452", "0036000291452"), ("0036000291452", "0036000291452")],
)
def test_ean_8_and_upc_a_are_accepted(barcode: str, stored: str) -> None:
    assert parse(Product, PRODUCT | {"barcode": barcode}, InvalidProduct).barcode == stored


@pytest.mark.parametrize(
    "barcode", ["96385075", "036000291453", "123456789", "12345678901234", "400638133393X", ""]
)
def test_barcode_of_another_length_or_check_digit_is_refused(barcode: str) -> None:
    with pytest.raises(InvalidProduct, match="barcode"):
        parse(Product, PRODUCT | {"barcode": barcode}, InvalidProduct)
