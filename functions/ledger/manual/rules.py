"""Which manual entries are accepted. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import Final

from tillflow.errors import Problem
from tillflow.money import Money

from ledger import accounts
from ledger.errors import InvalidEntry
from ledger.manual.models import PostManualEntry
from ledger.models import Entry, JournalLine

ACCOUNTS: Final = {
    account.code: account
    for account in (
        accounts.CASH_ON_HAND,
        accounts.CARD_CLEARING,
        accounts.BANK,
        accounts.CASH_DIFFERENCES,
        accounts.PAYMENT_FEES,
    )
}
"""The accounts of manual entries: those that equal no documents, such as open invoices, wallets or stock."""
KIND: Final = "manual"
SERIES: Final = "JE"
_OLDEST = timedelta(days=366)


def entry_name(entry_id: str) -> str:
    """Return the key of a manual entry in the journal."""
    return f"{entry_id}#{KIND}"


def entry_number(number: int) -> str:
    """Return a number as it is shown."""
    return f"{SERIES}-{number:06}"


def manual_entry(request: PostManualEntry) -> Entry:
    """Return the journal entry of a request; InvalidEntry names every line that is not accepted."""
    problems = list(_problems(request))
    if problems:
        raise InvalidEntry.of(problems)
    return Entry(
        entry_id=entry_name(request.entry_id),
        business_id=request.entry_id,
        kind=KIND,
        currency=request.currency,
        reference=request.reason,
        lines=tuple(
            JournalLine(line.account, ACCOUNTS[line.account].name, line.debit, line.credit)
            for line in request.lines
        ),
    )


def check_day(day: date, today: date) -> None:
    """Raise InvalidEntry unless a day is at most a year ago and has begun."""
    if not today - _OLDEST <= day <= today:
        raise InvalidEntry("day", day.isoformat(), f"a day from {today - _OLDEST} to {today}")


def _problems(request: PostManualEntry) -> Iterator[Problem]:
    money = partial(Money, currency=request.currency)
    codes = [line.account for line in request.lines]
    for position, line in enumerate(request.lines):
        if line.account not in ACCOUNTS:
            yield Problem(f"lines[{position}].account", line.account, f"one of {', '.join(ACCOUNTS)}")
        elif line.account in codes[:position]:
            yield Problem(f"lines[{position}].account", line.account, "each account once")
        if bool(line.debit) == bool(line.credit):
            amounts = f"debit {money(line.debit)}, credit {money(line.credit)}"
            yield Problem(f"lines[{position}]", amounts, "either a debit or a credit above 0")
    debits, credits = (sum(getattr(line, side) for line in request.lines) for side in ("debit", "credit"))
    if debits != credits:
        yield Problem(
            "lines", f"debits {money(debits)}, credits {money(credits)}", "debits that equal credits"
        )
