"""What is wrong with a request, in one sentence."""

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
            'request: lines[0].discount.percent is 7.5; expected a decimal number as text, such as "7.5"',
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
def test_field_value_and_expected(sent: Any, sentence: str) -> None:
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


def test_what_stands_in_a_tokens_place_is_not_repeated() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(Sale, {"lines": [{"quantity": 1}], "token": "4242424242424242"})
    assert "4242" not in str(refusal.value)


def test_a_refusal_carries_no_cause_to_print() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(Sale, {})
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None
