"""The commands of returns, over moto's AWS."""

import json
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from executions.models import ExecutionStatus
from inventory.models import Location
from orders.returns.models import ReturnOrder
from orders.returns.store import ReturnsStore
from payments.refunds.models import Refund, RefundPayment, RefundState
from payments.refunds.store import RefundStore
from tillflow.aws import client
from tillflow.store import marshal
from typer.testing import CliRunner

from tests.support import return_rows
from tests.support.executions import progress
from tests.support.return_rows import CLAIMED_AT, REFUSED, RETURNED, SALE
from tests.till.test_commands import ORDER, aws, no_local_stack, put, run, stack
from till.main import app
from till.shop import Shop
from till.stack import find_stack

__all__ = ["aws", "no_local_stack", "stack"]  # fixtures


@pytest.fixture
def shop(stack: None) -> None:
    put(return_rows.rows())


def started(return_id: str) -> Any:
    arn = find_stack().execution("OrderReturn", return_id)
    return json.loads(client("stepfunctions").describe_execution(executionArn=arn)["input"])


def ends(monkeypatch: pytest.MonkeyPatch, status: ExecutionStatus, **failure: str) -> None:
    monkeypatch.setattr("till.workflows.wait", lambda *_: progress(status, **failure))


def test_list_shows_the_returns_of_an_order_and_why_one_was_refused(shop: None) -> None:
    rows = json.loads(run("return", "list", SALE, "--json").stdout)
    assert [(row["return_id"], row["status"], row["total"], row["reason"]) for row in rows] == [
        (RETURNED, "COMPLETED", 240, None),
        (REFUSED, "RELEASED", 120, "RefundRefused"),
    ]


def test_list_shows_amounts_with_their_currency_and_whole_seconds(stack: None) -> None:
    tables = return_rows.rows()
    stored = next(row for row in tables["OrdersTable"] if row.get("return_id") == RETURNED)
    stored |= {"currency": "EUR", "claimed_at": "2026-11-23T10:00:00.735738Z"}
    put(tables)
    printed = run("return", "list", SALE).output
    assert "2.40 EUR" in printed
    assert "2026-11-23T10:00:00Z" in printed


