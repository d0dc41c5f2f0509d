"""`till ledger`: journal entries that a person makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from till import workflows
from till.amounts import minor_units
from till.days import FirstDay, LastDay, typed_period
from till.defaults import CURRENCY, CURRENCY_VARIABLE
from till.errors import operator_errors
from till.output import money, out, print_fields, print_json, print_table, timestamp
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import find_stack

if TYPE_CHECKING:
    from ledger.manual.models import ManualEntry

app = typer.Typer(no_args_is_help=True, help="Journal entries made by hand: entry, list, show.")
_AMOUNT = "Account and amount, such as 1030=500.00; repeat for several."
_COLUMNS = ("number", "day", "account", "name", "debit", "credit", "currency", "reason", "posted_by", "id")


@app.command("entry")
def entry(
    debit: Annotated[list[str], typer.Option(help=_AMOUNT)],
    credit: Annotated[list[str], typer.Option(help=_AMOUNT)],
    reason: Annotated[str, typer.Option(help="Reason.")],
    day: Annotated[str | None, typer.Option(help="Day in UTC, such as 2026-11-23; today by default.")] = None,
    currency: Annotated[
        str, typer.Option(envvar=CURRENCY_VARIABLE, help="Currency, by its ISO 4217 code.")
    ] = CURRENCY,
    entry_id: Annotated[str | None, typer.Option("--id", help="Idempotency key.")] = None,
    as_json: AsJson = False,
) -> None:
    """Post a journal entry under the next number. It is never changed: the opposite entry reverses it.

    Accounts: 1010 Cash on hand, 1020 Card clearing, 1030 Bank, 5400 Cash differences, 5500 Payment fees.

    Examples:

        till ledger entry --debit 1030=500.00 --credit 1010=500.00 --reason "cash taken to the bank"

        till ledger entry --debit 1030=97.50 --debit 5500=2.50 --credit 1020=100.00 --reason "payout of cards"

        till ledger entry --debit 5400=0.75 --credit 1010=0.75 --reason "drawer counted short"
    """
    from till.services.ledger import ManualEntries

    with operator_errors(_advice()):
        request = {
            "entry_id": entry_id or workflows.new_id("je"),
            "day": day or datetime.now(UTC).date().isoformat(),
            "currency": currency,
            "reason": reason,
            "lines": [*_lines("debit", debit, currency), *_lines("credit", credit, currency)],
        }
        posted = ManualEntries(find_stack()).post(request)
    if as_json:
        print_json(asdict(posted))
    else:
        out.print(f"Posted {posted.number} ({posted.entry_id}).")


@app.command("list")
def list_entries(
    first: FirstDay = None,
    last: LastDay = None,
    page: Page = 1,
    page_size: PageSize = 50,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List the lines of manual entries by day, the newest first.

    Examples:

        till ledger list

        till ledger list --from 2026-11-01 --to 2026-11-30 --csv
    """
    from tillflow.listing import every

    from till.services.ledger import ManualEntries

    with operator_errors("See `till ledger list --help`."):
        days = typed_period(first, last)
        entries = ManualEntries(find_stack())
        rows = (
            row for one in every(lambda after: entries.list_entries(100, after, *days)) for row in _rows(one)
        )
        formats: dict[str, Any] = {
            side: lambda row, side=side: money(row[side], row["currency"]) if row[side] else ""
            for side in ("debit", "credit")
        }
        print_report("Journal entries", _COLUMNS, rows, as_json, as_csv, page, page_size, formats)


@app.command("show")
def show(
    entry_id: Annotated[str, typer.Argument(help="Entry id.")],
    as_json: AsJson = False,
) -> None:
    """Show a manual entry.

    Example:

        till ledger entry --debit 1030=20.00 --credit 1010=20.00 --reason "cash taken to the bank" --id je-1

        till ledger show je-1
    """
    from till.services.ledger import ManualEntries

    with operator_errors("`till ledger list` lists the entries."):
        posted = ManualEntries(find_stack()).find(entry_id)
    if as_json:
        print_json(asdict(posted))
        return
    fields = {name: getattr(posted, name) for name in ("number", "day", "reason", "posted_by")}
    print_fields(posted.entry_id, {**fields, "posted_at": timestamp(posted.posted_at)})
    amounts = [
        (line.account, line.name, *(_shown(each, posted.currency) for each in (line.debit, line.credit)))
        for line in posted.lines
    ]
    print_table("Lines", ("account!", "name", "debit>", "credit>"), amounts)


def _lines(side: str, texts: list[str], currency: str) -> Iterator[dict[str, Any]]:
    from ledger.errors import InvalidEntry

    for text in texts:
        account, separator, amount = text.partition("=")
        if not separator:
            raise InvalidEntry(side, text, "an account and an amount, such as 1030=500.00")
        yield {"account": account, side: minor_units(amount, currency)}


def _rows(one: ManualEntry) -> Iterator[dict[str, Any]]:
    common = {"number": one.number, "day": one.day, "currency": one.currency, "id": one.entry_id}
    common |= {"reason": one.reason, "posted_by": one.posted_by}
    for line in one.lines:
        amounts = {"debit": line.debit, "credit": line.credit}
        yield {**common, "account": line.account, "name": line.name, **amounts}


def _shown(amount: int, currency: str) -> str:
    return money(amount, currency) if amount else ""


def _advice() -> str:
    from ledger.manual.rules import ACCOUNTS

    return f"Accounts: {', '.join(f'{account.code} {account.name}' for account in ACCOUNTS.values())}."
