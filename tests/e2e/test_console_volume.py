"""The console in a shop with 10,000 orders: a page has a bounded number of rows, and reads what it shows."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from orders.rows import order_key
from playwright.sync_api import Locator, Page, Request, Route, expect
from tillflow.store import chunks, key, write_rows
from tillflow.times import iso_utc

from tests.support.console import Console
from till.stack import Stack, find_stack

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("console")]
ORDERS = 10_000
PAGE = 50
MOST_ROWS = 500
NEWEST = datetime(2024, 6, 30, 12, tzinfo=UTC)
BETWEEN = timedelta(minutes=10)


@dataclass
class History:
    """Orders of one customer, ten minutes apart, the newest first. The last one is cancelled, the others are paid."""

    prefix: str
    customer: str
    location: str
    rows: list[dict[str, Any]] = field(default_factory=list)

    def order(self, number: int) -> str:
        return f"{self.prefix}-{number:05}"


@pytest.fixture(scope="module")
def history(shop: Any, browser: Any) -> Iterator[History]:
    """Store 10,000 orders as rows, copies of one that was sold, and remove them at the end."""
    url = f"{shop.stack.endpoint}/_aws/execute-api/{shop.outputs()['ApiId']}/$default/"
    console = Console(url, shop, browser)
    name = uuid.uuid4().hex[:8]
    history = History(f"vol-{name}", f"customer-{name}", f"store-{name}")
    customer = {"customer_id": history.customer, "name": "Regular customer"}
    console.call("manager", "POST", "/customers", customer)
    console.call("manager", "PUT", f"/locations/{history.location}", {"name": "Large store"})
    sale = {
        "order_id": f"{history.prefix}-model",
        "location": "store-1",
        "register": "till-1",
        "currency": "EUR",
        "placed_at": datetime.now(UTC).isoformat(),
        "lines": [{"sku": "MUG-WHT-300", "quantity": 1}],
        "tenders": [{"type": "cash"}],
    }
    console.call("cashier", "POST", "/orders?wait=20", sale)
    stack = find_stack({"TILLFLOW_HOME": str(shop.folder.path)})
    model = stack.row("OrdersTable", *order_key(sale["order_id"]))
    history.rows = [_copy(model, history, number) for number in range(ORDERS)]
    with stored(stack, "OrdersTable", history.rows):
        yield history


@pytest.fixture
def sold_skus(shop: Any) -> Iterator[int]:
    """Store the figures of a day on which 1,000 products were sold; return their number."""
    stack = find_stack({"TILLFLOW_HOME": str(shop.folder.path)})
    partition, day = "SALES#sku#EUR#2024-06", "2024-06-30"
    figures = {"units": 1, "net": 100, "total": 100}
    rows = [{"pk": partition, "sk": f"{day}#VOL-{number:04}"} | figures for number in range(1_000)]
    with stored(stack, "ReportsTable", rows):
        yield len(rows)


@contextmanager
def stored(stack: Stack, table: str, rows: list[dict[str, Any]]) -> Iterator[None]:
    """Have rows in a service's table, which is named by its logical id."""
    client, name = stack.client("dynamodb"), stack.output(table)
    write_rows(client, name, rows)
    yield
    for some in chunks([{"DeleteRequest": {"Key": key(row["pk"], row["sk"])}} for row in rows], 25):
        client.batch_write_item(RequestItems={name: list(some)})


def _copy(model: dict[str, Any], history: History, number: int) -> dict[str, Any]:
    order_id = history.order(number)
    pk, sk = order_key(order_id)
    return model | {
        "pk": pk,
        "sk": sk,
        "order_id": order_id,
        "placed_at": iso_utc(NEWEST - number * BETWEEN),
        "customer_id": history.customer,
        "location": history.location,
        "status": "CANCELLED" if number == ORDERS - 1 else "PAID",
    }


