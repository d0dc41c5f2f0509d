"""The commands of gift cards, products and customers, over moto's AWS."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from customers.models import Customer
from reports.models import SalesRow
from tillflow.aws import client
from tillflow.gift_cards import new_code
from tillflow.listing import Page
from tillflow.store import marshal

from tests.till.test_commands import aws, no_local_stack, run, stack
from till.commands.api import METHODS
from till.shop import GOODS, Shop
from till.stack import find_stack

__all__ = ["aws", "no_local_stack", "stack"]  # fixtures


@pytest.fixture
def seeded(stack: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("till.shop.WRITERS", 1)
    monkeypatch.setattr("till.shop.GOODS", GOODS[:4])
    monkeypatch.setattr("till.shop.SUPPLIERS", ())
    Shop(find_stack()).seed()


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


@pytest.mark.parametrize(
    ("version", "header"), [("3", '"3"'), ('"3"', '"3"'), ('W/"3"', 'W/"3"'), ('"3', '"3')]
)
def test_version_of_an_update_needs_no_quotes(
    seeded: None, monkeypatch: pytest.MonkeyPatch, version: str, header: str
) -> None:
    sent: list[Any] = []

    def request(*_: Any, headers: dict[str, str], **__: Any) -> Any:
        sent.append(headers["if-match"])
        return SimpleNamespace(status=200, headers={}, data=b"{}")

    monkeypatch.setattr("urllib3.request", request)
    monkeypatch.setattr("till.commands.api._token", lambda *_: "token")
    monkeypatch.setattr("till.users.api_url", lambda _: "http://127.0.0.1")
    run("api", "PATCH", "/customers/cus-1", "--data", "{}", "--if-match", version)
    assert sent == [header]


def test_methods_of_the_command_are_those_of_the_api() -> None:
    document = json.loads((Path(__file__).parents[2] / "functions/web/pages/openapi.json").read_text())
    paths = document["paths"].values()
    assert set(METHODS) == {method.upper() for path in paths for method in path if method != "parameters"}
    assert all(method in run("api", "--help").stdout for method in METHODS)


def test_product_is_shown_with_its_price_changes_as_a_person_reads_them(seeded: None) -> None:
    year = datetime.now(UTC).year
    for amount, day in (("19.90", f"{year + 1}-01-01"), ("21.00", f"{year + 2}-01-01")):
        run("product", "price", "COF-ESP-1KG", amount, "--from", f"{day}T00:00:00+00:00")
    shown = json.loads(run("product", "show", "COF-ESP-1KG", "--json").stdout)
    assert [change["prices"] for change in shown["price_changes"]] == [{"EUR": 1990}, {"EUR": 2100}]
    for arguments in (("show", "COF-ESP-1KG"), ("find", "--barcode", shown["barcode"])):
        printed = run("product", *arguments).stdout
        assert f"19.90 EUR from {year + 1}-01-01T00:00:00Z on" in printed
        assert f"21.00 EUR from {year + 2}-01-01T00:00:00Z on" in printed
        assert "datetime" not in printed


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
    assert "credit grant crd-1 exists with different content: amount is 12.50 EUR, sent 9.00 EUR" in other
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


@pytest.mark.parametrize(
    ("currency", "amount", "most"),
    [
        ("EUR", "10000000000.00", "9999999999.99 EUR"),
        ("JPY", "1000000000000", "999999999999 JPY"),
        ("KWD", "1000000000.000", "999999999.999 KWD"),
    ],
)
def test_amount_above_that_of_a_request_is_refused_as_typed(currency: str, amount: str, most: str) -> None:
    grant = ("customer", "credit", "grant", "cus-ada", amount, "--reason", "late", "--currency", currency)
    assert f"amount is '{amount}'; expected at most {most}." in run(*grant, code=2).stderr


def report(monkeypatch: pytest.MonkeyPatch, by: str, value: str) -> tuple[dict[str, int | str], str]:
    """Return the row of a report in JSON, and the heading of its CSV."""
    sold = SalesRow(
        day=date(2026, 11, 28), value=value, currency="EUR", units=3, net=2000, tax=110, total=2110
    )
    back = SalesRow(
        day=date(2026, 11, 29), value=value, currency="EUR", returned_units=1, returned_total=1055, returns=1
    )
    monkeypatch.setattr("till.services.reports.Reports.sales", lambda *_: Page([sold, back], None))
    (row,) = json.loads(run("report", "sales", "--by", by, "--json").stdout)
    return row, run("report", "sales", "--by", by, "--csv").stdout.splitlines()[0]


def test_report_by_tax_has_the_rate_next_to_the_tax(stack: None, monkeypatch: pytest.MonkeyPatch) -> None:
    row, heading = report(monkeypatch, "tax", "0.055")
    assert (row["tax_rate"], row["tax"], row["remaining"]) == ("0.055", 110, 1055)
    assert heading == "tax_rate,units,net,tax,total,returned_units,returned_total,remaining,currency"


@pytest.mark.parametrize(
    ("by", "absent"),
    [
        ("location", set()),
        ("sku", {"sales", "returns"}),
        ("category", {"sales", "returns"}),
        ("tender", {"sales", "units", "net", "tax", "returns", "returned_units"}),
    ],
)
def test_report_has_no_column_of_what_its_dimension_does_not_count(
    stack: None, monkeypatch: pytest.MonkeyPatch, by: str, absent: set[str]
) -> None:
    row, _ = report(monkeypatch, by, "x")
    counts = {"sales", "units", "net", "tax", "total", "returns", "returned_units", "returned_total"}
    assert set(row) == {by, *(counts - absent), "remaining", "currency"}
