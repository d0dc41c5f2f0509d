"""Numbers of the tables: whole, as the services read them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from audit.snapshot import Breach, Snapshot, invariant


@invariant
def stored_numbers_are_whole(shop: Snapshot) -> Iterator[Breach]:
    """A service cannot read a row with another number."""
    for table, rows in shop.tables.items():
        for row in rows:
            for name, value in row.items():
                for number in _decimals(value):
                    yield f"{table} {row['pk']} {row['sk']}", f"{name} is {number}; expected a whole number"


def _decimals(value: Any) -> Iterator[Decimal]:
    match value:
        case Decimal():
            yield value
        case dict():
            for part in value.values():
                yield from _decimals(part)
        case list():
            for part in value:
                yield from _decimals(part)


NUMBERS = (stored_numbers_are_whole,)
