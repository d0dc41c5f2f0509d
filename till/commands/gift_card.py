"""`till gift-card`: issue gift cards and show their balance."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from till.amounts import minor_units
from till.defaults import CURRENCY, CURRENCY_VARIABLE
from till.errors import OperatorError, operator_errors
from till.output import money, out, print_json
from till.report import AsJson
from till.stack import find_stack

if TYPE_CHECKING:
    from payments.credit.models import GiftCard

app = typer.Typer(no_args_is_help=True, help="Gift cards: issue, show the balance.")
_ADVICE = "A code has 24 letters and digits; `till gift-card issue` prints a new one."


@app.command("issue")
def issue(
    amount: Annotated[str, typer.Argument(help="Amount, such as 50.00.")],
    currency: Annotated[
        str, typer.Option(envvar=CURRENCY_VARIABLE, help="Currency, by its ISO 4217 code.")
    ] = CURRENCY,
    source: Annotated[str, typer.Option(help="cash, bank_transfer or goodwill.")] = "cash",
    customer: Annotated[str | None, typer.Option(help="Customer whom goodwill is for.")] = None,
    reason: Annotated[str, typer.Option(help="Reason.")] = "gift card",
    expires_on: Annotated[str | None, typer.Option(help="Last day, such as 2027-12-31.")] = None,
    code: Annotated[
        str | None, typer.Option(help="Code of a printed card, and idempotency key; by default a new one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put an amount on a new gift card and print its code, which is stored nowhere.

    Example:

        till gift-card issue 50.00
    """
    from tillflow.gift_cards import new_code

    from till.services.customers import GiftCards

    code = code or new_code()
    request = {"code": code, "currency": currency, "amount": minor_units(amount, currency, positive=True)}
    with operator_errors("See `till gift-card issue --help`."):
        card = GiftCards(find_stack()).issue(
            {**request, "source": source, "customer_id": customer, "reason": reason, "expires_on": expires_on}
        )
    if as_json:
        print_json({"code": code, "number": card.number, "balances": card.balances})
    else:
        out.print(f"Gift card {code}: {_balance(card)}.")


@app.command("show")
def show(
    code: Annotated[
        str | None, typer.Option(help="Code; asked for, or read from standard input, when left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the balance of a gift card.

    Example:

        till gift-card issue 50.00 --json | jq -r .code | till gift-card show
    """
    from till.services.customers import GiftCards

    with operator_errors(_ADVICE):
        card = GiftCards(find_stack()).find(code or _read_code())
    if as_json:
        print_json({"number": card.number, "balances": card.balances})
    else:
        out.print(f"Gift card {card.number}: {_balance(card)}.")


def _read_code() -> str:
    """Return the code that is typed without an echo, or the first line of standard input without a terminal."""
    if sys.stdin.isatty():
        return str(typer.prompt("Code", hide_input=True))
    code = sys.stdin.readline().strip()
    if not code:
        raise OperatorError("There is no code on standard input.", _ADVICE)
    return code


def _balance(card: GiftCard) -> str:
    return ", ".join(money(amount, currency) for currency, amount in card.balances.items())
