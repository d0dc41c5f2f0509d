"""`till customer`: customers and their credit with the shop."""

from typing import Annotated, Any

import typer
from customers.models import Customer
from tillflow.money import Money

from till import sales, workflows
from till.errors import OperatorError
from till.output import err, money, out, print_json, print_table
from till.purchasing import operator_errors
from till.report import AsJson
from till.stack import find_stack

app = typer.Typer(no_args_is_help=True, help="Customers and their credit with the shop.")
credit_app = typer.Typer(no_args_is_help=True, help="Credit of a customer with the shop.")
app.add_typer(credit_app, name="credit")

CustomerId = Annotated[str, typer.Argument(help="Customer id.")]
Name = Annotated[str | None, typer.Option(help="Name.")]
Email = Annotated[str | None, typer.Option(help="Email address; empty to remove it.")]
Phone = Annotated[str | None, typer.Option(help="Phone number; empty to remove it.")]
Note = Annotated[str | None, typer.Option(help="Note for the staff.")]
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
    with operator_errors(_LISTED):
        sales.customers(find_stack()).create(
            {"customer_id": customer_id, **_fields(name, email, phone, note)}
        )
    out.print(f"Created customer {customer_id}.")


@app.command("update")
def update(
    customer_id: CustomerId,
    name: Name = None,
    email: Email = None,
    phone: Phone = None,
    note: Note = None,
    version: Annotated[
        int | None, typer.Option(help="Version that was read; by default the current one.")
    ] = None,
) -> None:
    """Change fields of a customer; refused if it has changed since `--version`.

    Example:

        till customer update cus-ada --phone "+44 20 7946 0958"
    """
    changes = _fields(name, email, phone, note)
    if not changes:
        raise OperatorError("Nothing to change.", "Give at least one of --name, --email, --phone and --note.")
    with operator_errors("`till customer show` shows the customer and its version."):
        sales.customers(find_stack()).update(customer_id, changes, version)
    out.print(f"Updated customer {customer_id}.")


@app.command("show")
def show(customer_id: CustomerId, as_json: AsJson = False) -> None:
    """Show a customer and their credit.

    Example:

        till customer show cus-ada
    """
    stack = find_stack()
    with operator_errors(_LISTED):
        stored = sales.customers(stack).get(customer_id)
    balances = sales.credit(stack).balances(customer_id)
    if as_json:
        print_json({**stored.customer.model_dump(), "version": stored.version, "credit": balances})
        return
    fields = stored.customer.model_dump(exclude_none=True) | {"version": stored.version}
    if balances:
        fields["credit"] = ", ".join(money(amount, currency) for currency, amount in balances.items())
    print_table(
        customer_id,
        ("field!", "value"),
        fields.items(),
    )


@app.command("list")
def list_customers(
    most: Annotated[int, typer.Option(min=1, max=100, help="Number of customers.")] = 50,
    after: Annotated[str, typer.Option(help="Continue after this customer id.")] = "",
    as_json: AsJson = False,
) -> None:
    """List customers in the order of their ids.

    Example:

        till customer list --most 20
    """
    with operator_errors(_LISTED):
        customers, more = sales.customers(find_stack()).list_customers(most, after)
    if as_json:
        print_json({"customers": [customer.model_dump() for customer in customers], "after": more})
        return
    if not customers:
        out.print("No customers.")
        return
    print_table("Customers", ("customer_id!", "name", "email", "phone"), [_row(one) for one in customers])
    if more:
        err.print(f"Next page: till customer list --after {more}")


@credit_app.command("grant")
def grant(
    customer_id: CustomerId,
    amount: Annotated[str, typer.Argument(help="Amount, such as 12.50.")],
    reason: Annotated[str, typer.Option(help="Reason.")],
    currency: Annotated[str, typer.Option(help="Currency, by its ISO 4217 code.")] = "EUR",
    grant_id: Annotated[str | None, typer.Option("--id", help="Idempotency key.")] = None,
) -> None:
    """Add to a customer's credit. The same `--id` again adds nothing.

    Example:

        till customer credit grant cus-ada 12.50 --reason "late delivery"
    """
    stack = find_stack()
    try:
        minor = Money.parse(amount, currency).amount
    except ValueError as error:
        raise OperatorError(f"{error}.", "Give an amount such as 12.50, and --currency.") from error
    request = {
        "grant_id": grant_id or workflows.new_id("crd"),
        "customer_id": customer_id,
        "currency": currency,
        "amount": minor,
        "reason": reason,
    }
    with operator_errors(_LISTED):
        sales.customers(stack).get(customer_id)
        balance = sales.credit(stack).grant(request)
    out.print(
        f"The credit of {customer_id} is {money(balance, currency)} (grant {request['grant_id']}).",
    )


def _fields(name: str | None, email: str | None, phone: str | None, note: str | None) -> dict[str, Any]:
    """Return the fields that were given; an empty email or phone is removed."""
    given = {"name": name, "email": email, "phone": phone, "note": note}
    return {
        field: None if value == "" and field in ("email", "phone") else value
        for field, value in given.items()
        if value is not None
    }


def _row(customer: Customer) -> tuple[str, ...]:
    return tuple(
        value or "" for value in (customer.customer_id, customer.name, customer.email, customer.phone)
    )