def test_create_finds_the_line_of_a_sku_and_sends_the_currency_of_the_order(
    shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends(monkeypatch, status="RUNNING")
    run("return", "create", SALE, "--line", "1=1:damaged", "--reason", "cracked", "--id", "ret-9", code=1)
    assert started("ret-9") == {
        "return_id": "ret-9",
        "order_id": SALE,
        "currency": "EUR",
        "lines": [{"line_no": 1, "sku": "MUG", "quantity": 1, "condition": "damaged", "reason": "cracked"}],
        "refund": "original",
        "customer_id": None,
        "override": None,
    }


def test_create_prints_the_cashier_message_of_a_refusal(shop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    cause = json.dumps({"errorMessage": "refund of return ret-9 refused: too old"})
    ends(monkeypatch, status="FAILED", error="RefundRefused", cause=cause)
    printed = run("return", "create", SALE, "--line", "1=1", "--id", "ret-9", code=1).output
    assert (
        "ret-9 is refused: This payment cannot be refunded. Offer store credit, unless it is disputed."
        in printed
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("MUG=1", "'MUG' is on several lines of the order."),
        ("TEA=1", "'TEA' is no line or SKU of the order."),
        ("1=x", "Invalid line '1=x'."),
        ("1=1:lost", "Invalid line '1=1:lost'."),
    ],
)
def test_create_refuses_a_line_that_is_not_of_the_order(shop: None, line: str, message: str) -> None:
    assert message in run("return", "create", SALE, "--line", line, code=2).stderr


def test_show_of_an_unknown_return_is_an_error(shop: None) -> None:
    assert "return ret-404 does not exist" in run("return", "show", "ret-404", code=2).stderr


def test_order_with_returns_is_not_cancelled(shop: None) -> None:
    assert "has returns" in run("order", "cancel", SALE, code=2).stderr


def test_return_without_a_receipt_sends_its_place_and_the_permission(
    shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends(monkeypatch, status="RUNNING")
    Shop(find_stack()).stock.put_location(Location(location="store-1", name="Store 1"))
    allowed = ("--customer", "cus-ada", "--manager", "mia", "--note", "a gift")
    command = ("return", "create-without-receipt", "--line", "MUG=2:damaged", *allowed, "--id", "ret-9")
    run(*command, code=1)
    assert started("ret-9") == {
        "return_id": "ret-9",
        "order_id": None,
        "location": "store-1",
        "register": "back-office",
        "currency": "EUR",
        "lines": [{"line_no": 1, "sku": "MUG", "quantity": 2, "condition": "damaged", "reason": "returned"}],
        "refund": "store_credit",
        "customer_id": "cus-ada",
        "override": {"manager": "mia", "note": "a gift"},
    }
    assert "nowhere" in run(*command, "--location", "nowhere", code=2).stderr


def test_show_of_an_order_has_its_returns_and_their_credit_notes(stack: None) -> None:
    tables = return_rows.rows()
    stored = next(row for row in tables["OrdersTable"] if row.get("return_id") == RETURNED)
    stored |= {"credit_note_number": "CN-000007"}
    next(row for row in tables["OrdersTable"] if row["pk"] == f"ORDER#{SALE}").pop("document")
    put(tables)
    shown, refused = json.loads(run("order", "show", SALE, "--json").stdout)["returns"]
    assert (shown["return_id"], shown["status"], shown["total"]) == (RETURNED, "COMPLETED", 240)
    assert shown["credit_note_number"] == "CN-000007"
    assert (refused["return_id"], refused["status"], refused["reason"]) == (
        REFUSED,
        "RELEASED",
        "RefundRefused",
    )
    for command in (("order", "show"), ("return", "list")):
        lines = run(*command, SALE).output.splitlines()
        [row] = [line for line in lines if RETURNED in line]
        assert "COMPLETED" in row
        assert "2.40 EUR" in row
        assert "CN-000007" in row
        [row] = [line for line in lines if REFUSED in line]
        assert "RELEASED" in row
        assert "RefundRefused" in row


@pytest.mark.parametrize("json_option", [(), ("--json",)])
def test_interrupted_wait_for_a_return_names_it_and_how_to_see_it(
    shop: None, monkeypatch: pytest.MonkeyPatch, json_option: tuple[str, ...]
) -> None:
    monkeypatch.setattr("till.workflows.wait", interrupt)
    result = CliRunner().invoke(app, ["return", "create", SALE, "--line", "1=1", *json_option])
    assert result.exit_code not in (0, 2)
    waiting, interrupted = [line for line in result.stderr.splitlines() if "ret-" in line]
    return_id = waiting.rpartition(" ")[2]
    assert started(return_id)["return_id"] == return_id
    assert waiting == f"Waiting for {return_id}. To see it later: till return show {return_id}"
    assert f"{return_id}, which continues. See it with `till return show {return_id}`." in interrupted
    assert result.stdout.strip() in ("", "Aborted!")


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def new_sale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file of an order without an id and a time; each command runs a second after the one before."""
    seconds = count(10)
    monkeypatch.setattr("till.workflows.now", lambda: f"2026-11-23T10:00:{next(seconds)}Z")
    file = tmp_path / "sale.json"
    file.write_text(json.dumps({key: ORDER[key] for key in ORDER if key not in ("order_id", "placed_at")}))
    return str(file)


@pytest.mark.parametrize("return_id", ["ex-1", "e" * 64])
def test_exchange_of_the_same_id_again_is_the_same_exchange(
    shop: None, monkeypatch: pytest.MonkeyPatch, new_sale: str, return_id: str
) -> None:
    ends(monkeypatch, status="RUNNING")
    command = ("exchange", "create", SALE, new_sale, "--line", "1=1", "--id", return_id, "--json")
    first, again = (json.loads(run(*command, code=1).stdout) for _ in range(2))
    assert first == again
    assert first["placed_at"] == "2026-11-23T10:00:10Z"
    assert len(first["order_id"]) <= 64
    other = ("exchange", "create", SALE, new_sale, "--line", "1=2", "--id", return_id)
    assert "exists with different content" in run(*other, code=2).stderr


def test_exchanges_of_other_ids_have_other_sales(
    shop: None, monkeypatch: pytest.MonkeyPatch, new_sale: str
) -> None:
    ends(monkeypatch, status="RUNNING")
    command = ("exchange", "create", SALE, new_sale, "--line", "1=1", "--json", "--id")
    sales = {json.loads(run(*command, name, code=1).stdout)["order_id"] for name in ("e" * 63, "e" * 64)}
    assert len(sales) == 2


@pytest.mark.parametrize(
    ("refunds", "printed"),
    [
        ([(1, "card", 240)], "2.40 EUR refunded."),
        ([(0, "store_credit", 240)], "2.40 EUR credited as store credit."),
        ([(1, "on_account", 240)], "2.40 EUR credited to the customer's account."),
        (
            [(1, "cash", 100), (2, "on_account", 50), (3, "card", 90)],
            "1.90 EUR refunded, 0.50 EUR credited to the customer's account.",
        ),
    ],
)
def test_create_prints_where_the_amount_went(
    stack: None, monkeypatch: pytest.MonkeyPatch, refunds: list[tuple[int, str, int]], printed: str
) -> None:
    tables = return_rows.rows()
    stored = next(row for row in tables["OrdersTable"] if row.get("return_id") == RETURNED)
    names = ("tender_no", "type", "amount")
    parts = [dict(zip(names, part, strict=True)) for part in refunds]
    stored |= {"currency": "EUR", "return_id": "ret-9", "refunds": json.dumps(parts)}
    stored["pk"] = stored["pk"].replace(RETURNED, "ret-9")
    put(tables)
    ends(monkeypatch, status="SUCCEEDED")
    assert printed in run("return", "create", SALE, "--line", "1=1", "--id", "ret-9").output


def claimed(return_id: str = "ret-9", order_id: str = SALE) -> None:
    """Claim a unit for the execution of a return, which the state machine has started."""
    arn = find_stack().execution("OrderReturn", return_id)
    request = {
        "return_id": return_id,
        "order_id": order_id,
        "currency": "EUR",
        "lines": [{"line_no": 1, "sku": "MUG", "quantity": 1, "condition": "resell", "reason": "wrong size"}],
        "refund": "original",
        "override": {"manager": "mia", "note": "sold long ago"},
    }
    sale = next(row for row in return_rows.rows()["OrdersTable"] if row["sk"] == "ORDER")
    document = json.loads(sale["document"])
    place = {"location": "store-1", "register": "till-1", "placed_at": CLAIMED_AT, "customer_id": None}
    product = {"description": "Mug", "tax_class": "standard", "tax_rate": "0.20"}
    complete = document | place | {"lines": [line | product for line in document["lines"]]}
    put({"OrdersTable": [sale | {"document": json.dumps(complete)}]})
    client("stepfunctions").start_execution(
        stateMachineArn=find_stack().output("OrderReturn"), name=return_id, input="{}"
    )
    ReturnsStore(client("dynamodb"), "OrdersTable").claim(
        ReturnOrder.model_validate(request), arn, datetime(2026, 11, 24, tzinfo=UTC)
    )


def stopped(return_id: str = "ret-9") -> None:
    client("stepfunctions").stop_execution(executionArn=find_stack().execution("OrderReturn", return_id))


def refund_of(return_id: str = "ret-9") -> RefundPayment:
    return RefundPayment(
        return_id=return_id, order_id=SALE, currency="EUR", amount=120, refund="original", customer_id=None
    )


def test_claim_of_an_aborted_return_is_released_and_never_refunded(shop: None) -> None:
    claimed()
    stopped()
    assert run("return", "release", "ret-9").output == "ret-9 is released.\n"
    assert json.loads(run("return", "show", "ret-9", "--json").stdout)["status"] == "RELEASED"
    assert "ret-9 claims nothing." in run("return", "release", "ret-9").output
    refund = RefundStore(client("dynamodb"), "PaymentsTable").find("ret-9")
    assert refund
    assert (refund.state, refund.request) == ("REFUSED", refund_of()), "a step in flight is refused"
    sale = client("dynamodb").get_item(
        TableName="OrdersTable", Key=marshal({"pk": f"ORDER#{SALE}", "sk": "ORDER"})
    )["Item"]
    assert [claim["return_id"] for claim in json.loads(sale["returns"]["S"])] == [RETURNED]


def test_claim_of_a_return_that_runs_is_kept(shop: None) -> None:
    claimed()
    assert "return ret-9 is in progress." in run("return", "release", "ret-9", code=2).output
    assert RefundStore(client("dynamodb"), "PaymentsTable").find("ret-9") is None


@pytest.mark.parametrize("state", ["OPEN", "REFUNDED"])
def test_claim_of_a_return_whose_refund_has_begun_is_kept(shop: None, state: RefundState) -> None:
    claimed()
    stopped()
    refund = Refund("ret-9", state, version=1, request=refund_of())
    RefundStore(client("dynamodb"), "PaymentsTable").write(None, refund)
    printed = run("return", "release", "ret-9", code=2).output
    assert f"the refund of return ret-9 is {state}." in printed
    assert json.loads(run("return", "show", "ret-9", "--json").stdout)["status"] == "CLAIMED"


def test_completed_return_and_one_of_an_exchange_are_not_released(shop: None) -> None:
    assert f"return {RETURNED} is COMPLETED." in run("return", "release", RETURNED, code=2).output
    claimed()
    stopped()
    arn = find_stack().execution("OrderReturn", "ret-9")
    client("dynamodb").update_item(
        TableName="OrdersTable",
        Key=marshal({"pk": "RETURN#ret-9", "sk": "RETURN"}),
        UpdateExpression="SET execution = :exchange",
        ExpressionAttributeValues=marshal({":exchange": f"{arn}.exchange"}),
    )
    assert "return ret-9 is of an exchange" in run("return", "release", "ret-9", code=2).output
