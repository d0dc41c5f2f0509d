"""The commands of orders, products and customers, over moto's AWS."""

import json
from itertools import count
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from cases.operations import CaseOperations
from customers.models import Customer
from tillflow.aws import client
from tillflow.gift_cards import new_code
from tillflow.store import marshal
from typer.testing import CliRunner

from tests.support import full_shop, shop_rows
from tests.support.executions import progress
from tests.support.shop_rows import CANCELLED, SALE
from tests.till.test_commands import ORDER, aws, no_local_stack, put, run, stack
from till import waiting
from till.cashier import cashier_message
from till.commands.api import METHODS
from till.main import app
from till.services.cases import Cases
from till.services.executions import Executions
from till.shop import GOODS, Shop
from till.stack import find_stack

__all__ = ["aws", "no_local_stack", "stack"]  # fixtures


@pytest.fixture
def seeded(stack: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("till.shop.WRITERS", 1)
    monkeypatch.setattr("till.shop.GOODS", GOODS[:4])
    monkeypatch.setattr("till.shop.SUPPLIERS", ())
    Shop(find_stack()).seed()


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


def test_code_of_a_gift_card_is_read_from_standard_input_without_a_terminal(stack: None) -> None:
    assert "no gift card has this code" in run("gift-card", "show", typed=f"{new_code()}\n", code=2).stderr
    assert "no code on standard input" in run("gift-card", "show", code=2).stderr


@pytest.mark.parametrize("amount", ["-5", "0", "-0.01"])
@pytest.mark.parametrize(
    "command", ["gift-card issue", "invoice pay cus-ada", "customer credit grant cus-ada --reason late"]
)
def test_amount_that_is_not_positive_is_refused_as_it_was_typed(
    stack: None, command: str, amount: str
) -> None:
    printed = run(*command.split(), "--", amount, code=2).stderr
    assert f"amount is '{amount}'; expected more than 0." in printed
    assert "Give an amount such as 12.50, and --currency." in printed


def test_limit_below_0_is_refused_as_it_was_typed(stack: None) -> None:
    printed = run("customer", "credit", "policy", "EUR", "--limit=-5", code=2).stderr
    assert "amount is '-5'; expected 0 or more." in printed


def test_advice_on_a_gift_card_that_is_not_issued_is_not_about_its_code(stack: None) -> None:
    printed = run("gift-card", "issue", "5", "--source", "lottery", code=2).stderr
    assert "See `till gift-card issue --help`." in printed
    assert "24 letters" not in printed


@pytest.mark.parametrize("method", ["FOO", ""])
def test_method_that_the_api_does_not_have_is_refused(method: str) -> None:
    printed = run("api", method, "/customers", code=2).stderr
    assert f"method is '{method}'; expected GET, POST, PUT, PATCH or DELETE." in printed


def test_methods_of_the_command_are_those_of_the_api() -> None:
    document = json.loads((Path(__file__).parents[2] / "functions/web/pages/openapi.json").read_text())
    paths = document["paths"].values()
    assert set(METHODS) == {method.upper() for path in paths for method in path if method != "parameters"}
    assert all(method in run("api", "--help").stdout for method in METHODS)


def test_product_is_shown_with_its_price_changes_as_a_person_reads_them(seeded: None) -> None:
    for amount, day in (("19.90", "2098-01-01"), ("21.00", "2099-01-01")):
        run("product", "price", "COF-ESP-1KG", amount, "--from", f"{day}T00:00:00+00:00")
    shown = json.loads(run("product", "show", "COF-ESP-1KG", "--json").stdout)
    assert [change["prices"] for change in shown["price_changes"]] == [{"EUR": 1990}, {"EUR": 2100}]
    for arguments in (("show", "COF-ESP-1KG"), ("find", "--barcode", shown["barcode"])):
        printed = run("product", *arguments).stdout
        assert "19.90 EUR from 2098-01-01T00:00:00Z on" in printed
        assert "21.00 EUR from 2099-01-01T00:00:00Z on" in printed
        assert "datetime" not in printed


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


def test_product_is_found_by_its_barcode(seeded: None) -> None:
    assert (
        json.loads(run("product", "find", "--barcode", "4006381333931", "--json").stdout)["sku"]
        == "COF-ESP-1KG"
    )
    assert (
        "not in the catalog: 4006381333948"
        in run("product", "find", "--barcode", "4006381333948", code=2).stderr
    )
    assert "not in the catalog: NOPE" in run("product", "show", "NOPE", code=2).stderr


def test_empty_catalog_and_customers_are_listed_as_empty(stack: None) -> None:
    assert "No products." in run("product", "list").output
    assert "No customers." in run("customer", "list").output


def test_customer_is_created_updated_and_shown(stack: None) -> None:
    run("customer", "create", "cus-joan", "--name", "Joan [b]Clarke", "--email", "joan@example.com")
    run("customer", "update", "cus-joan", "--phone", "+44 20 7946 0958", "--email", "")
    shown = json.loads(run("customer", "show", "cus-joan", "--json").stdout)
    expected = Customer(customer_id="cus-joan", name="Joan [b]Clarke", phone="+44 20 7946 0958").model_dump()
    assert shown == expected | {"version": 2, "credit": {}}
    assert "Joan [b]Clarke" in run("customer", "show", "cus-joan").output
    assert "cus-joan" in run("customer", "list").output
    stale = run("customer", "update", "cus-joan", "--name", "J", "--version", "1", code=2)
    assert "customer cus-joan has changed since version 1 was read" in stale.stderr
    assert "Nothing to change" in run("customer", "update", "cus-joan", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "bad id", "--name", "X"), "customer_id is 'bad id'"),
        (("create", "cus-1", "--name", "X", "--email", "nowhere"), "email is 'nowhere'"),
        (("show", "cus-9"), "customer cus-9 does not exist"),
        (("credit", "grant", "cus-9", "5", "--reason", "x"), "customer cus-9 does not exist"),
        (("credit", "grant", "cus-9", "1e5", "--reason", "x"), "expected up to 15 digits"),
        (
            ("credit", "grant", "cus-9", "5", "--reason", "x", "--currency", "EURO"),
            "expected an ISO 4217 code",
        ),
    ],
)
def test_invalid_customer_request_is_an_error(stack: None, arguments: tuple[str, ...], message: str) -> None:
    assert message in run("customer", *arguments, code=2).stderr


