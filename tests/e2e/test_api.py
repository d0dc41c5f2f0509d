"""The HTTP API on a deployed shop: who may call what, and a sale over HTTP."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tillflow.api.roles import SCOPES_BY_GROUP

from tests.e2e.test_permissions import without_permission
from tests.support.deployed_shop import Deployed
from till import workflows
from till.users import DEMO_PASSWORD
from tools.template.routes import routes_of, services

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]
ROOT = Path(__file__).parents[2]
ROUTES = {key: route for service in services(ROOT) for key, route in routes_of(ROOT, service).items()}


@dataclass(frozen=True)
class Http:
    """Calls of the API, with the tokens of the demo shop's users."""

    url: str
    tokens: dict[str, str]

    def call(self, method: str, path: str, token: str | None = None, body: Any = None, **headers: str) -> Any:
        """Return status and parsed body."""
        response = urllib3.request(
            method,
            self.url + path,
            body=None if body is None else json.dumps(body).encode(),
            headers={**({"authorization": f"Bearer {token}"} if token else {}), **headers},
            timeout=60,
            retries=False,
        )
        return response.status, json.loads(response.data) if response.data else None

    def as_user(self, user: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.call(method, path, self.tokens[user], body, **headers)


@pytest.fixture(scope="session")
def cognito(shop: Deployed) -> Any:
    return shop.client("cognito-idp")


@pytest.fixture(scope="session")
def sign_in(shop: Deployed, cognito: Any) -> Callable[[str], dict[str, str]]:
    client = shop.outputs()["TillClientId"]

    def tokens(user: str) -> dict[str, str]:
        parameters = {"USERNAME": user, "PASSWORD": DEMO_PASSWORD}
        response = cognito.initiate_auth(
            ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
        )
        result: dict[str, str] = response["AuthenticationResult"]
        return result

    return tokens


@pytest.fixture(scope="session")
def http(shop: Deployed, sign_in: Callable[[str], dict[str, str]]) -> Http:
    url = f"{shop.stack.endpoint}/_aws/execute-api/{shop.outputs()['ApiId']}/$default"
    return Http(url, {group: sign_in(group)["AccessToken"] for group in SCOPES_BY_GROUP})


@pytest.fixture(scope="session")
def refused_tokens(
    shop: Deployed, http: Http, cognito: Any, sign_in: Callable[[str], dict[str, str]]
) -> dict[str, str]:
    """Return tokens of an operator that the gateway must refuse, by what is wrong with them."""
    expired = short_lived_token(shop, cognito, sign_in)
    assert http.call("GET", "/api/cases", expired)[0] == 200
    tokens = {
        "expired": expired,
        "forged": forged(http.tokens["cashier"]),
        "other pool": token_of_another_pool(cognito),
        "id token": sign_in("operator")["IdToken"],
    }
    deadline = time.monotonic() + 30
    while http.call("GET", "/api/cases", expired)[0] == 200 and time.monotonic() < deadline:
        time.sleep(1)
    return tokens


def short_lived_token(shop: Deployed, cognito: Any, sign_in: Callable[[str], dict[str, str]]) -> str:
    """Return an access token that expires after some seconds."""
    ids = {"UserPoolId": shop.outputs()["UserPoolId"], "ClientId": shop.outputs()["TillClientId"]}
    client = cognito.describe_user_pool_client(**ids)["UserPoolClient"]
    read_only = ("LastModifiedDate", "CreationDate", "ClientSecret")
    settings = {name: value for name, value in client.items() if value and name not in read_only}
    # AWS has a minimum of five minutes, which the local AWS does not ask for.
    short = {"AccessTokenValidity": 5, "TokenValidityUnits": {"AccessToken": "seconds"}}
    cognito.update_user_pool_client(**settings | short)
    try:
        return sign_in("operator")["AccessToken"]
    finally:
        cognito.update_user_pool_client(**settings)


def forged(token: str) -> str:
    """Return a token with all scopes under the signature of another one."""
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims["scope"] = "shop/read shop/sell shop/manage shop/operate"
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{head}.{changed}.{signature}"


def token_of_another_pool(cognito: Any) -> str:
    """Return the access token of a user `operator` of a user pool that is not the shop's."""
    pool = cognito.create_user_pool(PoolName="other")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="till", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="operator", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(
        UserPoolId=pool, Username="operator", Password=DEMO_PASSWORD, Permanent=True
    )
    response = cognito.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "operator", "PASSWORD": DEMO_PASSWORD},
    )
    cognito.delete_user_pool(UserPoolId=pool)
    return str(response["AuthenticationResult"]["AccessToken"])


