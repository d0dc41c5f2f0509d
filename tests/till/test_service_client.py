"""The command line calls the services' API functions: their errors, and the permission that each call needs."""

import json
from typing import Any

import pytest
from customers.errors import InvalidCustomer
from tillflow.customers import UnknownCustomer
from tillflow.errors import DomainError, InvalidRequest, Problem

from tests.support.api_functions import ApiFunctions
from tests.till.test_commands import aws, no_local_stack, open_case, run, stack
from till.errors import OperatorError, operator_errors
from till.services.client import error_of
from till.services.customers import Customers
from till.stack import find_stack

__all__ = ["aws", "no_local_stack", "stack"]  # fixtures


def invoked() -> list[tuple[str, str, Any]]:
    functions = find_stack().client("lambda")
    assert isinstance(functions, ApiFunctions)
    return functions.invoked


def test_each_call_is_by_the_alias_of_the_first_group_that_may(stack: None) -> None:
    run("customer", "create", "cus-1", "--name", "Ada")
    run("customer", "limit", "cus-1", "5.00")
    run("case", "list")
    assert [(function, alias) for function, alias, _ in invoked()] == [
        ("CustomersApiFunction", "cashier"),
        ("CustomersApiFunction", "cashier"),
        ("PaymentsApiFunction", "manager"),
        ("CasesApiFunction", "operator"),
    ]


def test_call_names_the_person_and_the_iam_identity(stack: None) -> None:
    open_case("ord-1#CommitStock", "CommitStock", "token")
    run("case", "resolve", "ord-1#CommitStock", "--decision", "retry", "--by", "ada")
    *_, (_, _, event) = invoked()
    identity = event["requestContext"]["authorizer"]["iam"]
    assert identity == {"username": "ada", "userArn": "arn:aws:sts::123456789012:user/moto"}


def test_error_of_a_service_is_raised_by_its_name_with_its_message(stack: None) -> None:
    with pytest.raises(UnknownCustomer, match="customer cus-none does not exist"):
        Customers(find_stack()).get("cus-none")
    with pytest.raises(InvalidCustomer, match="customer: customer_id is 'a b'") as refused:
        Customers(find_stack()).get("a b")
    assert [one.field for one in refused.value.problems] == ["customer_id"]


def test_error_of_a_module_that_is_not_imported_keeps_its_message() -> None:
    problem = {"status": 404, "title": "UnknownNovelty", "detail": "novelty 7 does not exist"}
    error = error_of({**problem, "correlation_id": "req-1", "problems": []})
    assert isinstance(error, DomainError)
    with (
        pytest.raises(OperatorError, match="novelty 7 does not exist") as shown,
        operator_errors("List them."),
    ):
        raise error
    assert shown.value.advice == "List them."


def test_missing_permission_of_the_function_is_reported_with_the_request(stack: None) -> None:
    problem = {"status": 500, "title": "PermissionMissing", "detail": "the service lacks a permission"}
    error = error_of({**problem, "correlation_id": "req-1", "problems": []})
    assert isinstance(error, OperatorError)
    assert "PermissionMissing" in str(error)
    assert "req-1" in error.advice


def test_problems_of_fields_are_kept() -> None:
    problem = {"status": 400, "title": "InvalidRequest", "detail": "request: a is 1; expected 2"}
    error = error_of({**problem, "problems": [{"field": "a", "value": 1, "accepted": "2"}]})
    assert isinstance(error, InvalidRequest)
    assert (str(error), error.problems) == ("request: a is 1; expected 2", (Problem("a", 1, "2"),))


def test_event_is_that_of_the_gateway(stack: None) -> None:
    run("customer", "create", "cus-1", "--name", "Ada")
    run("customer", "update", "cus-1", "--name", "Bob", "--version", "1")
    event = invoked()[-1][2]
    assert event["routeKey"] == "PATCH /api/customers/{customer_id}"
    assert event["headers"] == {"if-match": '"1"'}
    assert json.loads(event["body"]) == {"name": "Bob"}
