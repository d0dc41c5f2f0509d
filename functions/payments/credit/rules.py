"""Limits and expiry of credit. Pure."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from tillflow.errors import InvalidRequest
from tillflow.money import EXPONENT, Money
from tillflow.times import iso_utc

from payments.credit.models import CreditPolicy, Grant, GrantCredit, WalletEntry
from payments.errors import GoodwillAboveLimit

EXPIRY: Final = "expiry"
BY_PERSON: Final = ("goodwill", "cash", "bank_transfer")
"""The sources of grants that persons make."""
RETURN_GRANT: Final = "return-"
GIFT_CARD_GRANT: Final = "gift-"
"""What the ids of the grants of returns and gift cards begin with."""
LONGEST: Final = timedelta(days=3_653)
"""How long a grant can be spent at most."""
_DEFAULT_LIMIT = 100
_NEVER = "9999-12-31"


def default_policy(currency: str) -> CreditPolicy:
    """Return the policy of a currency without one of its own: up to 100 units, which never expire."""
    return CreditPolicy(currency=currency, goodwill_limit=_DEFAULT_LIMIT * 10 ** EXPONENT[currency])


def check_goodwill(grant: Grant, policy: CreditPolicy) -> None:
    """Raise GoodwillAboveLimit if a goodwill grant is above the limit of its policy by itself."""
    if grant.source == "goodwill" and grant.amount > policy.goodwill_limit:
        limit = Money(policy.goodwill_limit, grant.currency)
        raise GoodwillAboveLimit(str(Money(grant.amount, grant.currency)), str(limit))


def check_by_person(grant: GrantCredit) -> None:
    """Raise InvalidRequest for a source or an id of the grants that workflows make.

    A grant under the id of a later return or gift card would refuse that one.
    """
    if grant.source not in BY_PERSON:
        raise InvalidRequest("source", grant.source, f"one of {', '.join(BY_PERSON)}")
    for prefix in (RETURN_GRANT, GIFT_CARD_GRANT):
        if grant.grant_id.startswith(prefix):
            expected = f"an id that does not begin with {RETURN_GRANT} or {GIFT_CARD_GRANT}"
            raise InvalidRequest("grant_id", grant.grant_id, expected)


def check_last_day(day: date | None, now: datetime) -> None:
    """Raise InvalidRequest unless a grant can be spent from today until some year that may be meant."""
    today = now.date()
    if day and not today <= day <= today + LONGEST:
        raise InvalidRequest("expires_on", day.isoformat(), f"a date from {today} to {today + LONGEST}")


def last_day(grant: Grant, policy: CreditPolicy, now: datetime) -> date | None:
    """Return the last day on which a grant can be spent; None if it does not expire."""
    if grant.expires_on or grant.source != "goodwill" or policy.expiry_days is None:
        return grant.expires_on
    return now.date() + timedelta(days=policy.expiry_days)


def grant_entry(grant: Grant, policy: CreditPolicy, holder: str, entry_id: str, now: datetime) -> WalletEntry:
    """Return the entry of a grant in a wallet; GoodwillAboveLimit, InvalidRequest for a last day out of range."""
    check_goodwill(grant, policy)
    check_last_day(grant.expires_on, now)
    day = last_day(grant, policy, now)
    return WalletEntry(
        entry_id=entry_id,
        holder=holder,
        kind=grant.source,
        amount=grant.amount,
        currency=grant.currency,
        reason=grant.reason,
        at=iso_utc(now),
        expires_on=day.isoformat() if day else None,
    )


def expired_part(entries: Iterable[WalletEntry], balance: int, grant_id: str) -> int:
    """Return how much of a grant is left to expire.

    What was spent counts against the grants that expire first, so that a customer loses as little as possible.
    """
    grants = [entry for entry in entries if entry.kind != EXPIRY]
    spent = sum(grant.amount - (grant.expired or 0) for grant in grants) - balance
    spent -= sum(grant.amount - grant.expired for grant in grants if grant.expired is not None)
    unexpired = [grant for grant in grants if grant.expired is None]
    for grant in sorted(unexpired, key=lambda one: (one.expires_on or _NEVER, one.at, one.entry_id)):
        used = min(max(spent, 0), grant.amount)
        if grant.entry_id == grant_id:
            return min(grant.amount - used, balance)
        spent -= used
    return 0
