"""Who calls: the alias that was invoked decides, not what the event says."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from tillflow.api import Api, Call
from tillflow.api.caller import caller_of
from tillflow.api.events import Event
from tillflow.api.roles import SCOPES_BY_GROUP, group_for

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:tillflow-CasesApi"
IAM = {"requestContext": {"authorizer": {"iam": {"username": "ada", "userArn": "arn:aws:iam::1:user/ada"}}}}
CLAIMS = {"username": "bob", "cognito:groups": "[operator]", "scope": "shop/operate", "location": "store-9"}


def test_alias_of_a_group_names_the_group_and_the_event_the_person() -> None:
    caller = caller_of(Event.model_validate(IAM), f"{FUNCTION}:manager")
    assert (caller.username, caller.principal) == ("ada", "arn:aws:iam::1:user/ada")
    assert caller.groups == {"manager"}
    assert caller.scopes == {"shop/read", "shop/sell", "shop/manage"}
    assert caller.is_manager


@pytest.mark.parametrize("qualifier", ["", ":live", ":$LATEST", ":7"])
def test_identity_in_an_event_of_the_gateway_grants_nothing(qualifier: str) -> None:
    caller = caller_of(Event.model_validate(IAM), FUNCTION + qualifier)
    assert (caller.username, caller.groups, caller.scopes) == ("", frozenset(), frozenset())


def test_claims_in_an_event_for_a_groups_alias_grant_nothing() -> None:
    event = Event.model_validate({"requestContext": {"authorizer": {"jwt": {"claims": CLAIMS}}}})
    caller = caller_of(event, f"{FUNCTION}:cashier")
    assert (caller.username, caller.groups, caller.location) == ("", {"cashier"}, "")


@pytest.mark.parametrize(
    ("scope", "alias", "status"),
    [
        ("sell", "cashier", 200),
        ("manage", "cashier", 403),
        ("manage", "manager", 200),
        ("operate", "manager", 403),
        ("operate", "operator", 200),
        ("", "operator", 403),
    ],
)
def test_alias_calls_the_routes_of_its_groups_scopes(scope: str, alias: str, status: int) -> None:
    api = Api("sales")

    @api.route("GET /sales", scope)
    def get(call: Call) -> dict[str, Any]:
        return {}

    context = SimpleNamespace(aws_request_id="1", invoked_function_arn=f"{FUNCTION}:{alias}")
    response = api.handle({"routeKey": "GET /api/sales", **IAM}, context)
    assert response["statusCode"] == status
    assert status == 200 or json.loads(response["body"])["title"] == "ScopeMissing"


def test_request_is_logged_with_who_from_where_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    api = Api("audited")

    @api.route("GET /sales/{sale_id}", "read")
    def get(call: Call) -> dict[str, Any]:
        return {}

    event = {
        "routeKey": "GET /api/sales/{sale_id}",
        "pathParameters": {"sale_id": "s-1"},
        "requestContext": {**IAM["requestContext"], "http": {"userAgent": "till on desk-3"}},
    }
    api.handle(event, SimpleNamespace(aws_request_id="1", invoked_function_arn=f"{FUNCTION}:cashier"))
    logged = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (logged["caller"], logged["principal"]) == ("ada", "arn:aws:iam::1:user/ada")
    assert (logged["user_agent"], logged["path"]) == ("till on desk-3", {"sale_id": "s-1"})


def test_each_scope_is_first_granted_to_a_group_that_has_no_later_one() -> None:
    assert {scope: group_for(scope) for scope in SCOPES_BY_GROUP["operator"]} == {
        "read": "cashier",
        "sell": "cashier",
        "manage": "manager",
        "operate": "operator",
    }
