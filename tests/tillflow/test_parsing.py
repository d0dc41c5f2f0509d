"""Invalid requests: every problem is named in one message."""

from typing import Any, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from tillflow.discounts import Discount
from tillflow.errors import InvalidOrder, InvalidRequest
from tillflow.parsing import parse


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    quantity: int = Field(gt=0, strict=True)
    discount: Discount | None = None


class Sale(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["sale", "return"] = "sale"
    at: AwareDatetime | None = None
    token: str | None = Field(default=None, pattern="^tok")
    lines: list[Line] = Field(min_length=1)
    parts: tuple[Line, ...] = Field(default=(Line(quantity=1),), min_length=1)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "request: lines is missing; expected a value"),
        ({"lines": []}, "request: lines is []; expected at least 1 item(s)"),
        ({"lines": {}}, "request: lines is {}; expected a list"),
        ({"lines": [{"quantity": 0}]}, "request: lines[0].quantity is 0; expected a number above 0"),
        (
            {"lines": [{"quantity": 1}], "parts": [{"quantity": 0}]},
            "request: parts[0].quantity is 0; expected a number above 0",
        ),
        ({"lines": [{"quantity": 1.5}]}, "request: lines[0].quantity is 1.5; expected a whole number"),
        ({"lines": [{"quantity": "2"}]}, "request: lines[0].quantity is '2'; expected a whole number"),
        ({"lines": [{"quantity": 1, "qty": 1}]}, "request: lines[0].qty is 1; expected no such field"),
        (
            {"lines": [{"quantity": 1, "discount": {"percent": 7.5}}]},
            "request: lines[0].discount.percent is 7.5; "
            'expected a decimal number as text with at most 4 decimals, such as "7.5"',
        ),
        (
            {"lines": [{"quantity": 1, "discount": {}}]},
            'request: lines[0].discount is {}; expected either {"percent": "10"} or {"amount": 150}',
        ),
        (
            {"lines": [{"quantity": 1}], "kind": "gift"},
            "request: kind is 'gift'; expected 'sale' or 'return'",
        ),
        (
            {"lines": [{"quantity": 1}], "at": "yesterday"},
            "request: at is 'yesterday'; expected an ISO 8601 time such as 2026-11-23T10:00:00Z",
        ),
        (
            {"lines": [{"quantity": 1}], "at": "2026-11-23T10:00:00"},
            "request: at is '2026-11-23T10:00:00'; expected a time with its zone, such as 2026-11-23T10:00:00Z",
        ),
        ([], "request: request is []; expected an object"),
    ],
)
def test_problem_names_field_value_and_what_is_accepted(sent: Any, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(Sale, sent)
    assert str(refusal.value) == sentence


def test_every_problem_is_named() -> None:
    with pytest.raises(InvalidOrder) as refusal:
        parse(Sale, {"lines": [{"quantity": 0}, {"quantity": 0}]}, InvalidOrder)
    assert str(refusal.value) == (
        "order: lines[0].quantity is 0; expected a number above 0. "
        "lines[1].quantity is 0; expected a number above 0"
    )


def test_value_of_a_token_is_not_repeated() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(Sale, {"lines": [{"quantity": 1}], "token": "4242424242424242"})
    assert "4242" not in str(refusal.value)


def test_error_has_no_cause() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(Sale, {})
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None


@pytest.mark.parametrize("number", ["4242 4242 4242 4242", "4242424242424242", 4242424242424242])
def test_card_number_in_an_unknown_field_is_not_repeated(number: Any) -> None:
    for sent in ({"lines": [{"quantity": 1}], "card": number}, {"lines": number}):
        with pytest.raises(InvalidRequest) as refusal:
            parse(Sale, sent)
        assert "4242" not in str(refusal.value)


def test_thousands_of_problems_are_named_up_to_a_bounded_length() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(Sale, {"lines": [{"quantity": 0}] * 20_000})
    assert "lines[199].quantity is 0" in str(refusal.value)
    assert str(refusal.value).endswith("more fields are not accepted")
    assert len(str(refusal.value)) < 30_000


def test_deeply_nested_value_is_shown_shortened() -> None:
    nested: Any = []
    for _ in range(900):
        nested = [nested]
    with pytest.raises(InvalidRequest, match="kind is"):
        parse(Sale, {"lines": [{"quantity": 1}], "kind": nested})
