"""Suppliers, purchases, reorder points and transfers from the command line, bad input first of all."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from catalog.models import Product, TaxClass
from catalog.store import CatalogStore
from inventory.models import Location, ReceiptLine
from inventory.operations import StockOperations
from inventory.store import InventoryStore
from inventory.transfers import rules as transfer_rules
from inventory.transfers.models import AwaitTransfer, OpenTransfer
from inventory.transfers.store import TransferStore
from purchasing import invoices, rules
from purchasing.models import Invoice, InvoicedLine, OpenOrder, Receipt, ReceivedLine
from purchasing.store import PurchaseStore
from purchasing.supplier_models import Price, Supplier
from tillflow.aws import client

from tests.till.test_commands import deployed, run
from till.demo import stock_transfer
from verification.harness.services import data_services
from verification.harness.template import Template

TEMPLATE = Template.read()
BEANS = {
    "supplier_id": "sup-beans",
    "name": "The Roastery",
    "currency": "EUR",
    "lead_time_days": 5,
    "account": "acct_ok",
}


@pytest.fixture(scope="module", autouse=True)
def aws() -> Iterator[None]:
    with data_services(TEMPLATE):
        stock = InventoryStore(client("dynamodb"), "InventoryTable")
        stock.receive("seed", "store-1", [ReceiptLine(sku="TEA", quantity=10, cost=4000)])
        StockOperations(client("dynamodb"), "InventoryTable").put_location(Location(location="store-1"))
        catalog = CatalogStore(client("dynamodb"), "CatalogTable")
        catalog.tax_classes.create(TaxClass.model_validate({"name": "standard", "rate": "0.20"}))
        catalog.put_product(
            Product(sku="TEA", name="Tea", prices={"EUR": 900}, tax_class="standard", tax_included=True)
        )
        yield


@pytest.fixture(autouse=True)
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TILLFLOW_HOME", str(tmp_path))
    deployed(monkeypatch, {name: name for name in (*TEMPLATE.tables, *TEMPLATE.functions)})


def purchases() -> PurchaseStore:
    return PurchaseStore(client("dynamodb"), "PurchasingTable")


@pytest.fixture(scope="module")
def paid(aws: None) -> str:
    """A purchase that was delivered with a unit sent back, billed at a discount and paid."""
    purchases().suppliers.create(Supplier.model_validate(BEANS))
    purchases().suppliers.set_prices("sup-beans", [Price(sku="TEA", unit_cost=400)])
    order = {
        "purchase_order_id": "po-1",
        "location": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "TEA", "quantity": 5, "unit_cost": 400}],
        "suppliers": [{"supplier_id": "sup-beans"}],
    }
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    store = purchases()
    store.open(OpenOrder.model_validate(order))
    store.send("po-1")
    store.change("po-1", lambda before: rules.acknowledge(before, date(2026, 11, 24)))
    lines = (ReceivedLine(sku="TEA", quantity=6, rejected=1),)
    store.receive("po-1", Receipt(receipt_id="dn-1", received_at=now, lines=lines))
    store.change("po-1", lambda before: rules.book(before, "dn-1"))
    invoiced = (InvoicedLine(sku="TEA", quantity=5, unit_price=400),)
    invoice = Invoice(number="A-1", invoiced_on=now.date(), lines=invoiced, discount=100, total=1900)
    store.bill("po-1", invoice)
    store.match("po-1", accept=0)
    store.change("po-1", lambda before: invoices.begin_payment(before, "acct_ok"))
    store.change("po-1", lambda before: invoices.complete_payment(before, "tr-1", now))
    store.close("po-1")
    return "po-1"


def test_an_invoice_and_its_payment_are_reported_each_way(paid: str) -> None:
    assert "19.00 EUR" in run("purchase", "payments").stdout
    invoice = next(
        one for one in json.loads(run("purchase", "invoices", "--json").stdout) if one["invoice"] == "A-1"
    )
    assert (invoice["discount"], invoice["total"], invoice["paid"], invoice["outstanding"]) == (
        100,
        1900,
        1900,
        0,
    )
    header, *rows = run("purchase", "payments", "--csv").stdout.splitlines()
    # Other tests of the shop pay orders too.
    row = next(one for one in rows if paid in one)
    assert header.startswith("paid_at,supplier_id,invoice")
    assert row.split(",")[1:5] == ["sup-beans", "A-1", paid, "1900"]


def test_closed_purchase_has_no_pending_work(paid: str) -> None:
    shown = run("purchase", "show", paid).stdout
    assert "CLOSED" in shown and "next" not in shown and "dn-1" in shown


def test_invoice_is_outstanding_once_it_is_matched_and_the_order_waits_until_it_is_due(paid: str) -> None:
    order = {
        "purchase_order_id": "po-3",
        "location": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "TEA", "quantity": 5, "unit_cost": 400}],
        "suppliers": [{"supplier_id": "sup-leaf"}],
    }
    now, store = datetime(2026, 11, 23, 9, tzinfo=UTC), purchases()
    store.suppliers.create(Supplier.model_validate({**BEANS, "supplier_id": "sup-leaf"}))
    store.suppliers.set_prices("sup-leaf", [Price(sku="TEA", unit_cost=400)])
    store.open(OpenOrder.model_validate(order))
    store.send("po-3")
    store.change("po-3", lambda before: rules.acknowledge(before, date(2026, 11, 24)))
    lines = (ReceivedLine(sku="TEA", quantity=5),)
    store.receive("po-3", Receipt(receipt_id="dn-3", received_at=now, lines=lines))
    store.change("po-3", lambda before: rules.book(before, "dn-3"))
    invoiced = (InvoicedLine(sku="TEA", quantity=5, unit_price=400),)
    store.bill("po-3", Invoice(number="A-3", invoiced_on=now.date(), lines=invoiced, total=2000))
    assert _outstanding("A-3") is None
    assert "po-3  ACKNOWLEDGED, next: match" in run("purchase", "show", "po-3").stdout
    store.match("po-3", accept=0)
    assert _outstanding("A-3") == 2000
    assert "po-3  MATCHED, next: pay on 2026-12-23" in run("purchase", "show", "po-3").stdout
    assert json.loads(run("purchase", "show", "po-3", "--json").stdout)["next"] == "pay"
    late = run("purchase", "cancel", "po-3", code=2).stderr
    assert "po-3 is MATCHED; cancel is no longer accepted" in late
    store.change("po-3", lambda before: invoices.begin_payment(before, "acct_ok"))
    store.change("po-3", lambda before: invoices.complete_payment(before, "tr-3", now))
    assert _outstanding("A-3") == 0
    assert "po-3  PAID, next: close" in run("purchase", "show", "po-3").stdout
    store.close("po-3")


def _outstanding(number: str) -> int | None:
    listed = json.loads(run("purchase", "invoices", "--json").stdout)
    assert "A-1" in run("purchase", "invoices").stdout
    outstanding: int | None = next(one["outstanding"] for one in listed if one["invoice"] == number)
    return outstanding


def test_cancelled_purchase_shows_why(paid: str) -> None:
    order = {
        "purchase_order_id": "po-2",
        "location": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "TEA", "quantity": 5, "unit_cost": 400}],
        "suppliers": [{"supplier_id": "sup-beans"}],
    }
    purchases().open(OpenOrder.model_validate(order))
    purchases().cancel("po-2", "ordered twice")
    assert "po-2  CANCELLED (ordered twice)" in run("purchase", "show", "po-2").stdout


def test_a_suppliers_performance_and_terms_are_in_words(paid: str) -> None:
    shown = run("supplier", "show", "sup-beans").stdout
    assert "days 30, end_of_month no" in shown
    assert "rejected" in shown and "{" not in shown
    statement = run("supplier", "statement", "sup-beans", "--csv").stdout.splitlines()
    assert [line.split(",")[1] for line in statement[1:]] == ["invoice", "payment"]


def test_reports_come_in_pages(paid: str) -> None:
    assert "Next page" not in run("purchase", "list").stdout
    assert run("purchase", "list", "--page", "2", "--csv").stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--line", "TEA=0@4.00", "--supplier", "sup-beans"),
            "lines[0].quantity is 0; expected a number above 0",
        ),
        (("--line", "TEA=5", "--supplier", "sup-beans"), "SKU=QUANTITY@UNIT_COST"),
        (("--line", "TEA=5@4.00", "--supplier", "nobody"), "suppliers[0].supplier_id is 'nobody'"),
        (("--line", "TEA=5@4.00", "--supplier", "sup-beans", "--location", "nowhere"), "nowhere"),
        (("--line", "ELSE=5@4.00", "--supplier", "sup-beans"), "lines[0].sku is 'ELSE'"),
        (("--line", "TEA=5@4.00", "--supplier", "sup-beans", "--currency", "euro"), "currency is 'euro'"),
    ],
)
def test_an_order_that_cannot_be_is_refused_before_it_starts(
    paid: str, arguments: tuple[str, ...], said: str
) -> None:
    assert said in run("purchase", "create", *arguments, code=2).output


def test_receipt_prints_the_received_units(paid: str) -> None:
    assert "No goods are given" in run("purchase", "receive", paid, code=2).output


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("cost=4.00", "has no supplier"),
        ("supplier=nobody", "supplier nobody does not exist"),
        ("supplier=sup-beans,cost=dear", "Invalid field"),
        (
            "supplier=sup-beans,cost=400",
            "cost of sup-beans is '400'; expected its decimals too in EUR, such as 400.00",
        ),
        ("supplier=sup-beans,freight=0.005", "freight of sup-beans is '0.005'; expected at most 2 decimals"),
    ],
)
def test_a_source_that_cannot_be_is_refused(paid: str, source: str, said: str) -> None:
    assert said in run("reorder", "create", "TEA", "--source", source, code=2).output


def test_missing_fields_of_a_source_come_from_its_supplier(paid: str) -> None:
    run("reorder", "create", "TEA", "--source", "supplier=sup-beans,pack=12", "--point", "8")
    (row,) = json.loads(run("reorder", "review", "--json").stdout)
    assert (row["supplier_id"], row["reorder_point"], row["computed"]) == ("sup-beans", 8, 0)
    run("reorder", "review", "--write")
    assert json.loads(run("reorder", "review", "--json").stdout)[0]["reorder_point"] == 0
    assert json.loads(run("reorder", "needs", "--json").stdout) == []


def test_a_mailed_supplier_needs_an_address(tmp_path: Path) -> None:
    path = tmp_path / "mailed.json"
    path.write_text(json.dumps(BEANS | {"supplier_id": "sup-mail", "channel": {"type": "mail"}}))
    assert "a mail address" in run("supplier", "create", str(path), code=2).output


def test_a_mailed_supplier_is_subscribed_to_what_is_addressed_to_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    topic = client("sns").create_topic(Name="orders")["TopicArn"]
    names = (*TEMPLATE.tables, *TEMPLATE.functions)
    deployed(monkeypatch, {name: name for name in names} | {"SupplierOrders": topic})
    path = tmp_path / "mailed.json"
    channel = {"type": "mail", "address": "orders@example.com"}
    path.write_text(json.dumps(BEANS | {"supplier_id": "sup-mail", "channel": channel}))
    assert "orders@example.com" in run("supplier", "create", str(path)).stdout
    (subscription,) = client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "orders@example.com")


@pytest.fixture(scope="module")
def transfer(aws: None) -> str:
    """A transfer that waits for its goods to leave."""
    StockOperations(client("dynamodb"), "InventoryTable").put_location(Location(location="warehouse"))
    store = TransferStore(client("dynamodb"), "InventoryTable")
    asked = stock_transfer.request(4) | {"transfer_id": "trf-1"}
    store.open(OpenTransfer.model_validate(asked))
    waits = AwaitTransfer(transfer_id="trf-1", waiting_for="shipment", waiting_since="1", task_token="none")
    store.change("trf-1", lambda before: transfer_rules.wait_for(before, waits))
    return "trf-1"


def test_a_transfer_is_listed_each_way_and_by_its_ends(transfer: str) -> None:
    (row,) = json.loads(run("transfer", "list", "--location", "warehouse", "--json").stdout)
    assert (row["transfer_id"], row["status"], row["quantity"], row["in_transit"]) == (
        transfer,
        "REQUESTED",
        4,
        0,
    )
    assert json.loads(run("transfer", "list", "--status", "closed", "--json").stdout) == []
    assert "REQUESTED" in run("transfer", "show", transfer).stdout
    (line,) = json.loads(run("transfer", "show", transfer, "--json").stdout)["lines"]
    assert (line["quantity"], line["in_transit"]) == (4, 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("receive", "trf-1", "--line", "TEA=1"), "expected IN_TRANSIT"),
        (("receive", "trf-1"), "No units to receive"),
        (("receive", "trf-1", "--line", "TEA=one"), "SKU=QUANTITY-LOST"),
        (("ship", "trf-9"), "transfer trf-9 does not exist"),
        (("create", "--from", "a", "--to", "a", "--line", "TEA=1"), "a location other than the source"),
        (("create", "--from", "a", "--to", "b", "--line", "TEA=0"), "a number above 0"),
    ],
)
def test_invalid_transfer_commands_are_refused(transfer: str, arguments: tuple[str, ...], said: str) -> None:
    assert said in run("transfer", *arguments, code=2).output


@pytest.mark.parametrize(("lead_time_days", "purchase_order_id"), [(0, "po-20"), (12, "po-21")])
def test_delivery_is_promised_after_the_lead_time_of_the_supplier(
    lead_time_days: int, purchase_order_id: str
) -> None:
    supplier_id = f"sup-{lead_time_days}"
    store = purchases()
    store.suppliers.create(
        Supplier.model_validate({**BEANS, "supplier_id": supplier_id, "lead_time_days": lead_time_days})
    )
    order = {
        "purchase_order_id": purchase_order_id,
        "location": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "TEA", "quantity": 5, "unit_cost": 400}],
        "suppliers": [{"supplier_id": supplier_id}],
    }
    store.open(OpenOrder.model_validate(order))
    store.send(purchase_order_id)
    first = datetime.now(UTC).date()
    run("purchase", "acknowledge", purchase_order_id)
    last = datetime.now(UTC).date()
    promised = store.get(purchase_order_id).attempts[-1].promised_on
    assert promised in {day + timedelta(days=lead_time_days) for day in (first, last)}
