"""`till order`: place, cancel, list and show customer orders."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from till import workflows
from till.commands.returns import return_row
from till.days import FirstDay, LastDay, typed_period
from till.errors import operator_errors
from till.files import read_object
from till.order_output import (
    REVERSED_STATES,
    is_settled_by_hand,
    print_documents,
    print_order,
    print_returns,
    print_tenders,
)
from till.output import money, out, print_json, styled, timestamp
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import Stack, find_stack
from till.waiting import Wait, not_stopped, wait_for_order, waiting_for

if TYPE_CHECKING:
    from cases.models import Case
    from executions.models import ExecutionProgress
    from orders.models import Order
    from payments.models import Tender

app = typer.Typer(no_args_is_help=True, help="Customer orders: place, cancel, receipt, list, show.")

OrderId = Annotated[str, typer.Argument(help="Order id.")]

_COLUMNS = (
    "order_id",
    "placed_at",
    "location",
    "status",
    "customer_id",
    "total",
    "currency",
    "invoice_number",
)

# The cases in which a failed reversal of an order's payment waits: of its checkout and of its cancel.
_REVERSAL = "ReversePayment"
_REVERSAL_CASES = ("{}#compensation", f"{{}}#cancel#{_REVERSAL}")
_TAKEN_BACK = ("REJECTED", "CANCELLED")


@app.command("place")
def place(
    file: Annotated[Path, typer.Argument(help="JSON file of the order; see docs/examples/order.json.")],
    order_id: Annotated[
        str, typer.Option("--id", help="Order id, which is the idempotency key; by default that of the file.")
    ] = "",
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Start the checkout of an order. An order without an id gets a new one.

    The same order again starts nothing.

    Examples:

        till order place docs/examples/order.json --wait

        till order place docs/examples/order.json --id ord-1 --json
    """
    from till.cashier import cashier_message
    from till.services.orders import Orders

    stack = find_stack()
    request = read_order(file)
    known = order_id or request.get("order_id")
    order_id = request["order_id"] = workflows.new_id("ord") if known is None else known
    shown = f"till order show {order_id}"
    with operator_errors("See docs/examples/order.json for an example of an order."):
        if "placed_at" not in request:
            request["placed_at"] = (known and Orders(stack).placed_at(known)) or workflows.now()
        with not_stopped(order_id, shown):
            started = Orders(stack).place(request)
    result: dict[str, Any] = {
        "order_id": order_id,
        "execution_arn": started.arn,
        "duplicate": started.duplicate,
    }
    if wait:
        with waiting_for(order_id, shown):
            final = ("PAID", "REJECTED", "CANCELLED")
            result |= _ending(wait_for_order(stack, order_id, started.arn, final))
        if "error" in result:
            result["cashier_message"] = cashier_message(result["error"])
    if as_json:
        print_json(result)
    else:
        _print_placed(result)
    if wait and result["status"] != "SUCCEEDED":
        raise typer.Exit(1)


