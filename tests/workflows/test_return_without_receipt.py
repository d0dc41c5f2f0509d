"""Units returned without a receipt: their value, the credit for them, and the returns that are refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from catalog.rows import replaced_prices_row
from catalog.store import CatalogStore
from pydantic import TypeAdapter
from tillflow.aws import client
from tillflow.events import OrderReturned
from tillflow.store import marshal

from tests.support.return_workflow import ADA, ONE_MUG, STEPS, balances, completed, level, request, shop
from till.shop import MUG
from verification.harness.faults import Fault
from verification.harness.fixture import Run, WorkflowFixture

__all__ = ["shop"]  # fixtures


def without_receipt(
    shop: WorkflowFixture, *lines: dict[str, Any], faults: tuple[Fault, ...] = (), **more: Any
) -> Run:
    place = {"location": "store-1", "register": "till-1"}
    allowed = {"customer_id": ADA.customer_id, "override": {"manager": "mia", "note": "a gift"}}
    units = lines or (ONE_MUG | {"line_no": 1},)
    [run] = shop.run(
        request(*units, **{"order_id": None, "refund": "store_credit", **place, **allowed, **more}),
        faults=faults,
        workflow="OrderReturn",
    )
    return run


def sold_at(price: int, days_ago: int) -> None:
    """Store a price of the mug that was replaced so many days ago."""
    product, _ = CatalogStore(client("dynamodb"), "CatalogTable").get_product(MUG)
    before = product.model_copy(update={"prices": {"EUR": price}})
    row = replaced_prices_row(before, 1, datetime.now(UTC) - timedelta(days=days_ago))
    client("dynamodb").put_item(TableName="CatalogTable", Item=marshal(row))


def test_units_without_a_receipt_become_credit_and_stock_at_the_average_cost(shop: WorkflowFixture) -> None:
    run = without_receipt(shop)
    completed(shop, run)
    assert run.path == [
        "HasReceipt",
        "ValueReturn",
        "ClaimReturn",
        "HasCredit",
        "CheckRestock",
        "CheckCustomer",
        "RefundPayment",
        *STEPS,
    ]
    assert run.output["refunds"] == [{"tender_no": 0, "type": "store_credit", "amount": 1250}]
    assert run.output["credit_note_number"].startswith("CN")
    assert shop.row("PaymentsTable", f"CREDIT#{ADA.customer_id}", "BALANCE#EUR")["balance"] == 1250
    assert (level(shop, MUG)["available"], level(shop, MUG)["stock_value"]) == (11, 11 * 480)
    assert balances(shop, "ret-1#return#ret-1") == {
        "4010": 1042,
        "2200": 208,
        "2100": -1250,
        "1200": 480,
        "5000": -480,
    }
    event = TypeAdapter(OrderReturned).validate_json(shop.services.events[-1]["Detail"])
    assert (event.order_id, event.return_id, event.total) == (None, "ret-1", 1250)


def test_damaged_unit_without_a_receipt_is_written_off(shop: WorkflowFixture) -> None:
    completed(shop, without_receipt(shop, ONE_MUG | {"line_no": 1, "condition": "damaged"}))
    assert level(shop, MUG)["on_hand"] == 10
    assert balances(shop, "ret-1#return#ret-1")["5200"] == 480


def test_units_without_a_receipt_are_worth_the_lowest_price_of_the_last_days(shop: WorkflowFixture) -> None:
    catalog = CatalogStore(client("dynamodb"), "CatalogTable")
    sold_at(999, days_ago=5)
    sold_at(500, days_ago=50)
    assert without_receipt(shop).output["total"] == 999
    catalog.put_price_days(60)
    assert without_receipt(shop, return_id="ret-2").output["total"] == 500
    catalog.put_price_days(0)
    assert without_receipt(shop, return_id="ret-3").output["total"] == 1250


def test_price_that_is_raised_counts_as_a_recent_one(shop: WorkflowFixture) -> None:
    catalog = CatalogStore(client("dynamodb"), "CatalogTable")
    product, _ = catalog.get_product(MUG)
    catalog.put_product(product.model_copy(update={"prices": {"EUR": 2000}}))
    assert without_receipt(shop).output["total"] == 1250


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"override": None}, "InvalidReturn"),
        ({"override": {"manager": "mia", "note": ""}}, "InvalidReturn"),
        ({"refund": "original"}, "InvalidReturn"),
        ({"customer_id": None}, "InvalidReturn"),
        ({"register": None}, "InvalidReturn"),
        ({"currency": "USD"}, "InvalidRequest"),
        ({"lines": [ONE_MUG | {"quantity": 1.5}]}, "InvalidRequest"),
        ({"lines": [ONE_MUG | {"condition": "lost"}]}, "InvalidReturn"),
        ({"lines": [ONE_MUG | {"sku": "nothing"}]}, "UnknownProduct"),
        ({"order_id": "ord-1"}, "InvalidReturn"),
        ({"customer_id": "cus-nobody"}, "UnknownCustomer"),
        ({"location": "nowhere"}, "UnknownLocation"),
        (
            {
                "lines": [
                    ONE_MUG | {"line_no": 1, "quantity": 600_000},
                    ONE_MUG | {"line_no": 2, "quantity": 600_000},
                ]
            },
            "InvalidRequest",
        ),
    ],
)
def test_return_without_a_receipt_is_refused_by_name(
    shop: WorkflowFixture, change: dict[str, Any], error: str
) -> None:
    run = without_receipt(shop, **change)
    assert (run.status, run.error) == ("FAILED", error)
    assert shop.audit() == []
    assert shop.snapshot().refunds == {}


def test_return_without_a_receipt_in_another_currency_than_the_stock_is_refused(
    shop: WorkflowFixture,
) -> None:
    catalog = CatalogStore(client("dynamodb"), "CatalogTable")
    product, _ = catalog.get_product(MUG)
    catalog.put_product(product.model_copy(update={"prices": {"EUR": 1250, "USD": 1400}}))
    run = without_receipt(shop, currency="USD")
    assert (run.status, run.error) == ("FAILED", "CurrencyMismatch")
    assert shop.snapshot().refunds == {}
    assert shop.audit() == []


def test_value_in_the_request_is_ignored(shop: WorkflowFixture) -> None:
    valued = {"lines": [{"line_no": 1, "sku": MUG, "quantity": 1, "net": 9000, "tax": 0, "total": 9000}]}
    assert without_receipt(shop, valued=valued).output["total"] == 1250


@pytest.mark.parametrize("step", STEPS)
def test_failing_step_of_a_return_without_a_receipt_opens_a_case_and_resumes(
    shop: WorkflowFixture, step: str
) -> None:
    run = without_receipt(shop, faults=(Fault(step, "fail_before"),))
    assert run.status == "RUNNING"
    assert shop.audit("ret-1") == []
    completed(shop, shop.resolve(run, "retry", case=step))
