"""`till customer`: customers and their credit with the shop."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from till import workflows
from till.amounts import minor_units
from till.defaults import CURRENCY, CURRENCY_VARIABLE
from till.errors import OperatorError, operator_errors
from till.lazy import LightGroup
from till.numbers import number_option
from till.output import confirm, err, money, out, print_fields, print_json, print_table, timestamp
from till.report import AsJson
from till.stack import find_stack
from till.waiting import waiting_for

if TYPE_CHECKING:
    from customers.models import Customer

app = typer.Typer(no_args_is_help=True, help="Customers and their credit with the shop.")
credit_app = typer.Typer(cls=LightGroup, no_args_is_help=True, help="Credit of a customer with the shop.")
app.add_typer(credit_app, name="credit")

CustomerId = Annotated[str, typer.Argument(help="Customer id.")]
Name = Annotated[str | None, typer.Option(help="Name.")]
Email = Annotated[str | None, typer.Option(help="Email address; empty to remove it.")]
Phone = Annotated[str | None, typer.Option(help="Phone number; empty to remove it.")]
Note = Annotated[str | None, typer.Option(help="Note for the staff.")]
Currency = Annotated[str, typer.Option(envvar=CURRENCY_VARIABLE, help="Currency, by its ISO 4217 code.")]
_LISTED = "`till customer list` lists every customer."


@app.command("create")
def create(
    customer_id: CustomerId,
    name: Annotated[str, typer.Option(help="Name.")],
    email: Email = None,
    phone: Phone = None,
    note: Note = None,
) -> None:
    """Create a customer.

    Example:

        till customer create cus-joan --name "Joan Clarke" --email joan@example.com
    """
    from till.services.customers import Customers

    with operator_errors(_LISTED):
        Customers(find_stack()).create({"customer_id": customer_id, **_fields(name, email, phone, note)})
    out.print(f"Created customer {customer_id}.")


@app.command("update")
def update(
    customer_id: CustomerId,
    name: Name = None,
    email: Email = None,
    phone: Phone = None,
    note: Note = None,
    version: Annotated[
        int | None, number_option(help="Version that was read; by default the current one.")
    ] = None,
) -> None:
    """Change fields of a customer; refused if it has changed since `--version`.

    Example:

        till customer update cus-ada --phone "+44 20 7946 0958"
    """
    from till.services.customers import Customers

    changes = _fields(name, email, phone, note)
    if not changes:
        raise OperatorError("Nothing to change.", "Give at least one of --name, --email, --phone and --note.")
    with operator_errors("`till customer show` shows the customer and its version."):
        Customers(find_stack()).update(customer_id, changes, version)
    out.print(f"Updated customer {customer_id}.")


@app.command("show")
def show(customer_id: CustomerId, as_json: AsJson = False) -> None:
    """Show a customer and their credit.

    Example:

        till customer show cus-ada
    """
    from till.services.customers import Credit, Customers

    stack = find_stack()
    with operator_errors(_LISTED):
        stored = Customers(stack).get(customer_id)
    balances = Credit(stack).balances(customer_id)
    merged = {"merged_into": stored.merged_into} if stored.merged_into else {}
    if as_json:
        print_json({**stored.customer.model_dump(), **merged, "version": stored.version, "credit": balances})
        return
    fields = stored.customer.model_dump(exclude_none=True) | merged | {"version": stored.version}
    if balances:
        fields["credit"] = ", ".join(money(amount, currency) for currency, amount in balances.items())
    print_fields(customer_id, fields)


@app.command("search")
def search(
    name: Annotated[
        str | None, typer.Option(help="Words of the name, the last one by its beginning.")
    ] = None,
    email: Annotated[str | None, typer.Option(help="Email address.")] = None,
    phone: Annotated[str | None, typer.Option(help="Phone number, however it is written.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find customers by name, email or phone.

    Examples:

        till customer search --name "ada lo"

        till customer search --phone "+44 20 7946 0958"
    """
    from till.services.customers import Customers

    with operator_errors("Give one of --name, --email and --phone."):
        customers = Customers(find_stack()).search({"name": name, "email": email, "phone": phone})
    if as_json:
        print_json([customer.model_dump() for customer in customers])
    elif customers:
        print_table("Customers", ("customer id!", "name", "email", "phone"), [_row(one) for one in customers])
    else:
        out.print("No customers.")


