"""The pages of the back office and the sign-in of the console in a real browser, on a deployed shop."""

import json
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3
from playwright.sync_api import expect

from tests.support.console import PATIENCE_MS, Console, complete, expect_sold, pay_by_card, scan
from till.users import DEMO_PASSWORD
from tools.node import install

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]
ROOT = Path(__file__).parents[2]
PAGES = (
    "till", "returns", "orders", "invoices", "payments", "customers", "stock", "transfers", "purchases", "approvals",
    "suppliers", "cases", "executions", "images", "images/quarantine", "deliveries", "reports",
    "customers/cus-ada", "stock/store-1%2FMUG-WHT-300",
)  # fmt: skip


@pytest.fixture(scope="session")
def axe() -> str:
    assert install(ROOT / "console") == 0
    return (ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js").read_text()


def test_pages_need_no_horizontal_scrolling_at_200_percent(console: Console) -> None:
    tab = console.open("operator")
    # A zoom of 200 % of 1280 x 800.
    tab.set_viewport_size({"width": 640, "height": 400})
    wide = []
    for page in ("till", "returns", "orders", "stock", "cases"):
        tab.evaluate("route => { location.hash = `#/${route}` }", page)
        expect(tab.get_by_text("Loading…")).to_have_count(0)
        if tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(page)
    assert wide == []


def test_cashier_is_refused_a_managers_page(console: Console) -> None:
    tab = console.open("cashier", "transfers")
    expect(tab.get_by_role("alert")).to_have_text("Your role does not allow this page.")
    expect(tab.get_by_role("link", name="Transfers")).to_have_count(0)


@pytest.mark.parametrize(("scheme", "pages"), [("light", PAGES), ("dark", ("till", "stock"))])
def test_pages_have_no_accessibility_violation(
    console: Console, axe: str, scheme: Any, pages: tuple[str, ...]
) -> None:
    tab = console.open("operator")
    tab.emulate_media(color_scheme=scheme)
    violations: dict[str, list[str]] = {}
    for page in pages:
        tab.evaluate("route => { location.hash = `#/${route}` }", page)
        expect(tab.get_by_text("Loading…")).to_have_count(0, timeout=PATIENCE_MS)
        tab.evaluate(axe)
        result = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found = [
            f"{one['id']}: {node['html'][:120]}" for one in result["violations"] for node in one["nodes"][:3]
        ]
        if found:
            violations[page] = found
    assert violations == {}


def test_order_page_shows_its_execution(console: Console) -> None:
    sku = console.create_product("Inspected", 5)
    tab = console.open("operator")
    scan(tab, sku)
    pay_by_card(tab)
    complete(tab)
    expect_sold(tab)
    order = json.loads(tab.evaluate("localStorage.getItem('tillflow.sale')"))["orderId"]
    tab.goto(f"{console.url}#/orders/{order}")
    expect(tab.get_by_role("heading", name=order, level=1)).to_be_visible()
    expect(tab.locator("execution-inspector text", has_text="PriceOrder").first).to_be_visible(
        timeout=PATIENCE_MS
    )


@pytest.fixture
def hosted_sign_in(console: Console) -> Callable[[], dict[str, Any]]:
    """Sign in as the console does, without a browser; return the tokens."""

    def sign_in() -> dict[str, Any]:
        endpoint, client = console.shop.stack.endpoint, console.shop.outputs()["ConsoleClientId"]
        fields = {
            "client_id": client,
            "redirect_uri": console.url,
            "response_type": "code",
            "scope": "openid",
        }
        form = {**fields, "username": "manager", "password": DEMO_PASSWORD}
        page = _post_form(f"{endpoint}/login", form)
        query = urllib.parse.urlsplit(page.headers["location"]).query
        code = dict(urllib.parse.parse_qsl(query))["code"]
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": console.url}
        return _tokens(endpoint, {**grant, "client_id": client})

    return sign_in


def _post_form(url: str, fields: dict[str, str]) -> Any:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return urllib3.request("POST", url, body=urllib.parse.urlencode(fields), headers=headers, redirect=False)


def _tokens(endpoint: str, fields: dict[str, str]) -> dict[str, Any]:
    response = _post_form(f"{endpoint}/oauth2/token", fields)
    assert response.status == 200, response.data
    tokens: dict[str, Any] = response.json()
    return tokens


def test_renewed_token_has_the_scopes_of_the_first(
    console: Console, hosted_sign_in: Callable[[], dict[str, Any]]
) -> None:
    renewal = {"grant_type": "refresh_token", "refresh_token": hosted_sign_in()["refresh_token"]}
    client = console.shop.outputs()["ConsoleClientId"]
    renewed = _tokens(console.shop.stack.endpoint, {**renewal, "client_id": client})
    response = urllib3.request(
        "GET", f"{console.url}api/transfers", headers={"authorization": f"Bearer {renewed['access_token']}"}
    )
    assert response.status == 200


def test_client_cannot_ask_for_scopes_of_the_shop(console: Console) -> None:
    query = urllib.parse.urlencode(
        {
            "client_id": console.shop.outputs()["ConsoleClientId"],
            "response_type": "code",
            "scope": "openid shop/operate",
            "redirect_uri": console.url,
        }
    )
    response = urllib3.request(
        "GET", f"{console.shop.stack.endpoint}/oauth2/authorize?{query}", redirect=False
    )
    assert "error=" in response.headers.get("location", "")
