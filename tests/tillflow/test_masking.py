"""Secrets and personal data in inputs and outputs are masked wherever AWS's API carries them."""

import json

import pytest
from tillflow.masking import MASK, mask, mask_text


@pytest.mark.parametrize(
    "key",
    [
        "token",
        "task_token",
        "TaskToken",
        "card_number",
        "secret",
        "webhook_secret",
        "email",
        "phone",
        "api_key",
    ],
)
def test_text_under_a_secret_key_is_masked(key: str) -> None:
    assert mask({"tenders": [{key: "tok_visa"}]}) == {"tenders": [{key: MASK}]}


@pytest.mark.parametrize("key", ["tokens_used_by", "amount", "sku", "currency", "broken", "accounting"])
def test_other_keys_stay(key: str) -> None:
    assert mask({key: "x"}) == {key: "x"}


@pytest.mark.parametrize("field", ["input", "output", "parameters", "cause", "S"])
def test_json_text_in_an_event_is_masked_inside(field: str) -> None:
    event = {
        "id": 2,
        "taskScheduledEventDetails": {field: json.dumps({"tenders": [{"token": "tok_visa", "amount": 5}]})},
    }
    text = mask(event)["taskScheduledEventDetails"][field]
    assert json.loads(text) == {"tenders": [{"token": MASK, "amount": 5}]}


def test_assigned_variables_are_masked_by_name_and_inside() -> None:
    variables = {"order": json.dumps({"email": "ada@example.com"}), "token": json.dumps("abc")}
    masked = mask({"stateExitedEventDetails": {"assignedVariables": variables}})
    found = masked["stateExitedEventDetails"]["assignedVariables"]
    assert json.loads(found["order"]) == {"email": MASK}
    assert found["token"] == MASK


def test_text_that_is_not_json_stays() -> None:
    assert mask_text("payment declined: card_declined") == "payment declined: card_declined"
    assert mask_text("12") == "12"


@pytest.mark.parametrize("levels", [900, 50_000])
def test_json_text_that_is_nested_too_deeply_is_masked_or_hidden(levels: int) -> None:
    text = '{"token": "tok_visa", "more": ' + "[" * levels + "]" * levels + "}"
    assert "tok_visa" not in mask({"input": text})["input"]


def test_the_original_is_not_changed() -> None:
    event = {"token": "tok_visa"}
    mask(event)
    assert event == {"token": "tok_visa"}