def path_of(key: str) -> tuple[str, str]:
    method, path = key.split(" ", 1)
    return method, path.replace("{", "").replace("}", "")


PUBLIC = {"GET /api", "GET /api/openapi.json", "GET /api/docs", "GET /api/docs.js", "GET /api/docs.css"}
WEBHOOKS = {
    "POST /api/webhooks/suppliers/{supplier_id}/acknowledgement",
    "POST /api/webhooks/suppliers/{supplier_id}/delivery-note",
    "POST /api/webhooks/suppliers/{supplier_id}/heartbeat",
    "POST /api/webhooks/carriers/{carrier}/reports",
    "POST /api/webhooks/stripe",
}


def test_only_these_routes_have_no_sign_in() -> None:
    assert {key for key, route in ROUTES.items() if not route.scope} == PUBLIC | WEBHOOKS


@pytest.mark.parametrize("key", sorted(PUBLIC))
def test_public_page_is_served_without_sign_in(http: Http, key: str) -> None:
    response = urllib3.request("GET", http.url + key.split(" ")[1], timeout=60)
    assert response.status == 200
    assert "default-src 'none'" in response.headers["content-security-policy"]


@pytest.mark.parametrize("key", sorted(ROUTES.keys() - PUBLIC - WEBHOOKS))
def test_route_refuses_callers_without_its_scope(http: Http, key: str) -> None:
    route = ROUTES[key]
    assert route.scope in {"read", "sell", "manage", "operate"}, (
        "a route without sign-in needs a test of its own"
    )
    method, path = path_of(key)
    assert http.call(method, path)[0] == 401
    for group, scopes in SCOPES_BY_GROUP.items():
        status, _ = http.as_user(group, method, path)
        if route.scope in scopes:
            assert status not in (401, 403) and status < 500, (group, status)
        else:
            assert status == 403, (group, status)


@pytest.mark.parametrize("key", sorted(ROUTES.keys() - PUBLIC - WEBHOOKS))
def test_route_refuses_tokens_that_are_not_of_the_shop(
    http: Http, refused_tokens: dict[str, str], key: str
) -> None:
    statuses = {name: http.call(*path_of(key), token)[0] for name, token in refused_tokens.items()}
    # An id token is of the shop, and has no scopes.
    assert statuses.pop("id token") in (401, 403)
    assert statuses == {"expired": 401, "forged": 401, "other pool": 401}


def test_permission_that_a_function_lacks_is_a_named_500(shop: Deployed, http: Http) -> None:
    with without_permission(shop, "CasesApiFunctionRole", "dynamodb:Query"):
        status, problem = http.as_user("operator", "GET", "/api/cases")
    assert (status, problem["title"]) == (500, "PermissionMissing")
    assert http.as_user("operator", "GET", "/api/cases")[0] == 200


def signed(secret: str, body: Any, at: float | None = None) -> tuple[bytes, dict[str, str]]:
    """Return a webhook's body and headers as a supplier sends them."""
    raw = json.dumps(body).encode()
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return raw, {"x-tillflow-timestamp": timestamp, "x-tillflow-signature": f"sha256={digest}"}


