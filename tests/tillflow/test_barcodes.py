"""Check digits of barcodes, and of prices and weights in them."""

import pytest
from tillflow.barcodes import check_digit, measure_check_digit


@pytest.mark.parametrize("barcode", ["4006381333931", "96385074", "036000241457", "2112345000008"])
def test_check_digit_is_the_last_of_a_barcode(barcode: str) -> None:
    assert check_digit(barcode[:-1]) == int(barcode[-1])


# 2875 and 14685 are the examples of the GS1 General Specifications.
@pytest.mark.parametrize(
    ("digits", "expected"), [("2875", 9), ("14685", 6), ("0599", 1), ("0412", 0), ("0000", 0), ("00000", 0)]
)
def test_check_digit_of_a_measure(digits: str, expected: int) -> None:
    assert measure_check_digit(digits) == expected


@pytest.mark.parametrize("length", [4, 5])
def test_check_digit_of_a_measure_notices_each_single_wrong_digit(length: int) -> None:
    right = "28751"[:length]
    for place in range(length):
        for digit in set("0123456789") - {right[place]}:
            wrong = right[:place] + digit + right[place + 1 :]
            assert measure_check_digit(wrong) != measure_check_digit(right), wrong


def test_measure_of_another_length_has_no_check_digit() -> None:
    with pytest.raises(ValueError, match="4 or 5 digits"):
        measure_check_digit("123456")
