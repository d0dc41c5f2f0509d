"""The console of a deployed shop in a browser, for tests: sign-in, pages, and the steps of a sale."""

import json
import urllib.parse
import uuid
from dataclasses import dataclass, field
from typing import Any

import urllib3
from catalog.models import Product
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.support.deployed_shop import Deployed
from till.shop import Good, Shop
from till.stack import find_stack
from till.users import DEMO_PASSWORD

PATIENCE_MS = 40_000
# The barcode of MUG-WHT-300, a product of the seed that costs €12.50.
MUG = "9780201379624"
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

    def new_context(self, timezone_id: str | None = None) -> BrowserContext:
        context = self.browser.new_context(
            locale="en-GB", timezone_id=timezone_id, viewport={"width": 1280, "height": 800}
        )
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


def serve_products(context: BrowserContext, count: int) -> None:
    """Answer requests for the price list with so many products of 100 minor units, named SKU-00000 and on."""
    products = [
        {
            "sku": f"SKU-{number:05}",
            "name": f"Product {number}",
            "barcode": None,
            "prices": {"EUR": 100},
            "category": "",
            "tax_included": True,
        }
        for number in range(count)
    ]

    def list_products(route: Route) -> None:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(route.request.url).query)
        start = int(query.get("cursor", ["0"])[0])
        end = start + 2_000
        cursor = str(end) if end < len(products) else None
        route.fulfill(json={"products": products[start:end], "next_cursor": cursor, "version": "1"})

    context.route("**/api/products?*", list_products)
