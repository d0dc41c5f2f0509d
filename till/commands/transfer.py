"""`till transfer`: move goods from one location to another."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from till import workflows
from till.defaults import CURRENCY, CURRENCY_VARIABLE
from till.errors import OperatorError, operator_errors
from till.numbers import whole_number
from till.output import out, print_json, print_table, styled, timestamp
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import find_stack
from till.waiting import Wait, waiting_for

if TYPE_CHECKING:
    from inventory.transfers.models import TransferSummary

app = typer.Typer(
    no_args_is_help=True, help="Move goods between locations: create, ship, receive, cancel, list, show."
)

TransferId = Annotated[str, typer.Argument(help="Transfer id.")]
ADVICE = "See the transfer with `till transfer show`."
COLUMNS = (
    "transfer_id", "status", "source", "destination", "requested_at", "quantity", "received", "lost", "in_transit",
)  # fmt: skip


@app.command("create")
def create(
    line: Annotated[list[str], typer.Option(help="SKU=QUANTITY, once per SKU.")],
    source: Annotated[str, typer.Option("--from", help="Source location.")],
    destination: Annotated[str, typer.Option("--to", help="Destination location.")],
    reason: Annotated[str, typer.Option(help="Reason.")] = "",
    currency: Annotated[
        str, typer.Option(envvar=CURRENCY_VARIABLE, help="Currency of the stock's value (ISO 4217).")
    ] = CURRENCY,
    transfer_id: Annotated[str, typer.Option("--id", help="Transfer id, which is the idempotency key.")] = "",
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Create a transfer: its goods are reserved at the source and on order at the destination.

    Examples:

        till transfer create --from store-1 --to warehouse --line COF-ESP-1KG=24 --line MUG-WHT-300=12
    """
    from inventory.errors import InvalidTransfer
    from inventory.transfers.models import OpenTransfer
    from tillflow.executions import error_message
    from tillflow.parsing import parse

    from till.services.inventory import Transfers

    stack = find_stack()
    name = transfer_id or workflows.new_id("trf")
    request = {
        "transfer_id": name,
        "source": source,
        "destination": destination,
        "currency": currency,
        "lines": [_requested_line(text) for text in line],
        "reason": reason,
    }
    with operator_errors("See `till transfer create --help`."):
        started = Transfers(stack).create(parse(OpenTransfer, request, InvalidTransfer))
    result = {"transfer_id": name, "execution_arn": started.arn, "duplicate": started.duplicate}
    execution = None
    if wait:
        with waiting_for(name, f"till transfer show {name}"):
            execution = workflows.wait(stack, started.arn)
    failed = execution is not None and execution.status in workflows.FAILED
    if as_json:
        print_json(result | ({"status": execution.status} if execution else {}))
    elif execution and failed:
        cause = error_message(execution.cause or execution.status)
        out.print(styled(f"{name} is not created:", "red"), cause)
    elif wait:
        out.print(f"{name}: reserved at {source}. When it leaves: `till transfer ship {name}`.")
    else:
        again = "was created before" if started.duplicate else "has started"
        out.print(f"{name} {again}. See it with `till transfer show {name}`.")
    if failed:
        raise typer.Exit(1)


@app.command("ship")
def ship(transfer_id: TransferId) -> None:
    """Report that the goods left: they are taken off the source's stock and are in transit.

    Example:

        till transfer create --id trf-1 --from store-1 --to warehouse --line COF-ESP-1KG=12

        till transfer ship trf-1
    """
    from till.services.inventory import Transfers

    with operator_errors(ADVICE):
        transfer = Transfers(find_stack()).ship(transfer_id)
    out.print(f"{transfer_id} is in transit to {transfer.destination}.")


@app.command("receive")
def receive(
    transfer_id: TransferId,
    line: Annotated[list[str], typer.Option(help="SKU=QUANTITY, or SKU=QUANTITY-LOST.")] = [],  # noqa: B006
    arrival: Annotated[str, typer.Option(help="Arrival id, which is the idempotency key.")] = "",
    close: Annotated[
        bool, typer.Option("--close", help="Record the units still in transit as lost.")
    ] = False,
) -> None:
    """Record units received at the destination, in any number of deliveries, and units lost, which are written off.

    Examples:

        till transfer create --id trf-2 --from store-1 --to warehouse --line COF-ESP-1KG=12

        till transfer ship trf-2

        till transfer receive trf-2 --line COF-ESP-1KG=4 --arrival van-1

        till transfer receive trf-2 --line COF-ESP-1KG=6-2

        till transfer receive trf-2 --close
    """
    from inventory.errors import InvalidTransfer
    from inventory.transfers.models import Arrival
    from tillflow.parsing import parse
    from tillflow.plurals import counted

    from till.services.inventory import Transfers

    if not line and not close:
        raise OperatorError("No units to receive.", "Give a --line for each SKU, or --close.")
    operations = Transfers(find_stack())
    arrival_id = arrival or workflows.new_id("arr")
    with operator_errors(ADVICE):
        if line:
            request = {
                "arrival_id": arrival_id,
                "arrived_at": workflows.now(),
                "lines": [_arrived_line(text) for text in line],
            }
            transfer = operations.receive(transfer_id, parse(Arrival, request, InvalidTransfer))
        if close:
            transfer = operations.lose_rest(transfer_id, f"{arrival_id}-rest")
    rest = sum(part.in_transit for part in transfer.lines)
    out.print(f"{transfer_id}: {counted(rest, 'unit')} still in transit.")


