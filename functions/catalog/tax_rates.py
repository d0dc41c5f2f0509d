"""The rates of a tax class: one, and those that replace it from a time on. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tillflow.errors import InvalidRequest
from tillflow.times import iso_utc

from catalog.models import TaxClassPercent
from catalog.prices import PRICE_LIST_VALID, change_time_problems

MAX_RATE_CHANGES = 20
"""Changes of one class: every order reads those of all classes."""
_KEPT = 2 * PRICE_LIST_VALID
"""How long a rate that was replaced is kept: an order is priced at a time that is not longer ago."""


@dataclass(frozen=True, slots=True)
class ClassRates:
    """rate: until the first change; changes: the rates from a time on, the earliest one first."""

    rate: Decimal
    changes: tuple[tuple[datetime, Decimal], ...] = ()
    retired: bool = False

    def at(self, moment: datetime) -> Decimal:
        """Return the rate in effect at a time."""
        effective = self.rate
        for valid_from, rate in self.changes:
            if valid_from <= moment:
                effective = rate
        return effective

    def after(self, moment: datetime) -> tuple[tuple[datetime, Decimal], ...]:
        """Return the changes that are still to come at a time."""
        return tuple(change for change in self.changes if change[0] > moment)


def rates_at(classes: Mapping[str, ClassRates], moment: datetime) -> dict[str, Decimal]:
    """Return the rate of every class in effect at a time."""
    return {name: rates.at(moment) for name, rates in classes.items()}


def in_use(classes: Mapping[str, ClassRates]) -> list[str]:
    """Return the classes that products can get, by name."""
    return sorted(name for name, rates in classes.items() if not rates.retired)


def listed(classes: Iterable[str]) -> str:
    """Return the names of tax classes for a message that says which are accepted."""
    return ", ".join(sorted(classes)) or "none is defined yet"


def with_rate(current: ClassRates | None, request: TaxClassPercent, now: datetime) -> ClassRates:
    """Return the rates of a class with another rate, now or from `valid_from` on. The same rate changes nothing.

    A change to come is withdrawn by the rate that it replaces. Raises InvalidRequest for a time that is over or too far
    ahead, a class that does not exist yet, or too many changes.
    """
    rate = request.percent.scaleb(-2)
    if request.valid_from is None:
        if current is None:
            return ClassRates(rate)
        return current if current.at(now) == rate else replace(current, rate=rate, changes=current.after(now))
    if problems := change_time_problems(request.valid_from, now):
        raise InvalidRequest.of(problems)
    if current is None:
        raise InvalidRequest(
            "tax_class", request.tax_class, "a class that has a rate until then; set it first"
        )
    changes = dict(current.changes)
    if request.valid_from in changes and rate == _before(current, request.valid_from):
        del changes[request.valid_from]
    else:
        changes[request.valid_from] = rate
    changed = _without_old(current, changes, now - _KEPT)
    if len(changed.after(now)) > MAX_RATE_CHANGES:
        raise InvalidRequest(
            "valid_from", iso_utc(request.valid_from), f"at most {MAX_RATE_CHANGES} changes to come"
        )
    return changed


def _before(rates: ClassRates, moment: datetime) -> Decimal:
    """Return the rate that a change at a time replaces."""
    return replace(rates, changes=tuple(one for one in rates.changes if one[0] < moment)).at(moment)


def _without_old(current: ClassRates, changes: Mapping[datetime, Decimal], kept: datetime) -> ClassRates:
    """Return the rates with these changes, less those before a time, of which the last one is the first rate."""
    ordered = sorted(changes.items())
    old = [change for change in ordered if change[0] < kept]
    rate = old[-1][1] if old else current.rate
    return replace(current, rate=rate, changes=tuple(ordered[len(old) :]))
