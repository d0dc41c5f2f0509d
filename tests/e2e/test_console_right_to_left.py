"""The console in a right-to-left page: nothing is cut off, and amounts, ids and names are read in their own order."""

import json
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.console import PATIENCE_MS, Console, complete, expect_sold, pay, scan

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("console")]
# Coffee in Hebrew, with a mark at its end, whose place depends on the direction of the text.
COFFEE = "קפה טחון 250!"
# Returns the characters of an element as they are placed, from left to right.
FROM_LEFT = """element => {
  const placed = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let index = 0; index < node.length; index += 1) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + 1);
      const { left, top, width } = range.getBoundingClientRect();
      if (width > 0) placed.push([Math.round(top / 12), left, node.data[index]]);
    }
  }
  placed.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  return placed.map(([, , character]) => character).join("");
}"""
# Returns the elements that reach out of the page, or whose text does not fit into them, outside of what scrolls.
CUT_OFF = """() => [...document.querySelectorAll("a, button, h1, h2, label, input, select, p, dt, dd, td, th, summary")]
  .filter((element) => {
    if (element.closest(".visually-hidden, .scroll, nav") || !element.checkVisibility()) return false;
    const { left, right } = element.getBoundingClientRect();
    const isInput = element.matches("input, select");
    return left < -1 || right > innerWidth + 1 || (!isInput && element.scrollWidth > element.clientWidth + 1
      && element.clientWidth > 0);
  })
  .map((element) => element.outerHTML.slice(0, 120))"""


@pytest.fixture
def tab(console: Console) -> Page:
    """Return a tab of the operator whose page is right to left; the language of its texts stays English."""
    tab = console.open("operator")
    expect(tab.locator("html")).to_have_attribute("dir", "ltr")
    turn(tab)
    return tab


def turn(tab: Page) -> None:
    tab.evaluate("document.documentElement.dir = 'rtl'")


def show(tab: Page, address: str) -> None:
    tab.evaluate("address => { location.hash = address }", address)
    expect(tab.get_by_text("Loading…")).to_have_count(0, timeout=PATIENCE_MS)


def from_left(element: Locator) -> str:
    text: str = element.evaluate(FROM_LEFT)
    return text.replace("\u00a0", " ")


def problems_of(tab: Page) -> Iterator[str]:
    wide = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        yield f"{wide} pixels wider than the screen"
    yield from tab.evaluate(CUT_OFF)


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_fit_the_screen(tab: Page, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 800})
    links = tab.get_by_role("navigation").get_by_role("link")
    found: dict[str, list[str]] = {}
    for page in [str(link.get_attribute("href")) for link in links.all()]:
        show(tab, page)
        found[page] = list(problems_of(tab))
        record = tab.locator("tbody td:first-child a").first
        if record.count():
            show(tab, str(record.get_attribute("href")))
            found[f"{page}: record"] = list(problems_of(tab))
    assert len(found) > 20
    assert {page: problems for page, problems in found.items() if problems} == {}


def test_sale_is_made_in_a_right_to_left_page(console: Console, tab: Page) -> None:
    sku = console.create_product(COFFEE, 5)
    scan(tab, sku)
    basket = tab.locator(".basket tbody")
    expect(basket).to_contain_text(COFFEE)
    assert "5.00" in from_left(basket)
    pay(tab)
    keypad = tab.get_by_role("group")
    for key in ("1", "0"):
        keypad.get_by_role("button", name=key, exact=True).click()
    tab.get_by_role("dialog").get_by_role("button", name="Cash", exact=True).click()
    assert from_left(tab.get_by_test_id("due")) == "€5.00"
    complete(tab)
    expect_sold(tab)
    order = json.loads(tab.evaluate("localStorage.getItem('tillflow.sale')"))["orderId"]
    assert f"order {order}" in from_left(tab.get_by_role("article", name="Receipt")).lower()


def test_amounts_and_ids_keep_their_order(console: Console, tab: Page) -> None:
    name = uuid.uuid4().hex[:8]
    # Digits first: by themselves they would be placed to the right of the letters.
    supplier = {"supplier_id": f"12-{name}-ab", "name": COFFEE, "currency": "EUR", "account": "acct_ok"}
    console.call("manager", "POST", "/suppliers", {"supplier": supplier})
    show(tab, "#/suppliers")
    row = tab.get_by_role("row").filter(has_text=supplier["supplier_id"])
    cells = row.get_by_role("cell")
    assert from_left(cells.nth(0)) == supplier["supplier_id"]
    tab.get_by_label("Language").select_option("de")
    turn(tab)
    show(tab, "#/orders")
    total = tab.locator("tbody td.number").first
    assert from_left(total).endswith(" €")
    assert from_left(tab.locator("tbody time").first)[:2].isdigit()


def test_name_keeps_its_direction_in_a_left_to_right_page(console: Console) -> None:
    customer = f"cus-{uuid.uuid4().hex[:8]}"
    console.call("manager", "POST", "/customers", {"customer_id": customer, "name": COFFEE})
    tab = console.open("manager", f"customers/{customer}")
    heading = tab.get_by_role("heading", name=COFFEE, level=1)
    expect(heading).to_be_visible()
    # The mark that ends the name is at its left.
    assert from_left(heading)[0] == COFFEE[-1]


def test_execution_is_read_in_a_right_to_left_page(console: Console, tab: Page) -> None:
    show(tab, "#/executions")
    tab.locator("tbody td:first-child a").first.click()
    inspector = tab.locator("execution-inspector")
    inspector.get_by_role("tab", name="Timeline").click()
    length = inspector.locator(".visit .length").first
    assert from_left(length).endswith("ms") or from_left(length).endswith("s")
    inspector.locator(".visit").first.click()
    document = inspector.locator("pre").first
    assert document.evaluate("element => getComputedStyle(element).direction") == "ltr"
    assert from_left(document)[0] in "{["