def test_customer_is_searched_and_anonymised(stack: None) -> None:
    run("customer", "create", "cus-joan", "--name", "Joan Clarke", "--email", "joan@example.com")
    assert "cus-joan" in run("customer", "search", "--name", "clar").output
    assert "one of email, phone and name" in run("customer", "search", code=2).stderr
    run("customer", "anonymise", "cus-joan", "--yes")
    assert "No customers" in run("customer", "search", "--email", "joan@example.com").output


def test_credit_is_granted_once_per_id(seeded: None) -> None:
    grant = ("customer", "credit", "grant", "cus-ada")
    for _ in range(2):
        printed = run(*grant, "12.50", "--reason", "late delivery", "--id", "crd-1").output
        assert "The credit of cus-ada is 12.50 EUR (grant crd-1)." in printed
    other = run(*grant, "9", "--reason", "late delivery", "--id", "crd-1", code=2).stderr
    assert "credit grant crd-1 exists with different content: amount is 1250, sent 900" in other
    assert json.loads(run("customer", "show", "cus-ada", "--json").stdout)["credit"] == {"EUR": 1250}
    listed = json.loads(run("customer", "credit", "list", "cus-ada", "--json").stdout)
    assert [(entry["entry_id"], entry["kind"], entry["amount"]) for entry in listed] == [
        ("crd-1", "goodwill", 1250)
    ]


def test_goodwill_policy_limits_grants(seeded: None) -> None:
    assert "at most 100.00 EUR, no expiry" in run("customer", "credit", "policy", "EUR").output
    run("customer", "credit", "policy", "EUR", "--limit", "5.00", "--expiry-days", "30")
    assert "at most 5.00 EUR, 30 days" in run("customer", "credit", "policy", "EUR").output
    refused = run("customer", "credit", "grant", "cus-ada", "5.01", "--reason", "late", code=2).stderr
    assert "goodwill of 5.01 EUR is above the limit; expected at most 5.00 EUR" in refused


def test_stored_customer_without_a_list_entry_is_shown(stack: None) -> None:
    row = {"pk": "CUSTOMER#cus-old", "sk": "CUSTOMER", "customer_id": "cus-old", "name": "Old", "version": 3}
    client("dynamodb").put_item(TableName="CustomersTable", Item=marshal(row))
    assert json.loads(run("customer", "show", "cus-old", "--json").stdout)["version"] == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("order", "show", "x" * 5000),
        ("order", "cancel", "x" * 5000),
        ("order", "show", "a.b"),
        ("customer", "show", "x" * 5000),
        ("customer", "list", "--after", "x" * 5000),
        ("customer", "update", "x" * 5000, "--name", "X"),
        ("product", "show", "x" * 5000),
        ("product", "list", "--after", "x" * 5000),
        ("product", "find", "--barcode", "x" * 5000),
    ],
)
def test_id_of_any_length_is_refused_in_our_own_words(stack: None, arguments: tuple[str, ...]) -> None:
    printed = run(*arguments, code=2).stderr
    assert "; expected" in printed
    assert len(printed) < 500
