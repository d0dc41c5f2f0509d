"""`till return`: return units of a paid order."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from till import workflows
from till.defaults import CURRENCY, CURRENCY_VARIABLE, LOCATION, LOCATION_VARIABLE
from till.errors import OperatorError, operator_errors
from till.numbers import whole_number
from till.output import money, out, print_json, print_table, styled, timestamp
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import Stack, find_stack
from till.waiting import not_stopped, waiting_for

if TYPE_CHECKING:
    from executions.models import ExecutionProgress
    from orders.models import Order
    from orders.returns.models import Return
    from tillflow.executions import Started

app = typer.Typer(
    no_args_is_help=True, help="Returns, with or without a receipt: create, list, show, release."
)

UNRECEIPTED_LINE = "SKU=QUANTITY or SKU=QUANTITY:damaged"
LINE = "LINE=QUANTITY or LINE=QUANTITY:damaged; LINE is a line number or a SKU"
_CREDITED = {"store_credit": "credited as store credit", "on_account": "credited to the customer's account"}
"""Types of tenders that a return gives no money back to."""
_BY_HAND = "released by an operator"
_UNEXPECTED = "The return was refused. Call the operator."
COLUMNS = ("return_id", "status", "claimed_at", "total", "currency", "credit_note_number", "reason")


@app.command("create")
def create(
    order_id: Annotated[str, typer.Argument(help="Order id.")],
    line: Annotated[list[str], typer.Option(help=f"{LINE}. Once per line.")],
    reason: Annotated[str, typer.Option(help="Reason, printed on the credit note.")] = "returned",
    credit: Annotated[
        bool, typer.Option("--credit", help="Refund as store credit instead of to the tenders.")
    ] = False,
    customer: Annotated[
        str, typer.Option(help="Customer of the store credit, for an order without one.")
    ] = "",
    manager: Annotated[
        str, typer.Option(help="Manager who allows a return after the return window; needs --note.")
    ] = "",
    note: Annotated[str, typer.Option(help="Why the manager allows it.")] = "",
    return_id: Annotated[str, typer.Option("--id", help="Return id, which is the idempotency key.")] = "",
    as_json: AsJson = False,
) -> None:
    """Return units of a paid order: they are refunded, credited, and restocked or written off.

    The same return again starts nothing. Exit 1 unless the return is completed.

    Examples:

        till order place docs/examples/order.json --id ord-3 --wait

        till return create ord-3 --line MUG-WHT-300=1 --reason "wrong colour"

        till return create ord-3 --line 1=1:damaged --credit --customer cus-ada
    """
    from till.services.orders import Orders, Returns

    stack = find_stack()
    name = return_id or workflows.new_id("ret")
    with operator_errors("`till order show` shows an order."):
        order = Orders(stack).get(order_id)
    request = {
        "return_id": name,
        "order_id": order_id,
        "currency": order.currency,
        "lines": [requested_line(text, order, reason) for text in line],
        "refund": "store_credit" if credit else "original",
        "customer_id": customer or None,
        "override_note": note or None,
    }
    if bool(manager) != bool(note):
        raise OperatorError("A return after the return window needs a manager and a note.", "Give both.")
    with operator_errors("See `till return create --help`."), not_stopped(name, _shown(name)):
        started = Returns(stack).create(request, manager)
    _report(stack, name, started, as_json)


@app.command("create-without-receipt")
def create_without_receipt(
    line: Annotated[list[str], typer.Option(help=f"{UNRECEIPTED_LINE}. Once per SKU.")],
    customer: Annotated[str, typer.Option(help="Customer who gets the store credit.")],
    manager: Annotated[str, typer.Option(help="Manager who allows it.")],
    note: Annotated[str, typer.Option(help="Why the manager allows it.")],
    location: Annotated[
        str, typer.Option(envvar=LOCATION_VARIABLE, help="Location where the units come back.")
    ] = LOCATION,
    register: Annotated[str, typer.Option(help="Register where the units come back.")] = "back-office",
    currency: Annotated[
        str, typer.Option(envvar=CURRENCY_VARIABLE, help="Currency of the credit.")
    ] = CURRENCY,
    reason: Annotated[str, typer.Option(help="Reason, printed on the credit note.")] = "returned",
    return_id: Annotated[str, typer.Option("--id", help="Return id, which is the idempotency key.")] = "",
    as_json: AsJson = False,
) -> None:
    """Accept units without a receipt: their lowest price of the last days becomes store credit of the customer.

    `till product price-days` sets the days. Exit 1 unless the return is completed.

    Example:

        till return create-without-receipt --line MUG-WHT-300=1 --customer cus-ada --manager mia --note "a gift"
    """
    from till.services.inventory import Stock
    from till.services.orders import Returns

    stack = find_stack()
    name = return_id or workflows.new_id("ret")
    request = {
        "return_id": name,
        "location": location,
        "register": register,
        "currency": currency,
        "lines": [{**_units(text, UNRECEIPTED_LINE), "reason": reason} for text in line],
        "customer_id": customer,
        "note": note,
    }
    with operator_errors("See `till return create-without-receipt --help`."):
        Stock(stack).check_location(location)
        with not_stopped(name, _shown(name)):
            started = Returns(stack).create_without_receipt(request, manager)
    _report(stack, name, started, as_json)


def _shown(name: str) -> str:
    return f"till return show {name}"


def _report(stack: Stack, name: str, started: Started, as_json: bool) -> None:
    """Wait for the end of a return and print it; exit 1 unless it is completed."""
    with waiting_for(name, _shown(name)):
        execution = workflows.wait(stack, started.arn)
    result = {
        "return_id": name,
        "execution_arn": started.arn,
        "duplicate": started.duplicate,
        "status": execution.status,
        "error": execution.error,
    }
    if as_json:
        print_json(result)
    else:
        _print_created(stack, name, execution)
    if execution.status != "SUCCEEDED":
        raise typer.Exit(1)


@app.command("list")
def list_returns(
    order_id: Annotated[str, typer.Argument(help="Order id.")],
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    page: Page = 1,
    page_size: PageSize = 50,
) -> None:
    """List the returns of an order, the oldest first.

    Of those that claimed units and were then refused the last 20 are listed, with the error as their reason.

    Example:

        till order place docs/examples/order.json --id ord-1 --wait

        till return list ord-1
    """
    from till.services.orders import Returns

    with operator_errors("`till order show` shows an order."):
        returns = Returns(find_stack()).list_of_order(order_id)
    rows = [return_row(one) for one in returns]
    formats = {
        "claimed_at": lambda row: timestamp(row["claimed_at"] or ""),
        "total": lambda row: money(row["total"], row["currency"]),
    }
    print_report(f"Returns of {order_id}", COLUMNS, rows, as_json, as_csv, page, page_size, formats)


@app.command("show")
def show(return_id: Annotated[str, typer.Argument(help="Return id.")], as_json: AsJson = False) -> None:
    """Show a return: its lines, refunds and credit note.

    Example:

        till order place docs/examples/order.json --id ord-4 --wait

        till return create ord-4 --line MUG-WHT-300=1 --id ret-1

        till return show ret-1
    """
    from till.services.orders import Returns

    with operator_errors("List the returns of an order with `till return list`."):
        stored = Returns(find_stack()).get(return_id)
    if as_json:
        print_json(stored.model_dump(mode="json", exclude_none=True))
        return
    _print_return(stored)


@app.command("release")
def release(return_id: Annotated[str, typer.Argument(help="Return id.")], as_json: AsJson = False) -> None:
    """Give the units that an ended return still claims back to its order.

    For what `till audit` names after an execution was aborted or its case given up. A return that is refunded, or whose
    refund has begun, is refused; so is one whose execution runs, and one of an exchange.

    Example:

        till order place docs/examples/order.json --id ord-4 --wait

        till return create ord-4 --line MUG-WHT-300=99 --id ret-2 || till return release ret-2
    """
    from orders.returns.models import ReleaseReturn
    from orders.returns.store import ReturnsStore
    from payments.refunds.models import RefundPayment
    from payments.refunds.store import RefundStore
    from tillflow.parsing import parse

    from till.services.orders import Returns

    stack = find_stack()
    with operator_errors("List the returns of an order with `till return list`."):
        stored = Returns(stack).get(return_id)
    if stored.status == "COMPLETED":
        raise OperatorError(f"return {return_id} is COMPLETED.", "What it refunded is not taken back.")
    if stored.status == "CLAIMED":
        claim, execution = _ended_claim(stack, stored)
        sent = {name: claim[name] for name in ("return_id", "order_id", "currency", "refund", "customer_id")}
        # A repair after an audit, as that of stock is. The refund is refused first: one in flight finds that.
        refund = RefundStore(stack.client("dynamodb"), stack.output("PaymentsTable")).refuse(
            parse(RefundPayment, {**sent, "amount": claim["totals"]["total"]}), _BY_HAND
        )
        if refund.state != "REFUSED":
            raise OperatorError(
                f"the refund of return {return_id} is {refund.state}.",
                "Its units were paid back, or will be: `till execution redrive` completes the return.",
            )
        released = ReleaseReturn(
            return_id=return_id, execution=execution, error="GivenUp", cause=f"The return was {_BY_HAND}."
        )
        ReturnsStore(stack.client("dynamodb"), stack.output("OrdersTable")).release(released)
    if as_json:
        print_json({"return_id": return_id, "status": "RELEASED", "released": stored.status == "CLAIMED"})
    else:
        claimed = "is released" if stored.status == "CLAIMED" else "claims nothing"
        out.print(f"{return_id} {claimed}.")


def _ended_claim(stack: Stack, stored: Return) -> tuple[dict[str, Any], str]:
    """Return the claim of a return whose execution has ended, and that execution. OperatorError for another."""
    from tillflow.executions import describe_execution

    arn = stored.execution or ""
    execution = describe_execution(stack.client("stepfunctions"), arn)
    if stored.document is None or (execution and execution["status"] == "RUNNING"):
        raise OperatorError(
            f"return {stored.return_id} is in progress.",
            "Its workflow releases or completes it; `till case list` shows what it waits for.",
        )
    if not arn.endswith(f":{stored.return_id}"):
        raise OperatorError(
            f"return {stored.return_id} is of an exchange, whose sale its units may have paid.",
            f"`till exchange show {stored.return_id}` shows it; `till execution redrive` completes it.",
        )
    return stored.document, arn


def _print_return(stored: Return) -> None:
    from tillflow.executions import error_message

    sale = f"order {stored.order_id}" if stored.order_id else "without a receipt"
    out.print(styled(stored.return_id, "bold"), f"{stored.status}, {sale}")
    for label in ("claimed_at", "completed_at", "credit_note_number", "reason", "cause"):
        if value := getattr(stored, label):
            text = timestamp(value) if label.endswith("_at") else error_message(value)
            out.print(f"  {label}: {text}")
    if override := (stored.request or {}).get("override"):
        out.print(f"  allowed by {override['manager']}: {override['note']}")
    currency = stored.currency or ""
    if stored.document:
        print_table(
            "Lines",
            ("line>", "sku!", "qty>", "condition", "reason", "tax>", "total>"),
            [
                (
                    line["line_no"],
                    line["sku"],
                    line["quantity"],
                    line["condition"],
                    line["reason"],
                    money(line["tax"], currency),
                    money(line["total"], currency),
                )
                for line in stored.document["lines"]
            ],
        )
    if stored.refunds:
        print_table(
            "Refunds",
            ("tender>", "type", "amount>"),
            [(part.tender_no or "", part.type, money(part.amount, currency)) for part in stored.refunds],
        )


def _print_created(stack: Stack, name: str, execution: ExecutionProgress) -> None:
    from tillflow.executions import error_message

    from till.cashier import cashier_message
    from till.services.orders import Returns

    match execution.status:
        case "SUCCEEDED":
            stored = Returns(stack).get(name)
            out.print(styled(f"{name} is completed:", "green"), f"{_settlement(stored)}.")
        case "RUNNING":
            out.print(styled(f"A case of {name} is open:", "yellow"), "see `till case list`.")
        case status:
            error = execution.error or status
            out.print(styled(f"{name} is refused:", "red"), cashier_message(error, _UNEXPECTED))
            out.print(f"  {error}: {error_message(execution.cause or '')}")


def _settlement(stored: Return) -> str:
    """Return what the customer got for a completed return, and where it went."""
    amounts: Counter[str] = Counter()
    for part in stored.refunds or ():
        amounts[_CREDITED.get(part.type, "refunded")] += part.amount
    currency = stored.currency or ""
    parts = [f"{money(amount, currency)} {went}" for went, amount in amounts.items()]
    return ", ".join(parts) or f"{money(stored.total or 0, currency)} refunded"


def return_row(stored: Return) -> dict[str, Any]:
    """Return the fields of a return that a list of returns has."""
    return {name: getattr(stored, name) for name in COLUMNS}


def requested_line(text: str, order: Order, reason: str) -> dict[str, Any]:
    """Return the line of a return that an option names; OperatorError unless it is one line of the order."""
    units = _units(text, LINE)
    name = units["sku"]
    sold = [
        line
        for line in (order.document or {}).get("lines", ())
        if name in (line["sku"], str(line["line_no"]))
    ]
    if len(sold) != 1:
        problem = "is on several lines" if sold else "is no line or SKU"
        raise OperatorError(f"{name!r} {problem} of the order.", "`till order show` shows its lines.")
    return {"line_no": sold[0]["line_no"], **units, "sku": sold[0]["sku"], "reason": reason}


def _units(text: str, accepted: str) -> dict[str, Any]:
    name, _, rest = text.partition("=")
    quantity, _, condition = rest.partition(":")
    try:
        units = whole_number(quantity)
    except ValueError:
        units = -1
    if units < 0 or condition not in ("", "resell", "damaged"):
        raise OperatorError(f"Invalid line {text!r}.", f"Use {accepted}.")
    return {"sku": name, "quantity": units, "condition": condition or "resell"}
