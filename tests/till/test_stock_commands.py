"""`till stock`, `till location` and `till transfer`, over moto's AWS."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from catalog.models import Product, TaxClass
from catalog.store import CatalogStore
from inventory.models import Line, Location, OrderedLine, ReceiptLine
from inventory.on_order import OnOrder
from inventory.operations import StockOperations
from inventory.rules import PLAUSIBLE_FACTOR, PLAUSIBLE_UNITS
from inventory.store import InventoryStore
from inventory.transfers.models import OpenTransfer
from inventory.transfers.store import TransferStore
from purchasing.models import Purchase
from purchasing.rows import PURCHASES
from tillflow.aws import client
from tillflow.documents import Documents
from tillflow.store import key, marshal
from typer.testing import CliRunner

from tests.support.api_functions import deployment
from till.main import app
from verification.harness.services import data_services
from verification.harness.template import Template

TEMPLATE = Template.read()


def run(*arguments: str, code: int = 0, responses: str = "") -> Any:
    result = CliRunner().invoke(app, list(arguments), input=responses, env={"COLUMNS": "200"})
    assert result.exit_code == code, (result.output, result.exception)
    return result


@pytest.fixture
def stock(monkeypatch: pytest.MonkeyPatch) -> Iterator[StockOperations]:
    """Ten units of TEA at store-1, worth 1,000."""
    stack = deployment(TEMPLATE)
    for command in ("location", "stock", "transfer"):
        monkeypatch.setattr(f"till.commands.{command}.find_stack", lambda: stack)
    with data_services(TEMPLATE):
        operations = StockOperations(client("dynamodb"), "InventoryTable")
        operations.put_location(Location(location="store-1"))
        catalog = CatalogStore(client("dynamodb"), "CatalogTable")
        catalog.tax_classes.create(TaxClass(name="standard", rate=Decimal("0.20")))
        catalog.put_product(Product(sku="TEA", name="Tea", prices={"EUR": 900}, tax_class="standard"))
        operations.receive("seed", "store-1", [ReceiptLine(sku="TEA", quantity=10, cost=1000)], "EUR")
        yield operations


def test_rebuild_reports_drift_and_repairs_it(stock: StockOperations) -> None:
    client("dynamodb").update_item(
        TableName="InventoryTable",
        Key=key("LEVEL#store-1#TEA", "LEVEL"),
        UpdateExpression="SET available = :wrong",
        ExpressionAttributeValues={":wrong": {"N": "9"}},
    )
    assert "Differences from the history: 1 level" in run("stock", "rebuild", code=1).output
    repaired = json.loads(run("stock", "rebuild", "--write", "--json").stdout)
    assert [(row["stored"]["available"], row["rebuilt"]["available"]) for row in repaired] == [(9, 10)]
    assert "Every level agrees with its history" in run("stock", "rebuild").output


@pytest.mark.parametrize("command", ["count", "adjust"])
def test_help_names_the_bounds_of_what_has_to_be_confirmed(command: str) -> None:
    printed = " ".join(run("stock", command, "--help").stdout.split())
    assert PLAUSIBLE_FACTOR == 10
    assert f"more than {PLAUSIBLE_UNITS:,} units and more than ten times the units on hand" in printed
    assert "unit cost above ten times the average" in printed


def test_an_implausible_count_asks_for_confirmation(stock: StockOperations) -> None:
    arguments = ("stock", "count", "TEA", "40063813", "--id", "c-1")
    assert "a change by +40,063,803 units" in run(*arguments, responses="n\n", code=1).output
    assert stock.level("store-1", "TEA")["on_hand"] == 10
    assert "on hand 40063813" in run(*arguments, responses="y\n").output


def test_yes_confirms_an_implausible_count(stock: StockOperations) -> None:
    run("stock", "count", "TEA", "5000", "--yes")
    assert stock.level("store-1", "TEA")["on_hand"] == 5000


def test_a_barcode_as_quantity_is_refused(stock: StockOperations) -> None:
    output = run("stock", "count", "TEA", "4006381333931", "--yes", code=2).output
    assert "counted is 4006381333931" in output


def test_units_found_at_zero_stock_need_a_unit_cost(stock: StockOperations) -> None:
    run("stock", "count", "TEA", "0")
    assert "unit_cost is missing" in run("stock", "count", "TEA", "2", code=2).output
    run("stock", "count", "TEA", "2", "--unit-cost", "1.00")
    assert stock.level("store-1", "TEA")["stock_value"] == 200


def test_the_same_id_with_another_count_is_refused(stock: StockOperations) -> None:
    run("stock", "count", "TEA", "9", "--id", "c-1")
    assert "counted is 9, sent 4" in run("stock", "count", "TEA", "4", "--id", "c-1", code=2).output
    assert json.loads(run("stock", "count", "TEA", "9", "--id", "c-1", "--json").stdout)["on_hand"] == 9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("stock", "movements", "NOPE"), "sku is 'NOPE'; expected the SKU of a product"),
        (
            ("stock", "movements", "TEA", "--location", "store-9"),
            "location is 'store-9'; expected the id of a location",
        ),
        (
            ("stock", "levels", "--location", "store-9"),
            "location is 'store-9'; expected the id of a location",
        ),
        (("stock", "count", "TEA", "1", "--location", "store-9"), "location is 'store-9'"),
        (("stock", "adjust", "--reason", "x", "NOPE", "1"), "sku is 'NOPE'; expected the SKU of a product"),
        (("transfer", "list", "--status", "BOGUS"), "'IN_TRANSIT', 'CLOSED' or 'CANCELLED'"),
        (
            ("transfer", "list", "--location", "store-9"),
            "location is 'store-9'; expected the id of a location",
        ),
    ],
)
def test_an_unknown_reference_is_an_error(
    stock: StockOperations, arguments: tuple[str, ...], message: str
) -> None:
    assert message in run(*arguments, code=2).output


def test_locations_are_created_and_listed(stock: StockOperations) -> None:
    assert "Created location store-2." in run("location", "create", "store-2").output
    assert "Updated location store-2." in run("location", "create", "store-2", "--name", "High Street").output
    rows = json.loads(run("location", "list", "--json").stdout)
    assert rows == [
        {"location": "store-1", "name": ""},
        {"location": "store-2", "name": "High Street"},
    ]


def order(status: str) -> None:
    """Store an order that reserves two units."""
    row = {"pk": "ORDER#ord-1", "sk": "ORDER", "order_id": "ord-1", "status": status, "execution": "none"}
    client("dynamodb").put_item(TableName="OrdersTable", Item=marshal(row))
    lines = [Line(sku="TEA", quantity=2)]
    InventoryStore(client("dynamodb"), "InventoryTable").reserve("ord-1", "store-1", lines)


@pytest.mark.parametrize("status", ["PAID", "REJECTED", "CANCELLED"])
def test_ended_order_releases_what_it_reserves(stock: StockOperations, status: str) -> None:
    order(status)
    assert stock.level("store-1", "TEA")["available"] == 8
    assert "TEA: 2 units no longer reserved." in run("stock", "release", "ord-1").output
    assert stock.level("store-1", "TEA")["available"] == 10
    assert "ord-1 holds nothing." in run("stock", "release", "ord-1").output
    assert list(stock.rebuild()) == []


def test_order_that_is_being_placed_keeps_what_it_reserves(stock: StockOperations) -> None:
    order("PLACED")
    assert "ord-1 is PLACED; it must have ended" in run("stock", "release", "ord-1", code=2).output
    assert "ord-2 does not exist" in run("stock", "release", "ord-2", code=2).output
    assert stock.level("store-1", "TEA")["available"] == 8


def test_sold_units_are_not_released(stock: StockOperations) -> None:
    order("PAID")
    InventoryStore(client("dynamodb"), "InventoryTable").commit("ord-1")
    assert json.loads(run("stock", "release", "ord-1", "--json").stdout) == {"released": [], "lowered": []}
    assert stock.level("store-1", "TEA")["on_hand"] == 8


def test_cancelled_transfer_releases_its_source_and_its_destination(stock: StockOperations) -> None:
    stock.put_location(Location(location="store-2"))
    transfers = TransferStore(client("dynamodb"), "InventoryTable")
    places = {"source": "store-1", "destination": "store-2", "currency": "EUR"}
    lines = [{"sku": "TEA", "quantity": 3}]
    transfers.open(OpenTransfer.model_validate({"transfer_id": "trf-1", **places, "lines": lines}))
    InventoryStore(client("dynamodb"), "InventoryTable", "TRANSFER").reserve(
        "trf-1", "store-1", [Line(sku="TEA", quantity=3)]
    )
    on_order = OnOrder(client("dynamodb"), "InventoryTable", "TRANSFER")
    on_order.raise_units("trf-1", "store-2", [OrderedLine(sku="TEA", quantity=3)])
    command = ("stock", "release", "trf-1", "--of", "transfer")
    assert "trf-1 is REQUESTED" in run(*command, code=2).output
    transfers.cancel("trf-1", "the van broke down")
    printed = run(*command).output
    assert "TEA: 3 units no longer reserved." in printed
    assert "TEA: 3 units no longer on order." in printed
    assert stock.level("store-2", "TEA")["on_order"] == 0
    assert "trf-1 holds nothing." in run(*command).output


def purchase(status: str) -> None:
    """Store a purchase order of four units that are on order."""
    document = {
        "purchase_order_id": "po-1",
        "status": status,
        "location": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "TEA", "quantity": 4, "unit_cost": 100}],
        "suppliers": ["sup-1"],
        "opened_at": "2026-11-23T10:00:00Z",
    }
    Documents(client("dynamodb"), "PurchasingTable", PURCHASES).create(Purchase.model_validate(document))
    on_order = OnOrder(client("dynamodb"), "InventoryTable", "PURCHASE")
    on_order.raise_units("po-1", "store-1", [OrderedLine(sku="TEA", quantity=4)])


def test_purchase_that_is_paid_and_not_closed_keeps_what_it_has_on_order(stock: StockOperations) -> None:
    purchase("PAID")
    printed = run("stock", "release", "po-1", "--of", "purchase", code=2).output
    assert "purchase po-1 is PAID; it must have ended: CLOSED, CANCELLED." in printed
    assert stock.level("store-1", "TEA")["on_order"] == 4


@pytest.mark.parametrize("status", ["CLOSED", "CANCELLED"])
def test_ended_purchase_releases_what_it_has_on_order(stock: StockOperations, status: str) -> None:
    purchase(status)
    assert "TEA: 4 units no longer on order." in run("stock", "release", "po-1", "--of", "purchase").output
    assert stock.level("store-1", "TEA")["on_order"] == 0