@pytest.mark.parametrize(
    ("secret", "age", "status"),
    [("the-secret", 0, 404), ("another", 0, 401), ("the-secret", 600, 401), ("the-secret", -600, 401)],
)
def test_webhook_is_accepted_with_its_suppliers_fresh_signature_alone(
    shop: Deployed, http: Http, secret: str, age: int, status: int
) -> None:
    supplier = {
        "supplier_id": "sup-hook",
        "name": "Hook",
        "currency": "EUR",
        "account": "acct_ok",
        "channel": {
            "type": "webhook",
            "address": "https://supplier.example/orders",
            "secret": "tillflow/suppliers/hook",
        },
    }
    http.as_user("manager", "POST", "/api/suppliers", {"supplier": supplier})
    secrets = shop.client("secretsmanager")
    with contextlib.suppress(secrets.exceptions.ResourceExistsException):
        secrets.create_secret(Name="tillflow/suppliers/hook", SecretString="the-secret")
    raw, headers = signed(secret, {"purchase_order_id": "po-none", "accepted": True}, time.time() - age)
    url = f"{http.url}/api/webhooks/suppliers/sup-hook/acknowledgement"
    response = urllib3.request("POST", url, body=raw, headers=headers, timeout=60, retries=False)
    # A good signature comes as far as the order, which does not exist.
    assert response.status == status, response.data


def test_webhook_without_signature_is_refused(http: Http) -> None:
    body = {"purchase_order_id": "po-1", "accepted": True}
    assert http.call("POST", "/api/webhooks/suppliers/nobody/acknowledgement", body=body)[0] == 401


# One time for all requests: a repeated request is the same.
PLACED_AT = workflows.now()


def sale(order_id: str, token: str = "tok_visa", **more: Any) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "location": "store-1",
        "register": "till-1",
        "currency": "EUR",
        "placed_at": PLACED_AT,
        "lines": [{"sku": "COF-ESP-1KG", "quantity": 1}],
        "tenders": [{"type": "card", "token": token}],
        **more,
    }


def order_id() -> str:
    return f"ord-{uuid.uuid4().hex[:12]}"


def test_sale_is_paid_shown_and_cancelled(http: Http) -> None:
    name = order_id()
    status, order = http.as_user("cashier", "POST", "/api/orders?wait=20", sale(name))
    assert (status, order["status"], order["total"]) == (201, "PAID", 1890)
    assert http.as_user("cashier", "GET", f"/api/orders/{name}")[1]["invoice_number"]
    status, order = http.as_user(
        "cashier", "POST", f"/api/orders/{name}/cancel?wait=20", {"reason": "changed mind"}
    )
    assert (status, order["status"], order["cancel_reason"]) == (200, "CANCELLED", "changed mind")


def test_repeated_sale_is_one_sale_and_other_content_is_a_conflict(http: Http) -> None:
    name = order_id()
    first = http.as_user("cashier", "POST", "/api/orders?wait=20", sale(name))
    assert http.as_user("cashier", "POST", "/api/orders?wait=20", sale(name)) == first
    other = sale(name, lines=[{"sku": "COF-ESP-1KG", "quantity": 2}])
    status, problem = http.as_user("cashier", "POST", "/api/orders", other)
    assert (status, problem["title"]) == (409, "IdempotencyConflict")


def test_declined_card_is_402_with_the_sentence_for_the_cashier(http: Http) -> None:
    status, problem = http.as_user("cashier", "POST", "/api/orders?wait=20", sale(order_id(), "tok_declined"))
    assert (status, problem["title"]) == (402, "PaymentDeclined")
    assert problem["cashier_message"] == "Payment declined. Ask for another way to pay."
    assert "stackTrace" not in json.dumps(problem)


def test_sale_that_is_not_valid_is_400_and_names_the_field(http: Http) -> None:
    wrong = sale(order_id(), lines=[{"sku": "COF-ESP-1KG", "quantity": 0}])
    status, problem = http.as_user("cashier", "POST", "/api/orders?wait=20", wrong)
    assert (status, problem["title"]) == (400, "InvalidRequest")
    assert "lines[0].quantity is 0" in problem["detail"]


