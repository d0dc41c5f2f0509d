"""`till invoice`: what customers owe, and the payments they make."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from till import workflows
from till.amounts import minor_units
from till.defaults import CURRENCY, CURRENCY_VARIABLE
from till.errors import OperatorError, operator_errors
from till.output import money, out, print_fields, print_json, print_table
from till.report import AsJson
from till.stack import find_stack
from till.waiting import waiting_for

app = typer.Typer(no_args_is_help=True, help="Invoices: their documents, payments and ageing.")
CustomerId = Annotated[str, typer.Argument(help="Customer id.")]
_ADVICE = "`till invoice list CUSTOMER` lists the open invoices of a customer."


@app.command("pay")
def pay(
    customer_id: CustomerId,
    amount: Annotated[str, typer.Argument(help="Amount, such as 120.00.")],
    method: Annotated[str, typer.Option(help="cash or bank_transfer.")] = "bank_transfer",
    currency: Annotated[
        str, typer.Option(envvar=CURRENCY_VARIABLE, help="Currency, by its ISO 4217 code.")
    ] = CURRENCY,
    order: Annotated[
        list[str] | None,
        typer.Option(help="Order whose invoice is paid; repeat for several. By default the oldest."),
    ] = None,
    payment_id: Annotated[str | None, typer.Option("--id", help="Idempotency key.")] = None,
    as_json: AsJson = False,
) -> None:
    """Record a customer's payment. What the invoices do not take becomes store credit.

    Examples:

        till customer limit cus-ada 500.00

        till order place docs/examples/order-on-account.json --id ord-7 --wait

        till invoice pay cus-ada 20.00

        till invoice pay cus-ada 10.00 --order ord-7 --id pay-1
    """
    from tillflow.executions import error_message

    from till.services.billing import Receivables

    stack = find_stack()
    request = {
        "payment_id": payment_id or workflows.new_id("pay"),
        "customer_id": customer_id,
        "currency": currency,
        "amount": minor_units(amount, currency, positive=True),
        "method": method,
        "orders": order or [],
    }
    with operator_errors(_ADVICE):
        started = Receivables(stack).pay(request)
    with waiting_for(str(request["payment_id"]), f"till history {request['payment_id']}"):
        ended = workflows.wait(stack, started.arn)
    if ended.status != "SUCCEEDED":
        raise OperatorError(error_message(ended.cause or ended.status), _ADVICE)
    received = Receivables(stack).find_payment(str(request["payment_id"]))
    if as_json:
        print_json(received)
        return
    for one in received["allocations"]:
        out.print(f"{one['invoice_number']} ({one['order_id']}): {money(one['amount'], currency)}")
    if received["overpayment"]:
        out.print(f"Store credit: {money(received['overpayment'], currency)}")
    out.print(f"Payment {received['payment_id']} is recorded.")


@app.command("list")
def list_open(customer_id: CustomerId, as_json: AsJson = False) -> None:
    """List the open invoices of a customer, and what the customer may still owe.

    Example:

        till invoice list cus-ada
    """
    from till.services.billing import Receivables
    from till.services.customers import Accounts, Customers

    stack = find_stack()
    with operator_errors("`till customer list` lists every customer."):
        Customers(stack).get(customer_id)
        items = Receivables(stack).open_items(customer_id)
        accounts = Accounts(stack).accounts(customer_id)
    if as_json:
        print_json(
            {"invoices": [asdict(item) for item in items], "accounts": [asdict(one) for one in accounts]}
        )
        return
    rows = [
        (item.invoice_number, item.order_id, item.due_on, money(item.outstanding, item.currency))
        for item in items
    ]
    print_table("Open invoices", ("invoice!", "order", "due", "outstanding>"), rows)
    for one in accounts:
        limit, available = money(one.credit_limit, one.currency), money(one.available, one.currency)
        out.print(f"Owes {money(one.owed, one.currency)}; limit {limit}, available {available}.")


@app.command("ageing")
def ageing(as_json: AsJson = False) -> None:
    """Report what each customer owes by days overdue.

    Example:

        till invoice ageing
    """
    from till.services.billing import Receivables

    report = Receivables(find_stack()).ageing()
    if as_json:
        print_json([asdict(one) for one in report])
        return
    if not report:
        out.print("No customer owes anything.")
        return
    buckets = list(report[0].amounts)
    rows = [
        (
            one.customer_id,
            *(money(one.amounts[bucket], one.currency) for bucket in buckets),
            money(one.total, one.currency),
        )
        for one in report
    ]
    print_table("Receivables", ("customer!", *(f"{bucket}>" for bucket in buckets), "total>"), rows)


@app.command("document")
def document(
    number: Annotated[str, typer.Argument(help="Number of an invoice or credit note.")],
    pdf: Annotated[Path, typer.Option("--pdf", help="File to write the PDF to.")],
    receipt: Annotated[bool, typer.Option("--receipt", help="For a roll of 80 mm in place of A4.")] = False,
) -> None:
    """Write an invoice or credit note as PDF. It is rendered once, and stored with its hash.

    Example:

        till order place docs/examples/order.json --id ord-1 --wait

        till invoice document INV/store-1-000001 --pdf invoice.pdf
    """
    from till.services.billing import Documents

    with operator_errors(
        "`till order show` shows the number; `till invoice seller` sets the shop's address."
    ):
        content = Documents(find_stack()).read(number, "receipt" if receipt else "pdf")
    pdf.write_bytes(content)
    out.print(f"Wrote {number} to {pdf}.")


@app.command("mail")
def mail(
    number: Annotated[str, typer.Argument(help="Number of an invoice or credit note.")],
    to: Annotated[str | None, typer.Option(help="Address; by default that of the customer.")] = None,
    receipt: Annotated[bool, typer.Option("--receipt", help="For a roll of 80 mm in place of A4.")] = False,
    mail_id: Annotated[str | None, typer.Option("--id", help="Idempotency key.")] = None,
    as_json: AsJson = False,
) -> None:
    """Mail an invoice or credit note as PDF. The stack needs a sender (parameter MailSender).

    Example:

        till order place docs/examples/order.json --id ord-1 --wait

        till invoice mail INV/store-1-000001 --to ada@example.com
    """
    from till.services.billing import Documents

    request = {
        "mail_id": mail_id or workflows.new_id("mail"),
        "number": number,
        "form": "receipt" if receipt else "pdf",
        "to": to,
    }
    with operator_errors("`till order show` shows the number; docs/deploy.md describes the sender."):
        mailed = Documents(find_stack()).mail(request)
    if as_json:
        print_json(mailed)
    else:
        out.print(f"Mailed {mailed['number']} ({mailed['mail_id']}).")


@app.command("seller")
def seller(
    name: Annotated[str | None, typer.Option(help="Name of the shop.")] = None,
    street: Annotated[str | None, typer.Option(help="Street and number.")] = None,
    postal_code: Annotated[str | None, typer.Option(help="Postal code.")] = None,
    city: Annotated[str | None, typer.Option(help="City.")] = None,
    country: Annotated[str | None, typer.Option(help="Country, by its ISO 3166 code.")] = None,
    vat_id: Annotated[str | None, typer.Option(help="VAT id.")] = None,
    registration: Annotated[str | None, typer.Option(help="Such as the number in a register.")] = None,
    email: Annotated[str | None, typer.Option(help="Email address.")] = None,
    footer: Annotated[str | None, typer.Option(help="Last line of each document.")] = None,
    as_json: AsJson = False,
) -> None:
    """Set the shop as it is printed on documents, or show it. Fields that are not named stay.

    Examples:

        till invoice seller --name "Tillflow Coffee" --street "Hauptstr. 1" --city Berlin --country DE

        till invoice seller
    """
    from till.services.billing import Documents

    named = {
        "name": name,
        "street": street,
        "postal_code": postal_code,
        "city": city,
        "country": country,
        "vat_id": vat_id,
        "registration": registration,
        "email": email,
        "footer": footer,
    }
    changes = {field: value for field, value in named.items() if value is not None}
    documents = Documents(find_stack())
    with operator_errors("See `till invoice seller --help`."):
        shop = documents.update_seller(changes) if changes else documents.seller()
    if as_json:
        print_json(shop.model_dump())
    else:
        print_fields("Seller", shop.model_dump(exclude_none=True))
