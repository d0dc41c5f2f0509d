"""Orders on the deployed template, through the commands and the AWS CLI."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tillflow.store import key, marshal

from audit.delivery import QUEUE_TIME, STREAM_DELIVERY_TIME
from tests.support.deployed_shop import Deployed
from till import workflows
from verification.harness.template import FUNCTION, SAM_FUNCTION, Template

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

ORDER = Path(__file__).parents[2] / "events" / "order_checkout.json"
NAMED = {
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::S3::Bucket",
    "AWS::Events::EventBus",
    FUNCTION,
    SAM_FUNCTION,
    "AWS::Serverless::StateMachine",
}


def order_file(folder: Path, order_id: str, **changes: Any) -> Path:
    file = folder / f"{order_id}.json"
    file.write_text(
        json.dumps(
            json.loads(ORDER.read_text()) | {"order_id": order_id, "placed_at": workflows.now()} | changes
        )
    )
    return file


def entry_of(shop: Deployed, entry_id: str) -> dict[str, Any]:
    """Wait for a ledger entry and return it."""
    where = {"TableName": shop.outputs()["LedgerTable"], "Key": key(f"ENTRY#{entry_id}", "ENTRY")}
    deadline = time.monotonic() + STREAM_DELIVERY_TIME.total_seconds()
    while time.monotonic() < deadline:
        row: dict[str, Any] = shop.client("dynamodb").get_item(**where).get("Item", {})
        if row:
            return row
        time.sleep(0.2)
    raise AssertionError(f"{entry_id} was not posted within {STREAM_DELIVERY_TIME}")


@pytest.fixture(scope="session")
def demo(shop: Deployed) -> dict[str, list[dict[str, Any]]]:
    """Run `till demo` and return its outcomes; its exit code is 0 if all are as expected."""
    printed: dict[str, list[dict[str, Any]]] = json.loads(shop.till("demo", "--json"))
    return printed


def test_every_named_resource_is_an_output(shop: Deployed) -> None:
    declared = {name for name, each in Template.read().resources.items() if each["Type"] in NAMED}
    assert declared <= shop.outputs().keys()


def test_order_is_paid_through_the_aws_cli(shop: Deployed, tmp_path: Path) -> None:
    machine = shop.outputs()["OrderCheckout"]
    file = order_file(tmp_path, "e2e-cli")
    started = shop.aws(
        "stepfunctions", "start-execution", "--state-machine-arn", machine,
        "--name", "e2e-cli", "--input", f"file://{file}",
    )  # fmt: skip
    shop.till("order", "place", str(file), "--wait", code=0)
    described = shop.aws("stepfunctions", "describe-execution", "--execution-arn", started["executionArn"])
    assert described["status"] == "SUCCEEDED"
    assert json.loads(described["output"])["invoice_number"].startswith("INV/store-1-")
    row = shop.aws(
        "dynamodb", "get-item", "--table-name", shop.outputs()["OrdersTable"],
        "--key", json.dumps(marshal({"pk": "ORDER#e2e-cli", "sk": "ORDER"})),
    )  # fmt: skip
    assert row["Item"]["status"] == {"S": "PAID"}


def test_sale_takes_eleven_transitions_and_seven_lambdas(shop: Deployed, tmp_path: Path) -> None:
    shop.till("order", "place", str(order_file(tmp_path, "e2e-count")), "--wait")
    history = json.loads(shop.till("history", "e2e-count", "--json"))
    assert len(history["states"]) == 11
    lambdas = [
        event for event in history["events"]
        if event.get("taskScheduledEventDetails", {}).get("resourceType") == "lambda"
    ]  # fmt: skip
    assert len(lambdas) == 7
    by_id = {event["id"] for event in history["events"]}
    assert all(event.get("previousEventId", 0) in by_id | {0} for event in history["events"])


def test_paid_order_with_an_address_is_handed_over_and_delivered(shop: Deployed, tmp_path: Path) -> None:
    address = {"name": "Ada", "street": "1 Main St", "postal_code": "8001", "city": "Zurich", "country": "CH"}
    changes = {"fulfilment": "ship", "delivery": address}
    shop.till("order", "place", str(order_file(tmp_path, "e2e-ship", **changes)), "--wait")
    assert _delivery(shop, "OPEN", "HANDED_OVER")["shipments"][0]["shipment_id"] == "e2e-ship-s1"
    shop.till("shipment", "deliver", "e2e-ship-s1")
    assert _delivery(shop, "CLOSED", "DELIVERED")["closed_at"]


def _delivery(shop: Deployed, status: str, shipment: str) -> dict[str, Any]:
    """Wait for the delivery of the shipped order and its shipment to have these statuses; return it."""
    table, where = shop.outputs()["ShippingTable"], key("ORDER#e2e-ship", "DELIVERY")
    deadline = time.monotonic() + QUEUE_TIME.total_seconds()
    while time.monotonic() < deadline:
        row = shop.client("dynamodb").get_item(TableName=table, Key=where).get("Item")
        document: dict[str, Any] = json.loads(row["document"]["S"]) if row else {}
        shipments = [one["status"] for one in document.get("shipments", ())]
        if (document.get("status"), shipments) == (status, [shipment]):
            return document
        time.sleep(0.2)
    raise AssertionError(
        f"no delivery that is {status} with a shipment that is {shipment} within {QUEUE_TIME}"
    )


def test_declined_order_fails_with_its_reason(shop: Deployed, tmp_path: Path) -> None:
    file = order_file(tmp_path, "e2e-declined", tenders=[{"type": "card", "token": "tok_declined"}])
    printed = json.loads(shop.till("order", "place", str(file), "--wait", "--json", code=1))
    assert (printed["status"], printed["error"]) == ("FAILED", "PaymentDeclined")
    assert "card_declined" in shop.till("order", "show", "e2e-declined")
    assert "compensated" in shop.till("history", "e2e-declined")


def test_demo_outcomes_are_as_expected(demo: dict[str, list[dict[str, Any]]]) -> None:
    checkout = demo["order_checkout"]
    assert all(each["expected"] == each["actual"] for each in checkout)
    assert {"business_id", "execution_arn", "compensated_steps", "scenario"} <= checkout[0].keys()
    last = [each["actual"] for each in checkout if each["scenario"].startswith("50 buyers")]
    assert (last.count("PAID"), len(last)) == (20, 50)


@pytest.mark.long
def test_demo_can_be_repeated(shop: Deployed, demo: dict[str, list[dict[str, Any]]]) -> None:
    again = json.loads(shop.till("demo", "--json"))
    used = {each["business_id"] for each in demo["order_checkout"]}
    assert used.isdisjoint(each["business_id"] for each in again["order_checkout"])


def test_every_paid_order_of_the_demo_is_counted(
    shop: Deployed, demo: dict[str, list[dict[str, Any]]]
) -> None:
    paid = {each["business_id"] for each in demo["order_checkout"] if each["actual"] == "PAID"}
    assert paid
    deadline = time.monotonic() + QUEUE_TIME.total_seconds()
    while (missing := paid - _counted(shop)) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert missing == set()


def _counted(shop: Deployed) -> set[str]:
    """Return the paid orders that both the reports and the demand have counted."""
    counted = []
    for table in ("ReportsTable", "DemandTable"):
        pages = shop.client("dynamodb").get_paginator("scan").paginate(TableName=shop.outputs()[table])
        keys = [item["pk"]["S"] for page in pages for item in page["Items"]]
        counted.append({key.removeprefix("EVENT#").removesuffix("#paid") for key in keys})
    return counted[0] & counted[1]


def test_audit_finds_no_violation_after_the_demo(
    shop: Deployed, demo: dict[str, list[dict[str, Any]]]
) -> None:
    assert shop.violations() == []
    orders = shop.client("dynamodb").scan(TableName=shop.outputs()["OrdersTable"], Select="COUNT")
    assert orders["Count"] > len(demo["order_checkout"])


def test_stock_adjustments_are_posted_to_the_ledger(shop: Deployed) -> None:
    shop.till("stock", "adjust", "MUG-WHT-300", "--reason", "dropped", "--id", "e2e-lost", "--", "-2")
    shop.till("stock", "adjust", "MUG-WHT-300", "--reason", "found", "--id", "e2e-found", "3")
    booked = {}
    for name in ("e2e-lost", "e2e-found"):
        row = entry_of(shop, f"{name}#correction")
        booked[name] = [
            (line["name"], line["debit"], line["credit"]) for line in json.loads(row["lines"]["S"])
        ]
    assert booked == {
        "e2e-lost": [("Inventory losses", 960, 0), ("Inventory", 0, 960)],
        "e2e-found": [("Inventory", 1440, 0), ("Inventory overage", 0, 1440)],
    }
    assert shop.violations() == []


def test_audit_reports_a_missing_unit(shop: Deployed) -> None:
    table, level = shop.outputs()["InventoryTable"], key("LEVEL#store-1#BOK-BRW-01", "LEVEL")
    count = {"TableName": table, "Key": level, "UpdateExpression": "ADD on_hand :units"}
    shop.client("dynamodb").update_item(**count, ExpressionAttributeValues=marshal({":units": -1}))
    try:
        violations = shop.violations()
    finally:
        shop.client("dynamodb").update_item(**count, ExpressionAttributeValues=marshal({":units": 1}))
    assert {each["name"] for each in violations} == {
        "on_hand_is_sum_of_movements",
        "available_is_on_hand_less_reserved",
    }
    assert {each["subject"] for each in violations} == {"LEVEL#store-1#BOK-BRW-01"}


def test_order_with_an_open_case_continues_after_a_restart_when_the_case_is_resolved(
    shop: Deployed, demo: dict[str, list[dict[str, Any]]]
) -> None:
    [parked] = [each for each in demo["order_checkout"] if "case" in each["expected"]]
    shop.restart()
    case = f"{parked['business_id']}#compensation"
    assert case in {each["case_id"] for each in json.loads(shop.till("case", "list", "--json"))}
    shop.till("case", "resolve", case, "--decision", "done", "--note", "voided at the provider")
    execution = _ended(shop, parked["execution_arn"])
    assert (execution["status"], execution["error"]) == ("FAILED", "PaymentDeclined")
    assert shop.violations() == []


def _ended(shop: Deployed, arn: str) -> dict[str, Any]:
    """Wait for the end of an execution and return its description."""
    steps, deadline = shop.client("stepfunctions"), time.monotonic() + 60
    while time.monotonic() < deadline:
        execution: dict[str, Any] = steps.describe_execution(executionArn=arn)
        if execution["status"] != "RUNNING":
            return execution
        time.sleep(0.2)
    raise AssertionError(f"{arn} did not end within 60 s")
