"""`till transfer`: goods on their way from one location to another."""

from datetime import UTC
from typing import Annotated, Any

import typer
from inventory.transfers.models import Arrival, OpenTransfer, Transfer
from tillflow.errors import InvalidTransfer
from tillflow.parsing import parse

from till import workflows
from till.errors import OperatorError
from till.history import sentence
from till.output import out, print_json, print_table
from till.purchasing import operator_errors
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.shop import CURRENCY
from till.stack import find_stack
from till.transfers import desk, transfers

app = typer.Typer(no_args_is_help=True, help="Move goods between locations: request, ship, receive, cancel.")

TransferId = Annotated[str, typer.Argument(help="The transfer's id.")]
ADVICE = "`till transfer show` shows how the transfer stands."
COLUMNS = (
    "transfer_id", "status", "source", "destination", "requested_at", "quantity", "received", "lost", "in_transit",
)  # fmt: skip


@app.command("request")
def request(
    line: Annotated[list[str], typer.Option(help="SKU=QUANTITY; once per SKU.")],
    source: Annotated[str, typer.Option("--from", help="The location the goods leave.")],
    destination: Annotated[str, typer.Option("--to", help="The location they go to.")],
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    currency: Annotated[str, typer.Option(help="Of the stock's value, ISO 4217.")] = CURRENCY,
    transfer_id: Annotated[str, typer.Option("--id", help="Given again, it is one transfer.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ask for goods from another location: they are promised there and on order here until they leave.

    Example:

        till transfer request --from warehouse --to store-1 --line COF-ESP-1KG=24 --line MUG-WHT-300=12
    """
    stack = find_stack()
    name = transfer_id or workflows.new_id("trf")
    asked = {
        "source": source,
        "destination": destination,
        "currency": currency,
        "lines": [_wanted(text) for text in line],
        "reason": reason,
    }
    with operator_errors("See `till transfer request --help`."):
        parse(OpenTransfer, {"transfer_id": name, **asked}, InvalidTransfer)
    started = workflows.start(stack, "StockTransfer", name, asked)
    execution = workflows.wait(stack, started.arn)
    if as_json:
        print_json({"transfer_id": name, "execution_arn": started.arn, "status": execution["status"]})
    elif execution["status"] in workflows.FAILED:
        raise OperatorError(f"{name}: {sentence(execution.get('cause', execution['status']))}.", ADVICE)
    else:
        out.print(
            f"{name}: promised at {source}. Say when it leaves: `till transfer ship {name}`.", highlight=False
        )


@app.command("ship")
def ship(transfer_id: TransferId) -> None:
    """The goods left their source: its stock is without them, and they are in transit.

    Example:

        till transfer ship trf-20261123T101500-5f0c1a2b
    """
    with operator_errors(ADVICE):
        found = desk(find_stack()).ship(transfer_id)
    out.print(f"{transfer_id} is on its way to {found.destination}.", highlight=False)


@app.command("receive")
def receive(
    transfer_id: TransferId,
    line: Annotated[list[str], typer.Option(help="SKU=QUANTITY, or SKU=QUANTITY-LOST.")] = [],  # noqa: B006
    arrival: Annotated[str, typer.Option(help="The delivery's id; the same counts once.")] = "",
    close: Annotated[bool, typer.Option("--close", help="Nothing more comes: the rest is lost.")] = False,
) -> None:
    """Goods came at their destination, in as many parts as they come; lost ones are written off.

    Examples:

        till transfer receive trf-20261123T101500-5f0c1a2b --line COF-ESP-1KG=12 --arrival van-1

        till transfer receive trf-20261123T101500-5f0c1a2b --line MUG-WHT-300=10-2

        till transfer receive trf-20261123T101500-5f0c1a2b --close
    """
    if not line and not close:
        raise OperatorError("Nothing is said to have come.", "Give a --line for each SKU, or --close.")
    told = desk(find_stack())
    came = arrival or workflows.new_id("arr")
    with operator_errors(ADVICE):
        if line:
            noted = {
                "arrival_id": came,
                "arrived_at": workflows.now(),
                "lines": [_arrived(text) for text in line],
            }
            found = told.receive(transfer_id, parse(Arrival, noted, InvalidTransfer))
        if close:
            found = told.lose_rest(transfer_id, f"{came}-rest")
    rest = sum(one.in_transit for one in found.lines)
    out.print(f"Noted for {transfer_id}: {rest} units are still in transit.", highlight=False)


@app.command("cancel")
def cancel(transfer_id: TransferId, reason: Annotated[str, typer.Option(help="Why.")] = "cancelled") -> None:
    """Undo a transfer whose goods did not leave yet: its source has them back.

    Example:

        till transfer cancel trf-20261123T101500-5f0c1a2b --reason "the van broke down"
    """
    with operator_errors(ADVICE):
        desk(find_stack()).cancel(transfer_id, reason)
    out.print(f"{transfer_id} is being cancelled.", highlight=False)


@app.command("list")
def list_transfers(
    status: Annotated[str, typer.Option(help="Only those of this status, e.g. IN_TRANSIT.")] = "",
    location: Annotated[str, typer.Option(help="Only those from or to this location.")] = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    page: Page = 1,
    page_size: PageSize = 50,
) -> None:
    """List the transfers, the newest first.

    Examples:

        till transfer list --status IN_TRANSIT

        till transfer list --location store-1 --csv
    """
    found = [
        one
        for one in transfers(find_stack()).every()
        if status.upper() in ("", one.status) and location in ("", one.source, one.destination)
    ]
    found.sort(key=lambda one: one.requested_at, reverse=True)
    print_report("Transfers", COLUMNS, map(_row, found), as_json, as_csv, page, page_size)


@app.command("show")
def show(transfer_id: TransferId, as_json: AsJson = False) -> None:
    """Show a transfer: its lines, what came of them, and when.

    Example:

        till transfer show trf-20261123T101500-5f0c1a2b
    """
    with operator_errors("`till transfer list` names every transfer."):
        found = transfers(find_stack()).get(transfer_id)
    if as_json:
        print_json(found.model_dump(mode="json", exclude={"task_token", "asked"}))
        return
    why = f" ({found.cancel_reason})" if found.cancel_reason else ""
    out.print(
        f"[bold]{transfer_id}[/]  {found.status}{why}, {found.source} to {found.destination}", highlight=False
    )
    print_table(
        "Lines",
        ("sku!", "asked for>", "received>", "lost>", "in transit>"),
        [
            (one.sku, one.quantity, one.received, one.lost, one.in_transit if found.left_at else 0)
            for one in found.lines
        ],
    )
    came = [
        (one.arrival_id, f"{one.arrived_at:%Y-%m-%d %H:%M}", line.sku, line.quantity, line.lost)
        for one in found.arrivals
        for line in one.lines
    ]
    if came:
        print_table("Arrivals", ("arrival", "at!", "sku!", "came>", "lost>"), came)


def _row(transfer: Transfer) -> dict[str, Any]:
    lines = transfer.lines
    return {
        "transfer_id": transfer.transfer_id,
        "status": transfer.status,
        "source": transfer.source,
        "destination": transfer.destination,
        "requested_at": f"{transfer.requested_at.astimezone(UTC):%Y-%m-%d %H:%M}",
        "quantity": sum(line.quantity for line in lines),
        "received": sum(line.received for line in lines),
        "lost": sum(line.lost for line in lines),
        "in_transit": sum(line.in_transit for line in lines) if transfer.left_at else 0,
    }


def _wanted(text: str) -> dict[str, Any]:
    sku, _, quantity = text.partition("=")
    return {"sku": sku, "quantity": _whole(quantity, text, "SKU=QUANTITY")}


def _arrived(text: str) -> dict[str, Any]:
    sku, _, rest = text.partition("=")
    quantity, _, lost = rest.partition("-")
    form = "SKU=QUANTITY or SKU=QUANTITY-LOST"
    return {"sku": sku, "quantity": _whole(quantity, text, form), "lost": _whole(lost or "0", text, form)}


def _whole(number: str, text: str, form: str) -> int:
    try:
        return int(number)
    except ValueError:
        raise OperatorError(f"{text!r} is no line.", f"Write {form}, whole numbers.") from None