def test_sale_that_is_not_waited_for_is_202_with_its_location(http: Http) -> None:
    name = order_id()
    status, order = http.as_user("cashier", "POST", "/api/orders?wait=0", sale(name))
    assert status in (201, 202)
    assert order["order_id"] == name


def test_cashier_sells_at_the_own_location_only(http: Http) -> None:
    elsewhere = sale(order_id(), location="store-2")
    assert http.as_user("cashier", "POST", "/api/orders", elsewhere)[0] == 403


def test_customer_update_names_the_version_it_read(http: Http) -> None:
    name = f"cus-{uuid.uuid4().hex[:8]}"
    assert http.as_user("cashier", "POST", "/api/customers", {"customer_id": name, "name": "Ada"})[0] == 201
    patch = http.as_user(
        "cashier", "PATCH", f"/api/customers/{name}", {"name": "Ada L."}, **{"if-match": '"1"'}
    )
    assert patch[0] == 200
    late = http.as_user("cashier", "PATCH", f"/api/customers/{name}", {"name": "A."}, **{"if-match": '"1"'})
    assert (late[0], late[1]["title"]) == (409, "RecordChanged")


def test_pages_of_customers_follow_one_another(http: Http) -> None:
    first = http.as_user("cashier", "GET", "/api/customers?limit=1")[1]
    second = http.as_user("cashier", "GET", f"/api/customers?limit=1&cursor={first['next_cursor']}")[1]
    assert first["customers"][0]["customer_id"] < second["customers"][0]["customer_id"]


def test_execution_is_listed_shown_without_secrets_and_not_redriven(http: Http) -> None:
    name = order_id()
    http.as_user("cashier", "POST", "/api/orders?wait=20", sale(name, "tok_declined"))
    listed = http.as_user("operator", "GET", "/api/executions?workflow=OrderCheckout&status=FAILED")[1]
    assert name in {one["name"] for one in listed["executions"]}
    status, shown = http.as_user("operator", "GET", f"/api/executions/{name}")
    assert (status, shown["execution"]["error"]) == (200, "PaymentDeclined")
    assert "tok_declined" not in json.dumps(shown)
    status, problem = http.as_user("operator", "POST", f"/api/executions/{name}/redrive")
    assert (status, problem["title"]) == (409, "NothingToRedrive")


def test_till_api_signs_in_and_calls(shop: Deployed) -> None:
    page = json.loads(shop.till("api", "GET", "/customers?limit=1", "--user", "cashier"))
    assert len(page["customers"]) == 1
    assert "Forbidden" in shop.till("api", "GET", "/cases", "--user", "cashier", code=1)


def test_till_user_creates_lists_and_disables(shop: Deployed, cognito: Any) -> None:
    shop.till(
        "user",
        "create",
        "eve",
        "--group",
        "cashier",
        "--location",
        "store-1",
        "--password",
        "Correct-Horse-9",
    )
    listed = json.loads(shop.till("user", "list", "--json"))
    assert {"username": "eve", "group": "cashier", "location": "store-1", "enabled": True} in listed
    shop.till("user", "disable", "eve")
    assert not next(
        user for user in json.loads(shop.till("user", "list", "--json")) if user["username"] == "eve"
    )["enabled"]


def test_addresses_are_printed_without_credentials_in_the_environment(shop: Deployed) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    printed = subprocess.run(
        [sys.executable, "-c", "from till.run import print_addresses; print_addresses()"],
        env=environment | {"TILLFLOW_HOME": str(shop.folder.path)},
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert f"{shop.stack.endpoint}/_aws/execute-api/{shop.outputs()['ApiId']}/$default/api" in printed
    assert f"the password of each is {DEMO_PASSWORD}" in printed
