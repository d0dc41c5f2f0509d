"""Operations on users, and their routes."""

import importlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from identity.errors import InvalidUser, SignInRefused, UnknownUser, UserExists
from identity.operations import UserOperations
from moto import mock_aws
from tillflow.aws import client

from tests.support.http_api import user_pool
from tests.template.deployed import resources

PASSWORD = "Correct-horse-7"


@pytest.fixture
def users(monkeypatch: pytest.MonkeyPatch) -> Iterator[UserOperations]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        pool = user_pool()
        monkeypatch.setenv("USER_POOL", pool)
        yield UserOperations(client("cognito-idp"), pool, "")


def call(key: str, body: Any = None, username: str = "") -> tuple[int, Any]:
    """Call a route as the operator `olga`."""
    module = importlib.import_module("identity.api")
    module._users.cache_clear()
    claims = {"username": "olga", "scope": "shop/operate", "cognito:groups": "[operator]", "sub": "1"}
    event = {
        "version": "2.0",
        "routeKey": key,
        "rawPath": "/api/users",
        "headers": {"content-type": "application/json"},
        "pathParameters": {"username": username} if username else None,
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {"authorizer": {"jwt": {"claims": claims}}, "http": {"sourceIp": "10.0.0.1"}},
    }
    response = module.handle(event, None)
    return response["statusCode"], json.loads(response["body"])


def test_moved_user_is_in_the_new_group_alone(users: UserOperations) -> None:
    users.create({"username": "ada", "group": "cashier", "location": "store-1"}, PASSWORD)
    assert users.set_group("ada", "manager").group == "manager"
    assert [(user.username, user.group) for user in users.list_all()] == [("ada", "manager")]


def test_move_to_the_same_group_changes_nothing(users: UserOperations) -> None:
    users.create({"username": "ada", "group": "cashier"}, PASSWORD)
    assert users.set_group("ada", "cashier") == users.get("ada")


def test_unknown_user_is_refused(users: UserOperations) -> None:
    with pytest.raises(UnknownUser):
        users.get("nobody")
    with pytest.raises(UnknownUser):
        users.set_group("nobody", "manager")


def test_routes_create_list_and_disable_a_user(users: UserOperations) -> None:
    status, created = call("POST /api/users", {"username": "ada", "group": "cashier", "password": PASSWORD})
    assert (status, created["username"]) == (201, "ada")
    assert "password" not in created
    status, changed = call("PUT /api/users/{username}/access", {"enabled": False}, "ada")
    assert (status, changed["enabled"]) == (200, False)
    assert call("GET /api/users") == (200, [changed])


def test_refused_password_is_not_shown_and_leaves_no_user(users: UserOperations) -> None:
    with pytest.raises(InvalidUser) as error:
        users.create({"username": "ada", "group": "cashier"}, "short")
    accepted = "at least 12 characters with lower case, upper case and a digit"
    assert str(error.value) == f"user: password is '(hidden)'; expected {accepted}"
    assert users.list_all() == []


def test_message_of_a_refused_password_states_the_policy_of_the_pool() -> None:
    (pool,) = resources("AWS::Cognito::UserPool").values()
    assert pool["Properties"]["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 12,
        "RequireLowercase": True,
        "RequireUppercase": True,
        "RequireNumbers": True,
        "RequireSymbols": False,
        "TemporaryPasswordValidityDays": 7,
    }


def test_interrupted_creation_is_completed(users: UserOperations) -> None:
    cognito = client("cognito-idp")
    cognito.admin_create_user(UserPoolId=users._pool, Username="ada", MessageAction="SUPPRESS")
    users.create({"username": "ada", "group": "cashier", "location": "store-1"}, PASSWORD)
    assert users.list_all() == [users.get("ada")]
    assert users.get("ada").location == "store-1"
    assert cognito.admin_get_user(UserPoolId=users._pool, Username="ada")["UserStatus"] == "CONFIRMED"
    with pytest.raises(UserExists):
        users.create({"username": "ada", "group": "manager"}, PASSWORD)


