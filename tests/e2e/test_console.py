"""The console in a real browser, on a deployed shop."""

import json
import re
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3
from catalog.models import Product
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.e2e.conftest import Deployed
from tests.support.browser import chromium
from till.shop import Good, Shop
from till.stack import find_stack
from till.users import DEMO_PASSWORD
from tools.node import install

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]
ROOT = Path(__file__).parents[2]
PATIENCE_MS = 40_000
MUG = "9780201379624"
HOSTILE_NAME = '<img src=x onerror="window.attacked = 1"><script>window.attacked = 1</script>'
PAGES = (
    "till", "returns", "orders", "invoices", "payments", "customers", "stock", "transfers", "purchases", "approvals",
    "suppliers", "cases", "executions", "images", "images/quarantine", "deliveries", "reports",
    "customers/cus-ada", "stock/store-1%2FMUG-WHT-300",
)  # fmt: skip

# Sets window.shown to the time from Enter to the painted line of a SKU.
MEASURE_SCAN = """sku => {
  window.shown = new Promise((resolve) => {
    let start = 0;
    document.addEventListener("keydown", (event) => {
      if (event.key === "Enter") start = performance.now();
    }, { capture: true, once: true });
    const observer = new MutationObserver(() => {
      if (!document.querySelector(".basket")?.textContent.includes(sku)) return;
      observer.disconnect();
      requestAnimationFrame(() => resolve(performance.now() - start));
    });
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  });
}"""