def requests_of(tab: Page, path: str) -> list[str]:
    """Return a list that grows by each request of a path of the API."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if f"/api/{path}?" in request.url:
            sent.append(request.url)

    tab.on("request", note)
    return sent


def rows(tab: Page) -> Locator:
    return tab.locator("tbody tr")


def show_more(tab: Page) -> None:
    """Click More and wait for the rows that it brings."""
    last = rows(tab).last.inner_text()
    tab.get_by_role("button", name="More").click()
    expect(rows(tab).last).not_to_have_text(last, use_inner_text=True)


def test_list_of_many_orders_has_a_bounded_number_of_rows(console: Console, history: History) -> None:
    tab = console.open("manager")
    sent = requests_of(tab, "orders")
    tab.evaluate("query => { location.hash = `#/orders?${query}` }", f"location={history.location}")
    expect(rows(tab)).to_have_count(PAGE)
    assert len(sent) == 1
    for _ in range(12):
        show_more(tab)
    expect(rows(tab)).to_have_count(MOST_ROWS)
    expect(rows(tab).last).to_contain_text(history.order(13 * PAGE - 1))
    expect(tab.get_by_text("at most 500 are shown")).to_be_visible()
    assert len(sent) == 13
    tab.get_by_role("button", name="From the start").click()
    expect(rows(tab)).to_have_count(PAGE)
    expect(rows(tab).first).to_contain_text(history.order(0))
    assert len(sent) == 14
    # The elements of the whole page, with its navigation, filters and the table.
    assert tab.evaluate("document.querySelectorAll('*').length") < 2_000


def test_last_orders_of_a_long_list_are_reached_by_their_day(console: Console, history: History) -> None:
    oldest = NEWEST - (ORDERS - 1) * BETWEEN
    tab = console.open("manager", f"orders?location={history.location}&last_day={oldest.date()}")
    expected = sum(row["placed_at"][:10] <= oldest.date().isoformat() for row in history.rows)
    assert PAGE < expected < MOST_ROWS
    while tab.get_by_role("button", name="More").count() or not rows(tab).count():
        expect(rows(tab).first).to_be_visible()
        show_more(tab)
    expect(rows(tab)).to_have_count(expected)
    expect(rows(tab).last).to_contain_text(history.order(ORDERS - 1))


def test_days_of_filters_are_those_of_the_time_zone_of_the_shop(console: Console, history: History) -> None:
    context = console.new_context()

    def configure(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "time_zone": "Africa/Cairo"})

    context.route("**/config.json", configure)
    tab = console.open("manager", "orders", context)
    # The clocks of Cairo are put forward at midnight: the day has 23 hours.
    first, last = datetime(2024, 4, 25, 22, tzinfo=UTC), datetime(2024, 4, 26, 21, tzinfo=UTC)
    query = f"location={history.location}&first_day=2024-04-26&last_day=2024-04-26"
    tab.evaluate("query => { location.hash = `#/orders?${query}` }", query)
    expect(rows(tab)).to_have_count(PAGE)
    show_more(tab)
    show_more(tab)
    expect(rows(tab)).to_have_count(23 * 6)
    expect(tab.get_by_role("button", name="More")).to_have_count(0)
    times = [row["placed_at"] for row in history.rows]
    expect(rows(tab).first).to_contain_text(history.order(times.index(iso_utc(last - BETWEEN))))
    expect(rows(tab).last).to_contain_text(history.order(times.index(iso_utc(first))))


def test_filter_that_few_orders_pass_reads_on_without_saying_that_there_is_none(
    console: Console, history: History
) -> None:
    tab = console.open("manager")
    sent = requests_of(tab, "orders")
    tab.evaluate(
        "query => { location.hash = `#/orders?${query}` }", f"location={history.location}&status=CANCELLED"
    )
    more = tab.get_by_role("button", name="More")
    expect(more).to_be_visible()
    expect(tab.get_by_text("Nothing here.")).to_have_count(0)
    expect(tab.get_by_text("Nothing in the part of the list that was read.")).to_be_visible()
    assert len(sent) == 1
    # A page of the API reads 1,000 orders at most.
    for count in range(2, 12):
        if not more.count():
            break
        with tab.expect_response(lambda response: "/api/orders?" in response.url):
            more.click()
        assert len(sent) == count
    expect(rows(tab)).to_have_count(1)
    expect(rows(tab)).to_contain_text(history.order(ORDERS - 1))


def test_order_and_customer_with_many_orders_are_opened(console: Console, history: History) -> None:
    tab = console.open("manager", "orders")
    sent = requests_of(tab, "orders")
    tab.get_by_label("Order", exact=True).fill(history.order(ORDERS // 2))
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name=history.order(ORDERS // 2), level=1)).to_be_visible()
    expect(tab.get_by_role("region", name="Lines").get_by_role("cell", name="MUG-WHT-300")).to_be_visible()
    assert sent == []
    tab.evaluate("address => { location.hash = address }", f"#/customers/{history.customer}")
    expect(tab.get_by_role("region", name="Orders").get_by_role("row")).to_have_count(PAGE + 1)
    assert len(sent) == 1


@pytest.mark.usefixtures("sold_skus")
def test_report_of_many_products_is_read_a_page_at_a_time(console: Console) -> None:
    tab = console.open("manager")
    sent = requests_of(tab, "reports/sales")
    tab.evaluate(
        "address => { location.hash = address }", "#/reports?by=sku&first_day=2024-06-30&last_day=2024-06-30"
    )
    expect(rows(tab)).to_have_count(100)
    for _ in range(6):
        show_more(tab)
    expect(rows(tab)).to_have_count(MOST_ROWS)
    expect(rows(tab).last).to_contain_text("VOL-0699")
    assert len(sent) == 7
    assert tab.locator("figure.chart rect").count() <= 31
