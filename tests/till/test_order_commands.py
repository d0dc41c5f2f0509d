"""`till order place`, `cancel` and `show`, and the sale of a draft, over moto's AWS."""

import json
from itertools import count
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from cases.operations import CaseOperations
from tillflow.aws import client
from typer.testing import CliRunner

from tests.support import full_shop, shop_rows
from tests.support.executions import progress
from tests.support.shop_rows import CANCELLED, SALE
from tests.till.test_commands import ORDER, aws, no_local_stack, put, run, stack
from tests.till.test_sales_commands import seeded
from till import waiting
from till.cashier import cashier_message
from till.main import app
from till.services.cases import Cases
from till.services.executions import Executions
from till.stack import find_stack
from till.workflows import Started

__all__ = ["aws", "no_local_stack", "seeded", "stack"]  # fixtures


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("PaymentDeclined", "Payment declined. Ask for another way to pay."),
        ("InsufficientStock", "Not enough in stock. Lower the quantity or remove it."),
        ("UnknownCustomer", "No such customer. Search again or create one."),
        ("States.Timeout", "The order was not sold. Call the operator."),
    ],
)
def test_cashier_message_is_that_of_the_error(error: str, message: str) -> None:
    assert cashier_message(error) == message


def test_place_prints_the_cashier_message_of_a_rejection(
    stack: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cause = json.dumps({"errorMessage": "payment declined: card_declined", "errorType": "PaymentDeclined"})
    failed = progress("FAILED", error="PaymentDeclined", cause=cause)
    monkeypatch.setattr("till.commands.order.wait_for_order", lambda *_: failed)
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER | {"order_id": "ord-7"}))
    printed = run("order", "place", str(file), "--wait", code=1).output
    assert "ord-7 is not paid: Payment declined. Ask for another way to pay." in printed
    assert "PaymentDeclined: payment declined: card_declined" in printed


