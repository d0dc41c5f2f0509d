"""One table of errors, complete, and sentences that name field, value and expected."""

import pytest
from tillflow import errors
from tillflow.errors import HANDLING, DomainError, InvalidOrder, InvalidRequest, UnknownProduct


def every_domain_error() -> set[type[DomainError]]:
    return {
        found
        for found in vars(errors).values()
        if isinstance(found, type) and issubclass(found, DomainError) and found is not DomainError
    }


def test_the_table_has_every_error_and_no_other() -> None:
    assert set(HANDLING) == every_domain_error()


def test_only_what_may_pass_by_itself_is_retried() -> None:
    retried = {error.__name__ for error, handling in HANDLING.items() if handling.retried}
    assert {"PaymentOutcomeUnknown", "ProviderUnavailable", "StoreContention"} <= retried
    assert all(name.endswith(("Unknown", "Unavailable", "Contention")) for name in retried)


@pytest.mark.parametrize(
    "error", sorted(HANDLING, key=lambda found: found.__name__), ids=lambda e: e.__name__
)
def test_the_cashier_gets_a_sentence_without_jargon(error: type[DomainError]) -> None:
    text = HANDLING[error].cashier
    assert text.endswith(".")
    assert error.__name__ not in text


def test_field_value_and_expected_are_named() -> None:
    assert str(InvalidOrder("lines[0].quantity", 0, "a number above 0")) == (
        "order: lines[0].quantity is 0; expected a number above 0"
    )
    assert str(InvalidRequest("order_id", None, "a value", more=2)) == (
        "request: order_id is missing; expected a value (2 more fields are wrong)"
    )


def test_a_long_value_is_cut_short() -> None:
    assert len(str(InvalidOrder("sku", "x" * 5000, "a SKU"))) < 120


def test_many_unknown_skus_are_counted_not_listed() -> None:
    assert "sku A, B, C, D, E and 2 more is not" in str(UnknownProduct(*"ABCDEFG"))