@app.command("cancel")
def cancel(
    order_id: OrderId,
    reason: Annotated[str, typer.Option(help="Reason, printed on the credit note.")] = "cancelled",
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Cancel an order before, during or after its payment: payment, stock, invoice and journal are reversed.

    A second cancel changes nothing.

    Examples:

        till order place docs/examples/order.json --id ord-2 --wait

        till order cancel ord-2 --wait

        till order cancel ord-2 --reason "wrong size" --json
    """
    from till.services.orders import Orders

    stack = find_stack()
    with operator_errors("`till order show` shows an order."):
        started = Orders(stack).cancel(order_id, reason)
    result: dict[str, Any] = {
        "order_id": order_id,
        "execution_arn": started.arn,
        "duplicate": started.duplicate,
    }
    if wait:
        with waiting_for(f"the cancel of {order_id}", f"till order show {order_id}"):
            result |= _ending(wait_for_order(stack, order_id, started.arn, ("CANCELLED", "REJECTED")))
    if as_json:
        print_json(result)
    else:
        _print_cancelled(result)
    if wait and (result["status"] != "SUCCEEDED" or result["output"]["status"] == "PAID"):
        raise typer.Exit(1)


@app.command("receipt")
def receipt(order_id: OrderId) -> None:
    """Print the receipt of a paid order, for a roll of 80 mm. It is rendered once, and stored.

    Example:

        till order place docs/examples/order.json --id ord-1 --wait

        till order receipt ord-1
    """
    from till.services.billing import Documents

    with operator_errors("`till order show` shows an order; `till invoice seller` sets the shop's address."):
        text = Documents(find_stack()).receipt(order_id)
    for line in text.splitlines():
        out.print(line)


@app.command("list")
def list_orders(
    location: Annotated[str, typer.Option(help="Only those of a location.")] = "",
    customer: Annotated[str, typer.Option(help="Only those of a customer, by its id.")] = "",
    status: Annotated[str, typer.Option(help="Only those with a status, such as PAID.")] = "",
    first: FirstDay = None,
    last: LastDay = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    page: Page = 1,
    page_size: PageSize = 50,
) -> None:
    """List the orders, the newest first; days are those of their placement, in UTC.

    Examples:

        till order list --status PAID --from 2026-11-01 --to 2026-11-30

        till order list --location store-1 --csv
    """
    from tillflow.listing import every

    from till.services.orders import Orders

    with operator_errors("See all orders with `till order list`."):
        first_day, last_day = typed_period(first, last)
        fetch = partial(
            Orders(find_stack()).list_orders,
            100,
            location=location or None,
            customer_id=customer or None,
            status=status.upper() or None,
            first_day=first_day,
            last_day=last_day,
        )
        formats = {
            "placed_at": lambda row: timestamp(row["placed_at"]),
            "total": lambda row: money(row["total"], row["currency"]),
        }
        rows = (one.model_dump() for one in every(fetch))
        print_report("Orders", _COLUMNS, rows, as_json, as_csv, page, page_size, formats)


@app.command("show")
def show(order_id: OrderId, as_json: AsJson = False) -> None:
    """Show an order: lines, totals, tenders, returns, invoice, credit notes, journal entries and execution.

    A tender that a person has paid back without the system is settled by hand; its state is that of the system.

    Example:

        till order place docs/examples/order.json --id ord-1 --wait

        till order show ord-1
    """
    from till.services.billing import Billing
    from till.services.orders import Orders, Returns

    stack = find_stack()
    with operator_errors("Check the number on the receipt: no checkout of this id was started."):
        order = Orders(stack).get(order_id)
    billing = Billing(stack)
    invoice, note = billing.invoice(order_id), billing.credit_note(order_id)
    tenders, entries = billing.tenders(order_id), billing.entries(order_id)
    settlement = _settlement_by_hand(stack, order, tenders)
    returns = Returns(stack).list_of_order(order_id) if order.paid_at else []
    if as_json:
        print_json(
            {
                "order": order.model_dump(exclude_none=True),
                "invoice": invoice.model_dump(exclude_none=True) if invoice else None,
                "credit_note": note.model_dump() if note else None,
                "tenders": [
                    {name: value for name, value in asdict(tender).items() if name != "refunds"}
                    | {"settled_by_hand": is_settled_by_hand(tender, settlement)}
                    for tender in tenders
                ],
                "settlement": _settlement_fields(settlement),
                "returns": [return_row(one) for one in returns],
                "entries": [asdict(entry) for entry in entries],
            }
        )
        return
    print_order(order)
    print_tenders(tenders, settlement)
    print_returns(returns)
    print_documents(invoice, note, entries)


def read_order(file: Path) -> dict[str, Any]:
    """Return the order in a JSON file; OperatorError."""
    advice = "An order is a JSON object with lines and tenders, such as docs/examples/order.json."
    return read_object(file, "an order", advice)


def _ending(execution: ExecutionProgress) -> dict[str, Any]:
    ending = execution.model_dump(include={"status", "error", "cause"}, exclude_none=True)
    return ending | ({} if execution.output is None else {"output": json.loads(execution.output)})


def _print_placed(result: dict[str, Any]) -> None:
    from tillflow.executions import error_message

    order_id = result["order_id"]
    if result["duplicate"]:
        out.print(f"{order_id} was placed before; no checkout was started.")
    match result.get("status"):
        case None:
            out.print(f"The checkout of {order_id} has started. Follow it with `till history {order_id}`.")
        case "SUCCEEDED":
            sale = result["output"]
            total = money(sale["total"], sale["currency"])
            out.print(styled(f"{order_id} is paid:", "green"), f"{total}, invoice {sale['invoice_number']}.")
        case "RUNNING":
            _print_open_case(order_id)
        case status:
            out.print(styled(f"{order_id} is not paid:", "red"), result.get("cashier_message", status))
            out.print(f"  {result.get('error', status)}: {error_message(result.get('cause', ''))}")


def _print_cancelled(result: dict[str, Any]) -> None:
    from tillflow.executions import error_message

    order_id = result["order_id"]
    if result["duplicate"]:
        out.print(f"A cancel of {order_id} was started before; no other was started.")
    match result.get("status"):
        case None:
            started = "" if result["duplicate"] else f"The cancel of {order_id} has started. "
            out.print(f"{started}Follow it with `till history {result['execution_arn']}`.")
        case "SUCCEEDED" if result["output"]["status"] == "PAID":
            out.print(
                styled(f"{order_id} is not cancelled:", "red"),
                "units of it were returned or shipped, or returned units paid for it.",
            )
        case "SUCCEEDED" if result["output"]["status"] == "REJECTED":
            out.print(f"{order_id} was rejected: there is nothing to cancel.")
        case "SUCCEEDED":
            note = result["output"]["credit_note_number"]
            number = f"Credit note {note}." if note else ""
            out.print(styled(f"{order_id} is cancelled.", "green"), number)
        case "RUNNING":
            _print_open_case(order_id)
        case status:
            cause = error_message(result.get("cause") or str(status))
            out.print(styled(f"{order_id} is not cancelled:", "red"), cause)


def _settlement_by_hand(stack: Stack, order: Order, tenders: list[Tender]) -> Case | None:
    """Return the case by which a person settled the tenders of an order that was taken back.

    None if there is none, and for a person who may not read cases.
    """
    from botocore.exceptions import ClientError

    from till.services.cases import Cases

    if order.status not in _TAKEN_BACK or all(tender.state in REVERSED_STATES for tender in tenders):
        return None
    try:
        cases = [Cases(stack).find(case_id.format(order.order_id)) for case_id in _REVERSAL_CASES]
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return None
    return next(
        (case for case in cases if case and case.decision == "done" and _REVERSAL in case.steps), None
    )


def _settlement_fields(settlement: Case | None) -> dict[str, Any] | None:
    if settlement is None:
        return None
    return settlement.model_dump(include={"case_id", "note", "resolved_by", "resolved_at"})


def _print_open_case(order_id: str) -> None:
    out.print(styled(f"A case of {order_id} is open:", "yellow"), "see `till case list`.")
