"""The local AWS killed while orders are sold: every order ends, and the audit finds nothing."""

import json
import os
import random
import signal
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.support.deployed_shop import Deployed
from till import workflows

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

ORDER = json.loads((Path(__file__).parents[2] / "events" / "order_checkout.json").read_text())
KILLS, ORDERS_PER_KILL = 3, 8
TIMEOUT_SECONDS = 240


def place(shop: Deployed, order_id: str) -> str | None:
    """Start the workflow of an order; return its ARN if it was acknowledged."""
    try:
        return str(
            shop.client("stepfunctions").start_execution(
                stateMachineArn=shop.outputs()["OrderCheckout"],
                name=order_id,
                input=json.dumps(ORDER | {"order_id": order_id, "placed_at": workflows.now()}),
            )["executionArn"]
        )
    except (BotoCoreError, ClientError):
        return None


def ended(shop: Deployed, arn: str) -> dict[str, Any]:
    """Wait until an execution has ended; return its description."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        execution: dict[str, Any] = shop.client("stepfunctions").describe_execution(executionArn=arn)
        if execution["status"] != "RUNNING":
            return execution
        time.sleep(0.5)
    raise AssertionError(f"{arn} did not end within {TIMEOUT_SECONDS} s")


def test_no_order_is_lost_when_the_stack_is_killed(shop: Deployed) -> None:
    moments, acknowledged = random.Random(11), []
    for _ in range(KILLS):
        arns = [place(shop, f"kill-{uuid.uuid4().hex[:12]}") for _ in range(ORDERS_PER_KILL)]
        acknowledged += [arn for arn in arns if arn is not None]
        time.sleep(moments.uniform(0.2, 4.0))
        os.kill(shop.stack.pid, signal.SIGKILL)
        shop.restart()
    executions = [ended(shop, arn) for arn in acknowledged]
    assert [each["status"] for each in executions] == ["SUCCEEDED"] * len(acknowledged)
    invoices = [json.loads(each["output"])["invoice_number"] for each in executions]
    assert len(set(invoices)) == len(invoices)
    orders = shop.outputs()["OrdersTable"]
    for execution in executions:
        key = {"pk": {"S": f"ORDER#{execution['name']}"}, "sk": {"S": "ORDER"}}
        row = shop.client("dynamodb").get_item(TableName=orders, Key=key)["Item"]
        assert row["status"] == {"S": "PAID"}
    assert shop.violations() == []