@app.command("merge")
def merge(
    customer_id: CustomerId,
    survivor_id: Annotated[str, typer.Argument(help="Customer that remains.")],
    merge_id: Annotated[str | None, typer.Option("--id", help="Idempotency key.")] = None,
    confirmed: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Merge a customer into another one, which gets its credit, debts, invoices and orders. It cannot be undone.

    Example:

        till customer create cus-hedy --name "Hedy Lamarr"

        till customer create cus-hedy-2 --name "H. Lamarr"

        till customer merge cus-hedy-2 cus-hedy
    """
    from tillflow.executions import error_message

    from till.services.customers import Customers

    if not confirmed:
        confirm(f"Merge {customer_id} into {survivor_id} permanently?")
    stack, name = find_stack(), merge_id or workflows.new_id("mrg")
    with operator_errors(_LISTED):
        started = Customers(stack).merge(
            {"merge_id": name, "customer_id": customer_id, "survivor_id": survivor_id}
        )
    with waiting_for(name, f"till history {name}"):
        ended = workflows.wait(stack, started.arn)
    if ended.status != "SUCCEEDED":
        raise OperatorError(error_message(ended.cause or ended.status), f"`till history {name}` shows why.")
    merged = Customers(stack).find_merge(name)
    if as_json:
        print_json(merged)
    else:
        out.print(f"Customer {merged['customer_id']} is merged into {merged['survivor_id']}.")


@app.command("anonymise")
def anonymise(
    customer_id: CustomerId,
    confirmed: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove what identifies a customer, on their request. Orders and books keep the id. It cannot be undone.

    Example:

        till customer create cus-kay --name "Kay McNulty"

        till customer anonymise cus-kay
    """
    from till.services.customers import Customers

    if not confirmed:
        confirm(f"Remove the data of {customer_id} permanently?")
    with operator_errors(_LISTED):
        Customers(find_stack()).anonymise(customer_id)
    out.print(f"Customer {customer_id} is anonymised.")


@app.command("list")
def list_customers(
    limit: Annotated[int, number_option(min=1, max=100, help="Maximum number of customers.")] = 50,
    after: Annotated[str, typer.Option(help="Continue after a page, by what it ended with.")] = "",
    as_json: AsJson = False,
) -> None:
    """List customers in the order of their ids.

    Example:

        till customer list --limit 20
    """
    from till.services.customers import Customers

    with operator_errors(_LISTED):
        page = Customers(find_stack()).list_customers(limit, after)
    if as_json:
        print_json({"customers": [customer.model_dump() for customer in page.rows], "after": page.after})
        return
    if not page.rows:
        out.print("No customers.")
        return
    print_table("Customers", ("customer id!", "name", "email", "phone"), [_row(one) for one in page.rows])
    if page.after:
        err.print(f"Next page: till customer list --after {page.after}")


@app.command("limit")
def limit(
    customer_id: CustomerId,
    amount: Annotated[str, typer.Argument(help="How much the customer may owe, such as 500.00.")],
    currency: Currency = CURRENCY,
) -> None:
    """Let a customer buy on account up to a limit. What is owed stays, above the limit too.

    Example:

        till customer limit cus-ada 500.00
    """
    from till.services.customers import Accounts, Customers

    stack = find_stack()
    with operator_errors(_LISTED):
        Customers(stack).get(customer_id)
        request = {"customer_id": customer_id, "currency": currency}
        account = Accounts(stack).set_limit({**request, "credit_limit": minor_units(amount, currency)})
    owed, available = money(account.owed, currency), money(account.available, currency)
    out.print(f"{customer_id} owes {owed} and may owe {available} more.")


@credit_app.command("grant")
def grant(
    customer_id: CustomerId,
    amount: Annotated[str, typer.Argument(help="Amount, such as 12.50.")],
    reason: Annotated[str, typer.Option(help="Reason.")],
    currency: Currency = CURRENCY,
    source: Annotated[str, typer.Option(help="goodwill, cash or bank_transfer.")] = "goodwill",
    expires_on: Annotated[
        str | None, typer.Option(help="Last day, such as 2027-12-31; by default that of the policy.")
    ] = None,
    grant_id: Annotated[str | None, typer.Option("--id", help="Idempotency key.")] = None,
) -> None:
    """Add to a customer's credit. The same `--id` again adds nothing.

    Example:

        till customer credit grant cus-ada 12.50 --reason "late delivery"
    """
    from till.services.customers import Credit, Customers

    stack = find_stack()
    request = {
        "grant_id": grant_id or workflows.new_id("crd"),
        "customer_id": customer_id,
        "currency": currency,
        "amount": minor_units(amount, currency, positive=True),
        "reason": reason,
        "source": source,
        "expires_on": expires_on,
    }
    with operator_errors(f"`till customer credit policy {currency}` shows the limit of goodwill. {_LISTED}"):
        Customers(stack).get(customer_id)
        balance = Credit(stack).grant(request)
    out.print(
        f"The credit of {customer_id} is {money(balance, currency)} (grant {request['grant_id']}).",
    )


@credit_app.command("list")
def list_entries(customer_id: CustomerId, as_json: AsJson = False) -> None:
    """List what was added to a customer's credit, and what expired.

    Example:

        till customer credit list cus-ada
    """
    from till.services.customers import Credit, Customers

    stack = find_stack()
    with operator_errors(_LISTED):
        Customers(stack).get(customer_id)
    entries = Credit(stack).entries(customer_id)
    if as_json:
        print_json([asdict(entry) for entry in entries])
    elif not entries:
        out.print("No credit was granted.")
    else:
        rows = [
            (timestamp(entry.at), entry.entry_id, entry.kind, money(entry.amount, entry.currency),
             entry.expires_on or "", entry.reason)
            for entry in entries
        ]  # fmt: skip
        print_table("Credit", ("at", "id!", "kind", "amount>", "last day", "reason"), rows)


@credit_app.command("policy")
def policy(
    currency: Annotated[str, typer.Argument(help="Currency, by its ISO 4217 code.")],
    limit: Annotated[
        str | None, typer.Option(help="The most goodwill of a customer a day (UTC), and of a gift card.")
    ] = None,
    expiry_days: Annotated[int | None, number_option(min=1, help="Days until goodwill expires.")] = None,
) -> None:
    """Show the limit and the expiry of goodwill in a currency; with --limit, set both.

    Examples:

        till customer credit policy EUR

        till customer credit policy EUR --limit 50.00 --expiry-days 365
    """
    from tillflow.plurals import counted

    from till.services.customers import Credit

    credit = Credit(find_stack())
    if limit is None and expiry_days is not None:
        raise OperatorError("--expiry-days needs --limit.", "Give both.")
    with operator_errors("Give a currency such as EUR."):
        if limit is None:
            current = credit.policy(currency)
        else:
            request = {"currency": currency, "goodwill_limit": minor_units(limit, currency)}
            current = credit.set_policy({**request, "expiry_days": expiry_days})
    days = counted(current.expiry_days, "day") if current.expiry_days else "no expiry"
    out.print(f"Goodwill in {currency}: at most {money(current.goodwill_limit, currency)}, {days}.")


def _fields(name: str | None, email: str | None, phone: str | None, note: str | None) -> dict[str, Any]:
    """Return the fields that were given; an empty email or phone is removed."""
    fields = {"name": name, "email": email, "phone": phone, "note": note}
    return {
        field: None if value == "" and field in ("email", "phone") else value
        for field, value in fields.items()
        if value is not None
    }


def _row(customer: Customer) -> tuple[str, ...]:
    return tuple(
        value or "" for value in (customer.customer_id, customer.name, customer.email, customer.phone)
    )
