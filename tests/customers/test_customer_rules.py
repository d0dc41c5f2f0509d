"""Changes to a customer record."""

from typing import Any

import pytest
from customers.errors import InvalidCustomer
from customers.models import Customer
from customers.rules import changed

ADA = Customer(customer_id="cus-1", name="Ada Lovelace", email="ada@example.com", phone="+44 20 7946 0958")


def test_only_named_fields_change() -> None:
    assert changed(ADA, {"phone": None}) == ADA.model_copy(update={"phone": None})


def test_surrounding_spaces_are_removed() -> None:
    assert changed(ADA, {"name": "  Ada King "}).name == "Ada King"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"customer_id": "cus-2"}, "customer: customer_id is 'cus-2'; expected cus-1: an id never changes"),
        ({"name": "  "}, "customer: name is '  '; expected at least 1 character"),
        ({"email": "ada"}, "customer: email is 'ada'; expected an email address such as"),
        ({"phone": "call me"}, "customer: phone is 'call me'"),
        ({"credit": 500}, "customer: credit is 500; expected no such field"),
    ],
)
def test_invalid_change_is_named(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidCustomer, match=sentence):
        changed(ADA, changes)
