"""Money in whole minor units of an ISO 4217 currency; floats are not accepted.

Amounts are `int` in minor units (EUR cents, JPY yen, KWD fils). `Money` is an amount with its currency, for people to
read or type.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator

from tillflow.fields import MAX_AMOUNT

_EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY "
    "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR "
    "ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER "
    "ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
EXPONENT: dict[str, int] = {code: places for places, codes in _EXPONENTS.items() for code in codes.split()}
"""Decimal places of each active ISO 4217 currency: EUR 2, JPY 0, KWD 3."""


CASH_INCREMENT: dict[str, int] = {
    "AUD": 5, "CAD": 5, "CHF": 5, "CZK": 100, "DKK": 50, "HUF": 500, "ILS": 10, "MYR": 5, "NOK": 100, "NZD": 10,
    "SEK": 100, "SGD": 5, "ZAR": 10,
}  # fmt: skip
"""The smallest amount that can be paid in cash, in minor units; 1 in other currencies."""


def _known(code: str) -> str:
    if code not in EXPONENT:
        raise ValueError("an ISO 4217 code such as EUR")
    return code


Currency = Annotated[str, AfterValidator(_known)]
"""The code of an active ISO 4217 currency. Which of them the shop sells in, the catalog's prices decide."""


_TYPED = re.compile(r"-?\d{1,15}(\.\d{1,4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units and its currency; prints as ``12.50 EUR``."""

    amount: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str, name: str = "amount") -> "Money":
        """Return the amount a person typed, such as ``"12.50"``; ValueError if it is not one of that currency.

        name: of the field, for the error.
        """
        if currency not in EXPONENT:
            raise ValueError(f"currency is {currency!r}; expected an ISO 4217 code such as EUR")
        # Digits only: an exponent, or an amount of a million digits, is a mistake and must not be computed.
        match = _TYPED.fullmatch(text)
        if not match:
            raise ValueError(f"{name} is {text[:60]!r}; expected up to 15 digits such as 12.50")
        places = EXPONENT[currency]
        minor = Decimal(text).scaleb(places)
        if minor != minor.to_integral_value():
            raise ValueError(f"{name} is {text!r}; expected at most {places} decimals in {currency}")
        if abs(minor) > MAX_AMOUNT:
            raise ValueError(f"{name} is {text!r}; expected at most {cls(MAX_AMOUNT, currency)}")
        return cls(int(minor), currency)

    def __str__(self) -> str:
        return f"{Decimal(self.amount).scaleb(-EXPONENT[self.currency]):f} {self.currency}"


def cash_increment(currency: str) -> int:
    """Return the smallest amount that can be paid in cash, in minor units."""
    return CASH_INCREMENT.get(currency, 1)


def checked_coins(amount: int, fields: Mapping[str, Any], means: str) -> int:
    """Return an amount, for the validator of its field. ValueError for cash that no coins make up.

    fields: those of the request before it that are valid; means: the name of the one that says "cash".
    """
    if fields.get(means) == "cash" and "currency" in fields:
        increment = cash_increment(fields["currency"])
        if amount % increment:
            coin = Money(increment, fields["currency"])
            raise ValueError(f"for cash a multiple of {coin}, the smallest coin")
    return amount


def divide_half_up(numerator: int, denominator: int) -> int:
    """Return numerator / denominator rounded to a whole unit, halves away from zero; denominator > 0.

    Symmetric about zero, so that a credit note mirrors its sale.
    """
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` in proportion to `weights` (each >= 0) by largest remainder; ties go to the earlier.

    The parts add up to `amount` exactly. A zero weight gets nothing, and a part never exceeds its weight if `amount` is
    at most the sum of the weights. ValueError if there is an amount but no weight.
    """
    if amount < 0:
        return [-part for part in allocate(-amount, weights)]
    whole = sum(weights)
    if any(weight < 0 for weight in weights):
        raise ValueError("a weight is negative; expected every weight to be at least 0")
    if whole == 0:
        if amount:
            raise ValueError(f"nothing to spread {amount} over; expected a weight above 0")
        return [0] * len(weights)
    parts, remainders = [], []
    for position, weight in enumerate(weights):
        part, remainder = divmod(amount * weight, whole)
        parts.append(part)
        remainders.append((-remainder, position))
    for _, position in sorted(remainders)[: amount - sum(parts)]:
        parts[position] += 1
    return parts