@dataclass
class Console:
    """The console of a deployed shop: pages of signed-in people, and the API for what a test prepares."""

    url: str
    shop: Deployed
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, user: str, page: str = "till", context: BrowserContext | None = None) -> Page:
        """Return a tab in which a person is signed in, in a browser of its own unless a context is given."""
        tab = (context or self.new_context()).new_page()
        tab.goto(f"{self.url}#/{page}")
        self.sign_in(tab, user)
        return tab

    def new_context(self) -> BrowserContext:
        context = self.browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        return context

    def sign_in(self, tab: Page, user: str) -> None:
        tab.get_by_role("button", name="Sign in").click()
        tab.fill("#username", user)
        tab.fill("#password", DEMO_PASSWORD)
        tab.get_by_role("button", name="Sign in").click()
        tab.wait_for_selector(".shell")

    def call(self, user: str, method: str, path: str, body: Any = None) -> Any:
        cognito, outputs = self.shop.client("cognito-idp"), self.shop.outputs()
        response = cognito.initiate_auth(
            ClientId=outputs["TillClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user, "PASSWORD": DEMO_PASSWORD},
        )
        response = urllib3.request(
            method,
            f"{self.url}api{path}",
            json=body,
            headers={"authorization": f"Bearer {response['AuthenticationResult']['AccessToken']}"},
            timeout=PATIENCE_MS / 1000,
        )
        assert response.status < 300, response.data
        return response.json()

    def create_product(self, name: str, units: int) -> str:
        """Create a product with stock in store-1; return its SKU."""
        sku = f"TST-{uuid.uuid4().hex[:8].upper()}"
        product = {"sku": sku, "name": name, "prices": {"EUR": 500}, "tax_class": "standard"}
        self.call("manager", "PUT", f"/products/{sku}", product)
        stack = find_stack({"TILLFLOW_HOME": str(self.shop.folder.path)})
        Shop(stack).receive(sku, {sku: units}, [Good(Product.model_validate(product), 100, units)])
        return sku

    def sold(self, sku: str) -> int:
        """Return how many units were sold of a product."""
        movements = self.call("manager", "GET", f"/stock/movements?location=store-1&sku={sku}")
        rows = movements if isinstance(movements, list) else movements["movements"]
        return -sum(row["quantity"] for row in rows if row["kind"] == "sale")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run the browser for this file alone: Playwright keeps an event loop running in its thread until it ends."""
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as running:
        yield running


@pytest.fixture
def console(shop: Deployed, browser: Browser) -> Iterator[Console]:
    url = f"{shop.stack.endpoint}/_aws/execute-api/{shop.outputs()['ApiId']}/$default/"
    opened = Console(url, shop, browser)
    yield opened
    for context in opened.contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    assert install(ROOT / "console") == 0
    return (ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js").read_text()


def scan(tab: Page, code: str) -> None:
    tab.get_by_role("combobox", name="Scan or search").focus()
    tab.keyboard.type(code)
    tab.keyboard.press("Enter")


def pay(tab: Page) -> None:
    """Open the payment of the basket, once the API has priced it."""
    button = tab.get_by_role("button", name="Pay", exact=True)
    expect(button).to_be_enabled(timeout=PATIENCE_MS)
    button.click()


def pay_by_card(tab: Page, card: str = "tok_visa") -> None:
    pay(tab)
    tab.get_by_label("Card of the sandbox").select_option(card)
    tab.get_by_role("button", name="Card", exact=True).click()


def complete(tab: Page) -> None:
    tab.get_by_role("button", name="Complete the sale").click()


def expect_sold(tab: Page) -> None:
    expect(tab.get_by_role("article", name="Receipt")).to_be_visible(timeout=PATIENCE_MS)


def test_sale_with_cash_shows_the_change_and_the_invoice(console: Console) -> None:
    tab = console.open("cashier")
    scan(tab, MUG)
    pay(tab)
    tab.get_by_role("button", name="€20.00").click()
    expect(tab.get_by_test_id("due")).to_have_text("€7.50")
    complete(tab)
    expect_sold(tab)
    expect(tab.get_by_test_id("change")).to_contain_text("€7.50")
    expect(tab.get_by_role("article", name="Receipt")).to_contain_text(re.compile(r"Invoice \S+"))


def test_sale_needs_no_pointer(console: Console) -> None:
    tab = console.open("cashier")
    tab.keyboard.type(MUG)
    tab.keyboard.press("Enter")
    button = tab.get_by_role("button", name="Pay", exact=True)
    expect(button).to_be_enabled(timeout=PATIENCE_MS)
    for _ in range(30):
        tab.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("button", name="Card", exact=True)).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("button", name="Complete the sale")).to_be_focused()
    tab.keyboard.press("Enter")
    expect_sold(tab)
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("combobox", name="Scan or search")).to_be_focused()


def test_declined_card_keeps_the_basket_and_shows_the_cashiers_sentence(console: Console) -> None:
    tab = console.open("cashier")
    scan(tab, MUG)
    pay_by_card(tab, "tok_declined")
    complete(tab)
    alert = tab.get_by_role("alert").filter(has_text="Payment declined. Ask for another way to pay.")
    expect(alert).to_be_visible(timeout=PATIENCE_MS)
    tab.get_by_role("button", name="€12.50").click()
    complete(tab)
    expect_sold(tab)


def test_last_unit_is_sold_by_one_of_two_tills(console: Console) -> None:
    sku = console.create_product("Last one", 1)
    tabs = [console.open("cashier"), console.open("cashier")]
    for tab in tabs:
        scan(tab, sku)
        pay_by_card(tab)
    for tab in tabs:
        complete(tab)
    ended = [
        tab.locator(".receipt, dialog .notice.bad").first.text_content(timeout=PATIENCE_MS) or ""
        for tab in tabs
    ]
    refused = [text for text in ended if "Not enough in stock" in text]
    assert len(refused) == 1, ended
    assert console.sold(sku) == 1


def test_lost_response_sells_once(console: Console) -> None:
    sku = console.create_product("Sold once", 5)
    tab = console.open("cashier")
    lost: list[str] = []

    def lose_first_response(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort("connectionreset")

    tab.route("**/api/orders?*", lose_first_response)
    scan(tab, sku)
    pay_by_card(tab)
    complete(tab)
    expect_sold(tab)
    assert lost
    assert console.sold(sku) == 1


def test_two_tabs_and_a_reload_sell_once(console: Console) -> None:
    sku = console.create_product("Sold once", 5)
    first = console.open("cashier")
    second = console.open("cashier", context=first.context)
    scan(first, sku)
    pay_by_card(first)
    expect(second.get_by_role("cell", name=sku)).to_be_visible()
    pay(second)
    # The second tab may have removed its button already, because the first one has sold.
    buttons = [
        tab.get_by_role("button", name="Complete the sale").element_handle() for tab in (first, second)
    ]
    for button in buttons:
        button.evaluate("element => element.click()")
    first.reload()
    console.sign_in(first, "cashier")
    expect_sold(first)
    expect_sold(second)
    assert console.sold(sku) == 1


def test_locked_till_keeps_the_basket(console: Console) -> None:
    tab = console.open("cashier")
    scan(tab, MUG)
    expect(tab.get_by_role("cell", name="MUG-WHT-300")).to_be_visible()
    tab.get_by_role("button", name="Lock").click()
    expect(tab.get_by_text("Locked. The sale of cashier is kept.")).to_be_visible()
    console.sign_in(tab, "cashier")
    expect(tab.get_by_role("cell", name="MUG-WHT-300")).to_be_visible()


def test_parked_sale_survives_a_reload_and_is_continued(console: Console) -> None:
    tab = console.open("cashier")
    scan(tab, MUG)
    expect(tab.get_by_role("cell", name="MUG-WHT-300")).to_be_visible()
    tab.get_by_role("button", name="Park the sale").click()
    expect(tab.get_by_text("Scan the first product.")).to_be_visible()
    tab.reload()
    console.sign_in(tab, "cashier")
    tab.get_by_role("button", name="Parked sales (1)").click()
    tab.get_by_role("dialog").locator("li button").first.click()
    expect(tab.get_by_role("cell", name="MUG-WHT-300")).to_be_visible()


def test_stock_of_other_locations_is_shown_at_the_till(console: Console) -> None:
    sku = console.create_product("In stock", 7)
    tab = console.open("cashier")
    scan(tab, sku)
    tab.get_by_role("button", name="Stock of In stock").click()
    expect(tab.get_by_role("dialog")).to_contain_text("store-17")


def test_returned_units_are_refunded_by_the_receipt(console: Console) -> None:
    sku = console.create_product("Returned", 5)
    order = f"ord-{uuid.uuid4().hex[:12]}"
    lines, tenders = [{"sku": sku, "quantity": 2}], [{"type": "cash"}]
    place = {
        "location": "store-1",
        "register": "till-1",
        "currency": "EUR",
        "placed_at": datetime.now(UTC).isoformat(),
    }
    console.call(
        "cashier", "POST", "/orders?wait=20", {"order_id": order, **place, "lines": lines, "tenders": tenders}
    )
    tab = console.open("cashier", "returns")
    tab.get_by_label("Order of the receipt").fill(order)
    tab.keyboard.press("Enter")
    tab.get_by_label("Units returned: Returned").fill("1")
    tab.get_by_role("button", name="Refund €5.00").click()
    expect(tab.get_by_role("article", name="Credit note")).to_contain_text("€5.00")
    [returned] = console.call("cashier", "GET", f"/orders/{order}/returns")
    assert (returned["status"], returned["total"]) == ("COMPLETED", 500)
    assert console.sold(sku) == 2


def sell_offline(tab: Page, code: str) -> str:
    """Sell a product for cash without a connection; return the order's id."""
    scan(tab, code)
    pay(tab)
    tab.get_by_role("dialog").get_by_role("button", name="Cash", exact=True).click()
    complete(tab)
    expect(tab.get_by_role("article", name="Receipt")).to_contain_text("the invoice follows")
    order: str = json.loads(tab.evaluate("localStorage.getItem('tillflow.sale')"))["orderId"]
    tab.get_by_role("button", name="Next sale").click()
    return order


def test_sales_without_a_connection_are_sent_once_each(console: Console) -> None:
    sku = console.create_product("Sold offline", 5)
    tab = console.open("cashier")
    scan(tab, sku)
    expect(tab.get_by_role("cell", name=sku)).to_be_visible()
    tab.get_by_role("button", name="Discard the sale").click()
    expect(tab.get_by_text("prices of")).to_be_visible()
    tab.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    tab.context.set_offline(True)
    orders = [sell_offline(tab, sku)]
    tab.reload()
    orders.append(sell_offline(tab, sku))
    expect(tab.get_by_role("button", name="2 sales to be sent")).to_be_visible()
    tab.context.set_offline(False)
    tab.get_by_role("status").get_by_role("button", name="Sign in").click()
    tab.fill("#username", "cashier")
    tab.fill("#password", DEMO_PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("combobox", name="Scan or search")).to_be_visible()
    expect(tab.get_by_role("button", name="to be sent")).to_have_count(0, timeout=3 * PATIENCE_MS)
    sold = [console.call("cashier", "GET", f"/orders/{order}") for order in orders]
    assert [one["status"] for one in sold] == ["PAID", "PAID"]
    assert console.sold(sku) == 2


def test_session_that_ends_in_a_sale_sells_once_after_the_sign_in(console: Console) -> None:
    sku = console.create_product("Sold once", 5)
    tab = console.open("cashier")
    ended: list[str] = []

    def end_session(route: Route) -> None:
        if ended:
            route.continue_()
            return
        ended.append(route.request.url)
        route.fulfill(status=401, json={"message": "Unauthorized"})

    tab.route("**/api/orders?*", end_session)
    scan(tab, sku)
    pay_by_card(tab)
    complete(tab)
    expect(tab.get_by_text("Locked. The sale of cashier is kept.")).to_be_visible()
    console.sign_in(tab, "cashier")
    expect_sold(tab)
    assert ended
    assert console.sold(sku) == 1


def test_scan_shows_its_line_within_50_ms_with_20000_products(console: Console) -> None:
    products = [
        {
            "sku": f"SKU-{number:05}",
            "name": f"Product {number}",
            "barcode": None,
            "prices": {"EUR": 100},
            "category": "",
            "tax_included": True,
        }
        for number in range(20_000)
    ]

    def list_products(route: Route) -> None:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(route.request.url).query)
        start = int(query.get("cursor", ["0"])[0])
        end = start + 2_000
        cursor = str(end) if end < len(products) else None
        route.fulfill(json={"products": products[start:end], "next_cursor": cursor, "version": "1"})

    context = console.new_context()
    context.route("**/api/products?*", list_products)
    tab = console.open("cashier", context=context)
    expect(tab.get_by_text("20000 products, prices of")).to_be_visible()
    tab.get_by_role("combobox", name="Scan or search").focus()
    milliseconds = []
    for number in (19_999, 10_000, 15_001, 1, 7_777):
        sku = f"SKU-{number:05}"
        tab.evaluate(MEASURE_SCAN, sku)
        tab.keyboard.insert_text(sku)
        tab.keyboard.press("Enter")
        milliseconds.append(tab.evaluate("window.shown"))
    assert min(milliseconds) <= 50, milliseconds


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


