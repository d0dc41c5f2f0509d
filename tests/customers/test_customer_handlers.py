"""CheckCustomer returns what an invoice prints only if the request asks for it."""

import importlib
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from customers.models import Customer
from customers.store import CustomersStore
from tillflow.customers import CustomerAnonymised

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CONTEXT = SimpleNamespace(aws_request_id="request")
ADDRESS = {"street": "Weg 2", "postal_code": "", "city": "Wien", "country": "AT"}


def test_billing_identity_is_returned_on_request_until_it_is_removed(
    dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABLE_NAME", table)
    store = CustomersStore(dynamodb, table)
    ada = {"customer_id": "cus-ada", "name": "Ada", "billing_address": ADDRESS, "vat_id": "ATU123"}
    store.create(Customer.model_validate(ada), NOW)
    check = importlib.import_module("customers.handlers").check_customer
    assert check({"customer_id": "cus-ada"}, CONTEXT) == {"customer_id": "cus-ada"}
    assert check({"customer_id": "cus-ada", "billing": True}, CONTEXT) == {
        "customer_id": "cus-ada",
        "billing": {"name": "Ada", "billing_address": ADDRESS, "vat_id": "ATU123", "email": None},
    }
    store.anonymise("cus-ada", NOW)
    with pytest.raises(CustomerAnonymised):
        check({"customer_id": "cus-ada", "billing": True}, CONTEXT)
