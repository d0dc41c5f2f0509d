"""The console's German catalogues have every text of the API that they translate."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.support.api_texts import accepted_texts, difference_words, failure_texts, rejection_texts

TEXTS = Path(__file__).parents[2] / "console" / "src" / "texts"


def catalogue(name: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((TEXTS / f"{name}-de.json").read_text())
    return texts


def test_what_fields_accept_is_found_in_the_source() -> None:
    texts = accepted_texts()
    assert {
        "at most {} items",
        "a barcode whose check digit is {}",
        "the SKU of a product",
        "{}, which is stored",
    } <= texts
    assert len(texts) > 200


def test_each_text_of_what_a_field_accepts_has_a_german_one() -> None:
    assert accepted_texts() == set(catalogue("accepted"))


def test_each_explanation_of_a_rejected_image_has_a_german_one() -> None:
    assert rejection_texts() == set(catalogue("rejections"))


def test_each_word_of_a_difference_of_an_invoice_has_a_german_one() -> None:
    assert difference_words() == set(catalogue("differences"))


def test_each_sentence_on_an_unknown_failure_has_a_german_one() -> None:
    assert failure_texts() == set(catalogue("failures"))


@pytest.mark.parametrize("name", ["accepted", "rejections", "failures"])
def test_a_german_text_has_each_value_of_the_english_one(name: str) -> None:
    for english, german in catalogue(name).items():
        values = [str(position) for position in range(english.count("{}"))]
        assert sorted(re.findall(r"\{(\d+)\}", german)) == values, english


def test_each_reason_of_a_refused_payment_has_a_text_in_both_languages() -> None:
    payments = TEXTS.parents[2] / "functions" / "payments"
    sources = {path: path.read_text() for path in payments.rglob("*.py")}
    reasons = {
        one for text in sources.values() for one in re.findall(r'(?:refused|Refusal)\("(\w+)"\)', text)
    }
    reasons |= set(re.findall(r'": "(\w+)",', sources[payments / "stripe_adapter" / "reasons.py"]))
    reasons |= set(re.findall(r'^[A-Z_]+: Final = "(\w+)"', sources[payments / "provider.py"], re.MULTILINE))
    assert {"no_customer", "limit_exceeded", "authorisation_expired"} <= reasons
    shown = Counter(re.findall(r'\b(\w+): "', (TEXTS.parent / "office" / "texts.ts").read_text()))
    assert {reason for reason in reasons if shown[reason] < 2} == set()