def test_interrupted_wait_for_an_order_names_it_and_how_to_see_it(
    stack: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("till.commands.order.wait_for_order", interrupt)
    file = tmp_path / "order.json"
    file.write_text(json.dumps({key: ORDER[key] for key in ORDER if key != "order_id"}))
    printed = CliRunner().invoke(app, ["order", "place", str(file), "--wait"]).stderr
    waiting_line, interrupted = [line for line in printed.splitlines() if "ord-" in line]
    order_id = waiting_line.rpartition(" ")[2]
    assert waiting_line == f"Waiting for {order_id}. To see it later: till order show {order_id}"
    assert f"{order_id}, which continues. See it with `till order show {order_id}`." in interrupted
    assert json.loads(run("order", "show", order_id, "--json").stdout)["order"]["status"] == "PLACED"


def test_order_of_the_same_id_again_before_it_is_opened_starts_nothing(
    stack: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = unplaced(tmp_path, monkeypatch)
    command = ("order", "place", file, "--id", "ord-7")
    for _ in range(2):
        assert "The checkout of ord-7 has started." in run(*command).output
    end_checkout("ord-7")
    assert "ord-7 was placed before" in run(*command).output


def test_draft_sold_again_starts_nothing(
    seeded: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = unplaced(tmp_path, monkeypatch)
    run("draft", "create", file, "--id", "ord-12")
    for _ in range(2):
        assert "ord-12 is being sold." in run("draft", "sell", "ord-12", file).output
    end_checkout("ord-12")
    again = run("draft", "sell", "ord-12", file).output
    assert "ord-12 was sold before; no checkout was started." in again
    other = tmp_path / "other.json"
    other.write_text(json.dumps(ORDER | {"tenders": [{"type": "cash", "amount": 99999}]}))
    assert "exists with different content" in run("draft", "sell", "ord-12", str(other), code=2).stderr


def end_checkout(order_id: str) -> None:
    arn = find_stack().execution("OrderCheckout", order_id)
    client("stepfunctions").stop_execution(executionArn=arn)


def unplaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a file of an order without an id and a time; each command runs a second after the one before."""
    seconds = count(10)
    monkeypatch.setattr("till.workflows.now", lambda: f"2026-11-23T10:00:{next(seconds)}Z")
    file = folder / "unplaced.json"
    file.write_text(json.dumps({key: ORDER[key] for key in ORDER if key not in ("order_id", "placed_at")}))
    return str(file)


def test_show_of_a_cancelled_order_has_its_credit_note_and_reason(stack: None) -> None:
    tables = shop_rows.rows()
    tables["OrdersTable"][2] |= {"cancel_reason": "wrong size", "cancelled_at": "2026-11-23T11:00:00Z"}
    tables["OrdersTable"][2].pop("document")
    put(tables)
    printed = run("order", "show", CANCELLED).output
    assert "cancel_reason: wrong size" in printed
    assert "credit note: CN-000001, 1.20 EUR, reason: wrong size" in printed
    shown = json.loads(run("order", "show", CANCELLED, "--json").stdout)
    assert shown["credit_note"]["credit_note_number"] == "CN-000001"
    assert [entry["entry_id"] for entry in shown["entries"]] == ["ord-3#sale", "ord-3#cancel"]


@pytest.mark.parametrize("case_id", ["ord-3#compensation", "ord-3#cancel#ReversePayment"])
@pytest.mark.parametrize(
    ("steps", "decision", "by_hand"),
    [
        (("ReleaseStock", "ReversePayment"), "done", True),
        (("ReversePayment",), "retry", False),
        (("ReleaseStock",), "done", False),
    ],
)
def test_show_names_a_tender_that_was_settled_by_hand(
    stack: None, case_id: str, steps: tuple[str, ...], decision: str, by_hand: bool
) -> None:
    tables = shop_rows.rows()
    tables["OrdersTable"][2].pop("document")
    captured = shop_rows.tender(CANCELLED, 2, "cash", 20, "captured", captured=20)
    put(tables | {"PaymentsTable": [*tables["PaymentsTable"], captured]})
    opening = full_shop.opening(case_id) | {"step": steps[0], "steps": steps}
    CaseOperations(client("dynamodb"), None, "CasesTable").record(
        opening, decision, "paid back in the provider's console", "ada"
    )
    shown = json.loads(run("order", "show", CANCELLED, "--json").stdout)
    assert [tender["settled_by_hand"] for tender in shown["tenders"]] == [False, by_hand]
    settlement = shown["settlement"] or {}
    assert settlement.get("note") == ("paid back in the provider's console" if by_hand else None)
    assert settlement.get("case_id") == (case_id if by_hand else None)
    printed = run("order", "show", CANCELLED).output
    assert ("captured, settled by hand" in printed) is by_hand
    assert (f"paid back in the provider's console (case {case_id})" in printed) is by_hand


def test_show_for_a_person_who_may_not_read_cases_has_the_state_of_the_system(
    stack: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "Invoke")  # type: ignore[typeddict-item]

    monkeypatch.setattr(Cases, "find", denied)
    tables = shop_rows.rows()
    tables["OrdersTable"][2].pop("document")
    put(tables | {"PaymentsTable": [shop_rows.tender(CANCELLED, 1, "cash", 20, "captured", captured=20)]})
    shown = json.loads(run("order", "show", CANCELLED, "--json").stdout)
    assert [(one["state"], one["settled_by_hand"]) for one in shown["tenders"]] == [("captured", False)]


def test_show_has_the_customer_and_what_makes_the_lines_add_up_to_the_total(stack: None) -> None:
    tables = shop_rows.rows()
    amounts = {"unit_price": 1304, "line_discount": 0, "order_discount": 0, "tax": 217, "total": 1304}
    tables["OrdersTable"][0] |= {
        "currency": "CHF",
        "customer_id": "cus-ada",
        "document": {
            "lines": [{"sku": "MUG", "description": "Mug", "quantity": 1, **amounts}],
            "totals": {"total": 1305, "rounding": 1},
        },
    }
    put(tables)
    printed = run("order", "show", "ord-1").output
    assert "customer_id: cus-ada" in printed
    assert "cash rounding: 0.01 CHF\n  total: 13.05 CHF" in printed


@pytest.mark.parametrize("duplicate", [False, True])
def test_only_the_first_cancel_is_said_to_have_started(
    stack: None, monkeypatch: pytest.MonkeyPatch, duplicate: bool
) -> None:
    monkeypatch.setattr("till.services.orders.Orders.cancel", lambda *_: Started("arn:cancel", duplicate))
    printed = run("order", "cancel", "ord-1").output
    assert ("A cancel of ord-1 was started before" in printed) is duplicate
    assert ("The cancel of ord-1 has started." in printed) is not duplicate
    assert "Follow it with `till history arn:cancel`." in printed


def test_show_of_an_unknown_order_is_an_error(stack: None) -> None:
    assert "order ord-404 does not exist" in run("order", "show", "ord-404", code=2).stderr


def test_show_prints_markup_in_data_as_text(stack: None) -> None:
    tables = shop_rows.rows()
    tables["OrdersTable"][1] |= {"reason": "[/b]", "cause": "[red]x[/b]"}
    tables["OrdersTable"][1].pop("document")
    put(tables)
    assert "[red]x[/b]" in run("order", "show", "ord-2").output


@pytest.mark.parametrize("order_id", ["a.b", "a b", "x" * 65, "../x", ""])
def test_order_id_that_cannot_name_an_execution_is_refused(
    stack: None, tmp_path: Path, order_id: str
) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER | {"order_id": order_id}))
    assert "order_id is" in run("order", "place", str(file), code=2).stderr


@pytest.mark.parametrize("reason", ["", "x" * 501, "a\nb"])
def test_cancel_with_an_invalid_reason_starts_nothing(stack: None, reason: str) -> None:
    put(shop_rows.rows())
    assert "reason is" in run("order", "cancel", SALE, "--reason", reason, code=2).stderr
    machine = find_stack().output("OrderCancel")
    assert client("stepfunctions").list_executions(stateMachineArn=machine)["executions"] == []


def test_cancel_of_an_order_whose_execution_is_deleted_is_started(stack: None) -> None:
    put(shop_rows.rows())
    started = json.loads(run("order", "cancel", SALE, "--json").stdout)
    assert started["execution_arn"].endswith(f":execution:OrderCancel:{SALE}")


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        ("CANCELLED", 0, "ord-1 is cancelled. Credit note CN-1."),
        ("REJECTED", 0, "ord-1 was rejected: there is nothing to cancel."),
        ("PAID", 1, "ord-1 is not cancelled: units of it were returned or shipped"),
    ],
)
def test_cancel_prints_how_the_order_is_left(
    stack: None, monkeypatch: pytest.MonkeyPatch, status: str, code: int, message: str
) -> None:
    put(shop_rows.rows())
    note = "CN-1" if status == "CANCELLED" else None
    ended = {"order_id": SALE, "status": status, "credit_note_number": note}
    monkeypatch.setattr(
        "till.commands.order.wait_for_order", lambda *_: progress("SUCCEEDED", output=json.dumps(ended))
    )
    assert message in run("order", "cancel", SALE, "--wait", code=code).output


def test_wait_ends_when_the_checkout_of_a_cancel_has_an_open_case(
    stack: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shop_rows.rows())
    checkout = shop_rows.rows()["OrdersTable"][0]["execution"]
    monkeypatch.setattr(
        Executions, "progress", lambda _, arn: progress("RUNNING", arn=arn, waits=arn == checkout)
    )
    ended = waiting.wait_for_order(find_stack(), SALE, "arn:cancel", ("CANCELLED",), longest=10)
    assert (ended.execution_arn, ended.status) == ("arn:cancel", "RUNNING")


def test_orders_are_listed_by_their_filters(stack: None, seeded: None) -> None:
    placed = {"ord-a": ("PAID", "01"), "ord-b": ("CANCELLED", "02"), "ord-c": ("PAID", "02")}
    for order_id, (status, day) in placed.items():
        listed = {"list": "ORDERS", "customer_id": "-", "placed_at": f"2026-11-{day}T10:00:00Z"}
        put({"OrdersTable": [shop_rows.order(order_id, status, 1250, []) | listed]})

    def names(*options: str) -> list[str]:
        return [one["order_id"] for one in json.loads(run("order", "list", *options, "--json").stdout)]

    assert names()[-1] == "ord-a" and set(names()) == placed.keys()
    assert names("--status", "cancelled") == ["ord-b"]
    assert names("--status", "PAID", "--from", "2026-11-02", "--to", "2026-11-02") == ["ord-c"]
    assert set(names("--location", "store-1")) == placed.keys()
    assert names("--customer", "cus-ada") == []
    assert "12.50 EUR" in run("order", "list").output
    for option in ("--location", "--customer", "--status"):
        assert "nobody" in run("order", "list", option, "nobody", code=2).stderr.lower()
