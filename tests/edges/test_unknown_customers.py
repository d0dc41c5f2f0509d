"""Credit, limits and payments are of customers that exist: the customers service is asked before anything is stored."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from customers.models import Customer
from customers.store import CustomersStore
from tillflow.aws import client
from tillflow.customers import invoked
from tillflow.errors import StoreUnavailable

from tests.support.http_api import HttpApi, HttpResponse, http_api, route_of
from verification.harness.fixture import workflow_fixture

GRANT = {"grant_id": "crd-1", "currency": "EUR", "amount": 500, "reason": "late delivery"}
PAYMENT = {"payment_id": "pay-1", "currency": "EUR", "amount": 500, "method": "cash"}
REQUESTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "credit", GRANT),
    ("PUT", "accounts/EUR", {"credit_limit": 500}),
    ("POST", "payments", PAYMENT),
)


@pytest.fixture
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as shop, http_api(shop) as built:
        yield built


def send(api: HttpApi, method: str, customer_id: str, path: str, body: dict[str, Any]) -> HttpResponse:
    return api.call(*route_of(method, f"/api/customers/{customer_id}/{path}"), body=body)


def customers() -> CustomersStore:
    return CustomersStore(client("dynamodb"), "CustomersTable")


# No customer can have the second id: the customers service does not accept it.
@pytest.mark.parametrize("customer_id", ["cus-none", "..."])
@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_request_for_an_unknown_customer_stores_nothing(
    api: HttpApi, method: str, path: str, body: dict[str, Any], customer_id: str
) -> None:
    refused = send(api, method, customer_id, path, body)
    assert (refused.status, refused.body["title"]) == (404, "UnknownCustomer"), refused.text
    assert client("dynamodb").scan(TableName="PaymentsTable")["Items"] == []
    machine = str(api.fixture.template.resolve({"Ref": "CustomerPayment"}))
    assert api.fixture.engine.list_executions(stateMachineArn=machine)["executions"] == []


PARTS = ("credit", "credit/entries", "accounts", "accounts/EUR", "receivables")


@pytest.mark.parametrize("path", PARTS)
def test_lookup_of_an_unknown_customer_is_a_404_and_of_one_without_rows_is_empty(
    api: HttpApi, path: str
) -> None:
    for customer_id in ("cus-none", "..."):
        refused = send(api, "GET", customer_id, path, {})
        assert (refused.status, refused.body["title"]) == (404, "UnknownCustomer"), refused.text
    customers().create(Customer(customer_id="cus-ada", name="Ada"), datetime.now(UTC))
    assert send(api, "GET", "cus-ada", path, {}).status == 200
    customers().anonymise("cus-ada", datetime.now(UTC))
    assert send(api, "GET", "cus-ada", path, {}).status == 200


def test_removed_customer_gets_no_credit_and_may_pay(api: HttpApi) -> None:
    customers().create(Customer(customer_id="cus-ada", name="Ada"), datetime.now(UTC))
    granted = send(api, "POST", "cus-ada", "credit", GRANT)
    assert (granted.status, granted.body["balances"]) == (201, {"EUR": 500})
    customers().anonymise("cus-ada", datetime.now(UTC))
    refused = send(api, "POST", "cus-ada", "credit", GRANT | {"grant_id": "crd-2"})
    assert (refused.status, refused.body["title"]) == (409, "CustomerAnonymised")
    assert send(api, "PUT", "cus-ada", "accounts/EUR", {"credit_limit": 1}).status == 409
    assert send(api, "POST", "cus-ada", "payments", PAYMENT).status == 202
    assert send(api, "POST", "cus-ada", "credit", GRANT).status == 201, "a repeated grant is the first one"


def test_failure_of_the_customers_service_passes_by_waiting() -> None:
    class Throttled:
        def invoke(self, **_: Any) -> dict[str, Any]:
            failure = json.dumps({"errorType": "StoreUnavailable", "errorMessage": "throttled"})
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(failure.encode())}

    with pytest.raises(StoreUnavailable, match="reading customer cus-ada"):
        invoked(Throttled(), "CheckCustomer")("cus-ada")
