"""Check digits of barcodes (GS1 General Specifications, section 7.9). Pure."""

from collections.abc import Sequence

# Weights of the digits of a measure: how often a digit counts, and what its tens add. "5-" is (5, -1).
_FOUR = ((2, -1), (2, -1), (3, 0), (5, -1))
_FIVE = ((5, 1), (2, -1), (5, -1), (5, 1), (2, -1))


def check_digit(digits: str) -> int:
    """Return the check digit of the digits before it, of an EAN-13, EAN-8 or UPC-A."""
    reverse = [int(digit) for digit in reversed(digits)]
    return -(3 * sum(reverse[0::2]) + sum(reverse[1::2])) % 10


def checked_digits(barcode: str) -> str:
    """Return a barcode of digits; ValueError, with what is accepted, if its check digit is not theirs."""
    check = check_digit(barcode[:-1])
    if int(barcode[-1]) != check:
        raise ValueError(f"a barcode whose check digit is {check}")
    return barcode


def with_check_digit(digits: str) -> str:
    """Return the digits with their check digit."""
    return f"{digits}{check_digit(digits)}"


def measure_check_digit(digits: str) -> int:
    """Return the check digit of a price or weight of 4 or 5 digits, which stands before it; ValueError for others."""
    if len(digits) == 4:
        return 3 * _weighted(digits, _FOUR) % 10
    if len(digits) == 5:
        wanted = -_weighted(digits, _FIVE) % 10
        # The digit whose own weight, 5-, gives what the sum lacks to a multiple of 10.
        return next(digit for digit in range(10) if _weighted(str(digit), ((5, -1),)) % 10 == wanted)
    raise ValueError("4 or 5 digits of a price or weight that has a check digit")


def _weighted(digits: str, weights: Sequence[tuple[int, int]]) -> int:
    """Return the sum of the last digit of each weighted digit."""
    products = [int(digit) * times for digit, (times, _) in zip(digits, weights, strict=True)]
    return sum(
        (product + sign * (product // 10)) % 10 for product, (_, sign) in zip(products, weights, strict=True)
    )
