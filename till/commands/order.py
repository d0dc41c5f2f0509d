"""`till order`: send an order through the checkout, cancel it, and see what became of it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from tillflow.store import Item, unmarshal

from audit.snapshot import document
from till import workflows
from till.errors import OperatorError
from till.history import sentence
from till.output import err, money, out, print_json, print_table
from till.stack import Stack, find_stack

app = typer.Typer(no_args_is_help=True, help="Place orders, cancel them, look them up.")


@app.command("place")
def place(
    file: Annotated[Path, typer.Argument(help="The order as JSON; see events/order_checkout.json.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the order is paid or rejected.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Send an order through the checkout. Without an `order_id` in the file a new one is made.

    Sending the same order again sells nothing twice. With --wait, exit 1 when the order is not paid.

    Examples:

        till order place events/order_checkout.json --wait

        till order place order.json --json
    """
    stack = find_stack()
    request = _read(file)
    order_id = str(request.setdefault("order_id", workflows.new_id("ord")))
    request.setdefault("placed_at", workflows.now())
    started = workflows.start(stack, "OrderCheckout", order_id, request)
    answer: dict[str, Any] = {
        "order_id": order_id,
        "execution_arn": started.arn,
        "duplicate": started.duplicate,
    }
    if wait:
        with err.status(f"Waiting for {order_id}"):
            execution = workflows.wait(stack, started.arn)
        answer |= _ending(execution)
    if as_json:
        print_json(answer)
    else:
        _tell(answer)
    if wait and answer["status"] != "SUCCEEDED":
        raise typer.Exit(1)