def test_user_is_not_created_disabled(users: UserOperations) -> None:
    body = {"username": "ada", "group": "cashier", "password": PASSWORD, "enabled": False}
    assert call("POST /api/users", body)[0] == 400


def test_operator_cannot_change_the_own_access(users: UserOperations) -> None:
    users.create({"username": "olga", "group": "operator"}, PASSWORD)
    status, problem = call("PUT /api/users/{username}/access", {"enabled": False}, "olga")
    assert (status, problem["title"]) == (409, "OwnAccess")
    assert call("PUT /api/users/{username}/group", {"group": "cashier"}, "olga")[0] == 409
    assert users.get("olga").enabled


class CognitoWithAliases:
    """Cognito as it finds `olga`: by her `sub`, and by another spelling where a pool ignores case."""

    def __init__(self, cognito: Any) -> None:
        self._cognito = cognito

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._cognito, name)
        if not name.startswith("admin_"):
            return method

        def by_alias(Username: str, **request: Any) -> Any:
            return method(Username="olga" if Username in ("sub-of-olga", "OLGA") else Username, **request)

        return by_alias


@pytest.mark.parametrize("alias", ["sub-of-olga", "OLGA"])
@pytest.mark.parametrize("body", [{"enabled": False}, {"group": "cashier"}], ids=["access", "group"])
def test_operator_cannot_change_the_own_access_by_an_alias(
    users: UserOperations, monkeypatch: pytest.MonkeyPatch, body: dict[str, Any], alias: str
) -> None:
    users.create({"username": "olga", "group": "operator"}, PASSWORD)
    monkeypatch.setattr("identity.api.client", lambda service: CognitoWithAliases(client(service)))
    route = "group" if "group" in body else "access"
    status, problem = call(f"PUT /api/users/{{username}}/{route}", body, alias)
    assert (status, problem["title"]) == (409, "OwnAccess")
    assert (users.get("olga").enabled, users.get("olga").group) == (True, "operator")


def test_user_that_the_pool_has_in_two_groups_is_listed_in_the_higher_one(users: UserOperations) -> None:
    users.create({"username": "ada", "group": "manager"}, PASSWORD)
    client("cognito-idp").admin_add_user_to_group(UserPoolId=users._pool, Username="ada", GroupName="cashier")
    assert [user.group for user in users.list_all()] == ["manager"]
    assert users.get("ada").group == "manager"


def test_user_whose_name_the_api_would_not_give_is_listed(users: UserOperations) -> None:
    pool, name = users._pool, "ada@shop.example"
    client("cognito-idp").admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
    client("cognito-idp").admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName="cashier")
    assert [user.username for user in users.list_all()] == [name]
    assert users.set_group(name, "manager").group == "manager"


@pytest.mark.parametrize("name", [" ", "a b", "x" * 129, "a\n"])
def test_name_that_no_user_can_have_is_unknown(users: UserOperations, name: str) -> None:
    assert call("PUT /api/users/{username}/access", {"enabled": False}, name)[0] == 404


def test_user_signs_in_with_the_right_password_alone(users: UserOperations) -> None:
    users.create({"username": "ada", "group": "cashier", "location": "store-1"}, PASSWORD)
    cognito = client("cognito-idp")
    flows = resources("AWS::Cognito::UserPoolClient")["TillClient"]["Properties"]["ExplicitAuthFlows"]
    (pool,) = (one["Id"] for one in cognito.list_user_pools(MaxResults=1)["UserPools"])
    made = cognito.create_user_pool_client(UserPoolId=pool, ClientName="till", ExplicitAuthFlows=flows)
    signing_in = UserOperations(cognito, pool, made["UserPoolClient"]["ClientId"])
    assert signing_in.sign_in("ada", PASSWORD).count(".") == 2
    with pytest.raises(SignInRefused):
        signing_in.sign_in("ada", PASSWORD + "x")