def test_names_are_shown_as_text_whatever_they_contain(console: Console) -> None:
    sku = console.create_product(HOSTILE_NAME, 5)
    customer = {"customer_id": f"cus-{uuid.uuid4().hex[:12]}", "name": HOSTILE_NAME}
    console.call("cashier", "POST", "/customers", customer)
    tab = console.open("cashier")
    scan(tab, sku)
    expect(tab.get_by_text(HOSTILE_NAME)).to_be_visible()
    tab.get_by_role("button", name="Choose customer").click()
    tab.get_by_label("Filter by name or id").fill(customer["customer_id"])
    tab.get_by_role("dialog").get_by_role("button", name=customer["customer_id"]).click()
    expect(tab.get_by_role("button", name=f"Customer: {HOSTILE_NAME}")).to_be_visible()
    pay_by_card(tab)
    complete(tab)
    expect_sold(tab)
    expect(tab.get_by_role("article", name="Receipt")).to_contain_text(HOSTILE_NAME)
    assert tab.evaluate("window.attacked") is None


def test_page_has_no_text_of_another_language(console: Console) -> None:
    tab = console.open("cashier")
    tab.get_by_label("Language").select_option("de")
    expect(tab.get_by_role("combobox", name="Scannen oder suchen")).to_be_visible()
    scan_box = tab.get_by_role("combobox", name="Scannen oder suchen")
    scan_box.fill(MUG)
    scan_box.press("Enter")
    expect(tab.get_by_test_id("total")).to_have_text("12,50 €")


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