@app.command("cancel")
def cancel(
    order_id: Annotated[str, typer.Argument(help="The order's id.")],
    reason: Annotated[str, typer.Option(help="Why; printed on the credit note.")] = "cancelled",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the order is cancelled.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Cancel an order, before, during or after its payment: money, stock, invoice and books are put back.

    Cancelling again changes nothing. With --wait, exit 1 when the cancel failed or waits for a person.

    Examples:

        till order cancel ord-20261123T101500-5f0c1a2b --wait

        till order cancel ord-20261123T101500-5f0c1a2b --reason "wrong size" --json
    """
    stack = find_stack()
    workflows.find(stack, order_id)  # an order nobody placed is said so at once
    request = {"order_id": order_id, "reason": reason}
    started = workflows.start_again(stack, "OrderCancel", order_id, request)
    answer: dict[str, Any] = {
        "order_id": order_id,
        "execution_arn": started.arn,
        "duplicate": started.duplicate,
    }
    if wait:
        with err.status(f"Waiting for the cancel of {order_id}"):
            execution = workflows.wait(stack, started.arn)
        answer |= _ending(execution)
    if as_json:
        print_json(answer)
    else:
        _tell_cancel(answer)
    if wait and answer["status"] != "SUCCEEDED":
        raise typer.Exit(1)


@app.command("show")
def show(
    order_id: Annotated[str, typer.Argument(help="The order's id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the order as JSON.")] = False,
) -> None:
    """Show an order: its lines and totals, how it was paid, its invoice, its cases, its execution.

    Example:

        till order show ord-20261123T101500-5f0c1a2b
    """
    stack = find_stack()
    order = stack.row("OrdersTable", f"ORDER#{order_id}", "ORDER")
    execution = None if order else workflows.find(stack, order_id)[0]
    found = {
        "order": order or {"order_id": order_id, "status": "REJECTED", **_ending(execution or {})},
        "invoice": stack.row("BillingTable", f"INVOICE#{order_id}", "INVOICE"),
        "tenders": sorted(
            _rows(stack, "PaymentsTable", f"ORDER#{order_id}", "TENDER#"), key=lambda row: row["tender_no"]
        ),
        "entry": stack.row("LedgerTable", f"ENTRY#{order_id}#sale", "ENTRY"),
    }
    if as_json:
        print_json({name: _readable(value) for name, value in found.items()})
    else:
        _show(found)


def _read(file: Path) -> dict[str, Any]:
    try:
        request = json.loads(file.read_text())
    except OSError as error:
        raise OperatorError(
            f"{file} cannot be read: {error.strerror}.", "Give the path of a JSON file."
        ) from error
    except ValueError as error:
        raise OperatorError(
            f"{file} is not JSON: {error}.", "See events/order_checkout.json for what an order looks like."
        ) from error
    if not isinstance(request, dict):
        raise OperatorError(f"{file} holds no order.", "An order is a JSON object with lines and tenders.")
    return request


def _ending(execution: dict[str, Any]) -> dict[str, Any]:
    ending = {"status": execution.get("status")}
    for name in ("error", "cause"):
        if name in execution:
            ending[name] = execution[name]
    if "output" in execution:
        ending["output"] = json.loads(execution["output"])
    return ending


def _tell(answer: dict[str, Any]) -> None:
    order_id = answer["order_id"]
    if answer["duplicate"]:
        out.print(f"{order_id} had been sent before; nothing was started.", highlight=False)
    match answer.get("status"):
        case None:
            out.print(f"{order_id} is on its way. Follow it with `till history {order_id}`.", highlight=False)
        case "SUCCEEDED":
            sale = answer["output"]
            out.print(
                f"[green]{order_id} is paid[/]: {money(sale['total'], sale['currency'])}, "
                f"invoice {sale['invoice_number']}.",
                highlight=False,
            )
        case "RUNNING":
            out.print(f"[yellow]{order_id} waits for a person[/]: see `till case list`.", highlight=False)
        case _:
            out.print(
                f"[red]{order_id} is not paid[/]: {escape(sentence(answer.get('cause') or answer['status']))}",
                highlight=False,
                soft_wrap=True,
            )


def _tell_cancel(answer: dict[str, Any]) -> None:
    order_id = answer["order_id"]
    if answer["duplicate"]:
        out.print(f"A cancel of {order_id} had been started before; no other was.", highlight=False)
    match answer.get("status"):
        case None:
            out.print(
                f"{order_id} is being cancelled. Follow it with `till history {answer['execution_arn']}`.",
                highlight=False,
                soft_wrap=True,
            )
        case "SUCCEEDED" if answer["output"]["status"] == "REJECTED":
            out.print(f"{order_id} had been refused: there was nothing to cancel.", highlight=False)
        case "SUCCEEDED":
            note = answer["output"]["credit_note_number"]
            out.print(
                f"[green]{order_id} is cancelled[/]" + (f", credit note {note}." if note else "."),
                highlight=False,
            )
        case "RUNNING":
            out.print("[yellow]The cancel waits for a person[/]: see `till case list`.", highlight=False)
        case _:
            out.print(
                f"[red]{order_id} is not cancelled[/]: {escape(sentence(answer.get('cause') or answer['status']))}",
                highlight=False,
                soft_wrap=True,
            )


def _show(found: dict[str, Any]) -> None:
    order, invoice = found["order"], found["invoice"]
    currency = order.get("currency", "EUR")
    out.print(f"[bold]{order['order_id']}[/]  {order['status']}", highlight=False)
    for name in ("placed_at", "location", "execution", "reason", "cause", "error"):
        if order.get(name):
            out.print(f"  {name}: {escape(sentence(order[name]))}", highlight=False, soft_wrap=True)
    if "document" in order:
        priced = document(order)
        print_table(
            "Lines",
            ("sku!", "description", "qty>", "unit price>", "discount>", "tax>", "total>"),
            [
                (
                    line["sku"],
                    line["description"],
                    line["quantity"],
                    money(line["unit_price"], currency),
                    money(line["line_discount"] + line["order_discount"], currency),
                    money(line["tax"], currency),
                    money(line["total"], currency),
                )
                for line in priced["lines"]
            ],
        )
        out.print(f"  total: {money(priced['totals']['total'], currency)}", highlight=False)
    if found["tenders"]:
        print_table(
            "Tenders",
            ("no>", "type", "state", "amount>", "captured>", "refunded>"),
            [
                (
                    tender["tender_no"],
                    tender["type"],
                    tender["state"],
                    money(tender["amount"], currency),
                    money(tender.get("captured", 0), currency),
                    money(tender.get("refunded", 0), currency),
                )
                for tender in found["tenders"]
            ],
        )
    if invoice:
        number = invoice.get("invoice_number") or invoice.get("number") or "no number"
        out.print(f"  invoice: {invoice['status']}, {number}", highlight=False)
    if found["entry"]:
        out.print(f"  journal entry: {found['entry']['entry_id']}", highlight=False)


def _readable(value: Any) -> Any:
    if isinstance(value, list):
        return [_readable(item) for item in value]
    readable = {name: inner for name, inner in value.items() if name not in ("pk", "sk")}
    return readable | ({"document": document(value)} if "document" in value else {})


def _rows(stack: Stack, table: str, pk: str, sk_prefix: str) -> list[Item]:
    pages = (
        stack.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=stack.output(table),
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": pk}, ":sk": {"S": sk_prefix}},
            ConsistentRead=True,
        )
    )
    return [unmarshal(item) for page in pages for item in page["Items"]]