@app.command("cancel")
def cancel(
    transfer_id: TransferId, reason: Annotated[str, typer.Option(help="Reason.")] = "cancelled"
) -> None:
    """Cancel a transfer whose goods did not leave: they are available at the source again.

    Example:

        till transfer create --id trf-3 --from store-1 --to warehouse --line COF-ESP-1KG=12

        till transfer cancel trf-3 --reason "the van broke down"
    """
    from till.services.inventory import Transfers

    with operator_errors(ADVICE):
        Transfers(find_stack()).cancel(transfer_id, reason)
    out.print(f"{transfer_id} is being cancelled.")


@app.command("list")
def list_transfers(
    status: Annotated[str, typer.Option(help="Status, e.g. IN_TRANSIT.")] = "",
    location: Annotated[str, typer.Option(help="Source or destination.")] = "",
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
    from tillflow.listing import every

    from till.services.inventory import Transfers

    fetch = partial(
        Transfers(find_stack()).list_transfers, 100, status=status.upper() or None, location=location or None
    )
    with operator_errors("See all transfers with `till transfer list`."):
        print_report("Transfers", COLUMNS, map(_row, every(fetch)), as_json, as_csv, page, page_size)


@app.command("show")
def show(transfer_id: TransferId, as_json: AsJson = False) -> None:
    """Show a transfer: its lines and its arrivals.

    Example:

        till transfer create --id trf-4 --from store-1 --to warehouse --line COF-ESP-1KG=12

        till transfer show trf-4
    """
    from till.services.inventory import Transfers

    with operator_errors("See all transfers with `till transfer list`."):
        transfer = Transfers(find_stack()).get(transfer_id)
    in_transit = [line.in_transit if transfer.has_left else 0 for line in transfer.lines]
    if as_json:
        shown = transfer.model_dump(mode="json", exclude={"task_token", "waiting_since"})
        for line, units in zip(shown["lines"], in_transit, strict=True):
            line["in_transit"] = units
        print_json(shown)
        return
    reason = f" ({transfer.cancel_reason})" if transfer.cancel_reason else ""
    out.print(
        styled(transfer_id, "bold"),
        f" {transfer.status}{reason}, {transfer.source} to {transfer.destination}",
    )
    print_table(
        "Lines",
        ("sku!", "requested>", "received>", "lost>", "in transit>"),
        [
            (line.sku, line.quantity, line.received, line.lost, units)
            for line, units in zip(transfer.lines, in_transit, strict=True)
        ],
    )
    arrivals = [
        (arrival.arrival_id, timestamp(arrival.arrived_at), line.sku, line.quantity, line.lost)
        for arrival in transfer.arrivals
        for line in arrival.lines
    ]
    if arrivals:
        print_table("Arrivals", ("arrival", "at!", "sku!", "received>", "lost>"), arrivals)


def _row(transfer: TransferSummary) -> dict[str, Any]:
    return transfer.model_dump() | {"requested_at": timestamp(transfer.requested_at)}


def _requested_line(text: str) -> dict[str, Any]:
    sku, _, quantity = text.partition("=")
    return {"sku": sku, "quantity": _whole(quantity, text, "SKU=QUANTITY")}


def _arrived_line(text: str) -> dict[str, Any]:
    sku, _, rest = text.partition("=")
    quantity, _, lost = rest.partition("-")
    form = "SKU=QUANTITY or SKU=QUANTITY-LOST"
    return {"sku": sku, "quantity": _whole(quantity, text, form), "lost": _whole(lost or "0", text, form)}


def _whole(number: str, text: str, form: str) -> int:
    try:
        return whole_number(number)
    except ValueError:
        raise OperatorError(f"Invalid line {text!r}.", f"Use {form} with whole numbers.") from None
