"""Every domain error has a message for the cashier; messages name field, value and what is accepted."""

import time
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest
from catalog.errors import UnknownProduct
from tillflow.errors import (
    DomainError,
    IdempotencyConflict,
    InvalidOrder,
    InvalidRequest,
    Problem,
    check_same,
    errors_by_name,
    problems_in,
    shown_json,
)

FUNCTIONS = Path(__file__).parents[2] / "functions"
MODULES = (
    "tillflow.errors",
    *(
        ".".join(path.relative_to(FUNCTIONS).with_suffix("").parts)
        for path in sorted(FUNCTIONS.rglob("errors.py"))
    ),
)
ERRORS = [
    error
    for module in MODULES
    for error in vars(import_module(module)).values()
    if isinstance(error, type) and issubclass(error, DomainError) and error.__module__ == module
]
RAISED = [error for error in ERRORS if error is not DomainError]


def test_error_names_are_unique() -> None:
    names = [error.__name__ for error in RAISED]
    assert len(set(names)) == len(names)


def test_errors_are_found_by_the_name_that_state_machines_match() -> None:
    assert errors_by_name()["UnknownProduct"] is UnknownProduct


def test_only_temporary_conditions_are_retried() -> None:
    retried = {error.__name__ for error in RAISED if error.retried}
    assert {"PaymentOutcomeUnknown", "ProviderUnavailable", "StoreContention", "StoreUnavailable"} <= retried
    assert all(name.endswith(("Unknown", "Unavailable", "Contention")) for name in retried)


@pytest.mark.parametrize("error", RAISED, ids=lambda error: error.__name__)
def test_every_error_has_a_cashier_message_of_its_own(error: type[DomainError]) -> None:
    message = vars(error)["cashier_message"]
    assert message.endswith(".")
    assert error.__name__ not in message


def test_message_names_field_value_and_what_is_accepted() -> None:
    assert str(InvalidOrder("lines[0].quantity", 0, "a number above 0")) == (
        "order: lines[0].quantity is 0; expected a number above 0"
    )


def test_message_names_every_problem() -> None:
    error = InvalidRequest("order_id", None, "a value", [Problem("reason", 7, "text")])
    assert str(error) == "request: order_id is missing; expected a value. reason is 7; expected text"


def test_long_value_is_shortened() -> None:
    assert len(str(InvalidOrder("sku", "x" * 5000, "a SKU"))) < 120


def test_long_field_name_is_shortened() -> None:
    assert len(str(InvalidOrder("x" * 5000, 1, "no such field"))) < 200


def test_every_unknown_sku_is_named() -> None:
    assert str(UnknownProduct(*"ABCDEFG")) == "not in the catalog: A, B, C, D, E, F, G"


def test_conflict_names_the_fields_that_differ() -> None:
    error = IdempotencyConflict("credit grant g1", {"amount": 500, "at": 1}, {"amount": 900, "at": 1})
    assert str(error) == "credit grant g1 exists with different content: amount is 500, sent 900"
    assert error.problems == [Problem("amount", 900, "500, which is stored")]


def test_values_are_shown_as_json() -> None:
    lines = [{"quantity": 1, "gift": True, "note": None}]
    error = IdempotencyConflict("order o", {"lines": lines}, {"lines": ()})
    assert str(error).endswith('lines is [{"quantity": 1, "gift": true, "note": null}], sent []')


@pytest.mark.parametrize(
    "value", [[[[[[1]]]]], {"x": "y" * 10**6}, [0] * 10**6, 10**4000, {7: {1, 2}}, "\ud800"]
)
def test_value_of_any_size_is_shown_in_one_line(value: object) -> None:
    shown = shown_json(value)
    assert len(shown) <= 60
    assert shown.encode()


def test_problems_are_read_from_the_message_that_a_workflow_keeps() -> None:
    problems = [
        Problem("lines[0].sku", "MUG", "a product that is not retired"),
        Problem("lines", {"a": [1]}, "at most 10 bytes; split it"),
        Problem("currency", None, "one MUG has a price in: EUR, USD"),
    ]
    first, *others = problems
    error = InvalidOrder(first.field, first.value, first.expected, others)
    assert problems_in(str(error)) == problems
    assert problems_in("not such a message") == []
    assert problems_in("request: nothing; expected something") == []


@pytest.mark.parametrize("value", ["x; expected y", "a. b is c", "; z", ". q"])
@pytest.mark.parametrize("expected", ["a value", "one; two", "x; expected z"])
def test_words_of_a_sentence_in_a_value_hide_no_problem(value: str, expected: str) -> None:
    error = InvalidOrder("lines", value, expected, [Problem("currency", 5, "a text")])
    (first, *_, last) = problems_in(str(error))
    assert (first.field, last.field, last.value, last.expected) == ("lines", "currency", 5, "a text")


@pytest.mark.parametrize("text", ["a is b. ", "x is . ", ". c is d", ". ; ", "; expected "])
def test_message_of_any_text_is_read_in_time_of_its_length(text: str) -> None:
    started = time.process_time()
    problems_in("request: " + text * (32_000 // len(text)))
    problems_in("request: x is y; expected a" + text * (32_000 // len(text)) + "; expected z")
    assert time.process_time() - started < 2


def test_error_of_several_problems_names_each() -> None:
    error = InvalidOrder.of([Problem("a", 1, "2"), Problem("b", None, "a value")])
    assert str(error) == "order: a is 1; expected 2. b is missing; expected a value"
    assert [problem.field for problem in error.problems] == ["a", "b"]


def test_repeated_request_with_the_stored_content_is_accepted() -> None:
    check_same("order o", {"amount": 500}, {"amount": 500})


def test_conflict_does_not_show_the_error_by_which_the_stored_request_was_found() -> None:
    with pytest.raises(
        IdempotencyConflict, match="order o exists with different content: amount"
    ) as conflict:
        try:
            raise KeyError("stored")
        except KeyError:
            check_same("order o", {"amount": 500}, {"amount": 900})
    assert conflict.value.__suppress_context__


@pytest.mark.parametrize(
    ("currency", "stored", "sent"),
    [("EUR", "5.00 EUR", "9.00 EUR"), ("JPY", "500 JPY", "900 JPY"), ("KWD", "0.500 KWD", "0.900 KWD")],
)
def test_conflict_shows_amounts_in_their_currency(currency: str, stored: str, sent: str) -> None:
    error = IdempotencyConflict(
        "grant g1", {"amount": 500, "currency": currency}, {"amount": 900, "currency": currency}
    )
    assert str(error) == f"grant g1 exists with different content: amount is {stored}, sent {sent}"
    assert error.problems == [Problem("amount", 900, f"{stored}, which is stored")]


def test_conflict_of_currencies_shows_the_amount_of_each() -> None:
    error = IdempotencyConflict(
        "grant g1", {"amount": 500, "currency": "EUR"}, {"amount": 50, "currency": "JPY"}
    )
    assert str(error).endswith("amount is 5.00 EUR, sent 50 JPY, currency is 'EUR', sent 'JPY'")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (date(2026, 12, 7), '"2026-12-07"'),
        (datetime(2026, 12, 7, 9, tzinfo=UTC), '"2026-12-07 09:00:00+00:00"'),
        (Decimal("7.50"), '"7.50"'),
        ({"due_on": date(2026, 12, 7), "lines": (Decimal(1),)}, '{"due_on": "2026-12-07", "lines": ["1"]}'),
    ],
)
def test_dates_and_decimals_are_shown_as_they_are_sent(value: object, shown: str) -> None:
    assert shown_json(value) == shown
