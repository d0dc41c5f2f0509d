"""`till shipment`: deliveries of orders, and what happens to their shipments."""

from functools import partial
from typing import Annotated

import typer

from till.errors import OperatorError, operator_errors
from till.numbers import whole_number
from till.output import out, print_json, print_table, styled, timestamp
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import find_stack

app = typer.Typer(no_args_is_help=True, help="Deliveries of orders: list, show, deliver, fail, split.")

ShipmentId = Annotated[str, typer.Argument(help="Shipment id.")]
Note = Annotated[str, typer.Option(help="Note.")]
ADVICE = "See the shipments of an order with `till shipment show ORDER`."
COLUMNS = (
    "order_id", "status", "location", "carrier", "opened_at", "shipments", "in_transit", "delivered",
    "not_delivered",
)  # fmt: skip


@app.command("list")
def list_deliveries(
    status: Annotated[str, typer.Option(help="Status: OPEN or CLOSED.")] = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    page: Page = 1,
    page_size: PageSize = 50,
) -> None:
    """List the deliveries of orders, the newest first.

    Example:

        till shipment list --status OPEN
    """
    from tillflow.listing import every

    from till.services.shipping import Shipping

    fetch = partial(Shipping(find_stack()).list_deliveries, 100, status=status.upper() or None)
    with operator_errors("See all deliveries with `till shipment list`."):
        rows = (
            delivery.model_dump() | {"opened_at": timestamp(delivery.opened_at)} for delivery in every(fetch)
        )
        print_report("Deliveries", COLUMNS, rows, as_json, as_csv, page, page_size)


@app.command("show")
def show(order_id: Annotated[str, typer.Argument(help="Order id.")], as_json: AsJson = False) -> None:
    """Show the delivery of an order with its shipments.

    Example:

        till order place docs/examples/order-to-ship.json --id ord-20 --wait

        till shipment show ord-20
    """
    from till.services.shipping import Shipping

    with operator_errors("See all deliveries with `till shipment list`."):
        delivery = Shipping(find_stack()).get(order_id)
    if as_json:
        print_json(delivery.model_dump(mode="json", exclude={"task_token", "waiting_since"}))
        return
    address = delivery.address
    out.print(
        styled(order_id, "bold"),
        f" {delivery.status}, by {address.carrier} ({address.service}) to {address.name}, {address.street}, "
        f"{address.postal_code} {address.city}, {address.country}",
    )
    rows = [
        (one.shipment_id, one.status, line.line_no, line.sku, line.quantity, one.reference, one.note)
        for one in delivery.shipments
        for line in one.lines
    ]
    print_table("Shipments", ("shipment!", "status", "line>", "sku!", "quantity>", "reference", "note"), rows)


@app.command("deliver")
def deliver(shipment_id: ShipmentId, note: Note = "") -> None:
    """Report that a shipment was delivered.

    Example:

        till order place docs/examples/order-to-ship.json --id ord-21 --wait

        till shipment deliver ord-21-s1
    """
    _report(shipment_id, {"status": "delivered", "note": note})


@app.command("fail")
def fail(
    shipment_id: ShipmentId,
    returned: Annotated[
        bool, typer.Option("--returned", help="The goods came back and are sold again.")
    ] = False,
    note: Note = "",
) -> None:
    """Report that a shipment did not arrive: it is lost, or came back. Its units are refunded.

    Examples:

        till order place docs/examples/order-to-ship.json --id ord-22 --wait

        till shipment fail ord-22-s1 --note "lost by the carrier"

        till order place docs/examples/order-to-ship.json --id ord-23 --wait

        till shipment fail ord-23-s1 --returned
    """
    _report(shipment_id, {"status": "returned" if returned else "failed", "note": note})


@app.command("split")
def split(
    shipment_id: ShipmentId,
    line: Annotated[list[str], typer.Option(help="LINE=QUANTITY that the carrier took, once per line.")],
    note: Note = "",
) -> None:
    """Report that the carrier took a part of a shipment. The other units get a further shipment.

    Example:

        till order place docs/examples/order-to-ship.json --id ord-24 --wait

        till shipment split ord-24-s1 --line 1=1
    """
    lines = [_line(text) for text in line]
    _report(shipment_id, {"status": "partly_shipped", "lines": lines, "note": note})


def _report(shipment_id: str, report: dict[str, object]) -> None:
    from shipping.errors import InvalidShipment
    from shipping.models import Report
    from tillflow.parsing import parse

    from till.services.shipping import Shipping

    with operator_errors(ADVICE):
        event = parse(Report, report, InvalidShipment)
        delivery = Shipping(find_stack()).report(shipment_id, event)
    out.print(f"{shipment_id} is {event.status}. See it with `till shipment show {delivery.order_id}`.")


def _line(text: str) -> dict[str, int]:
    number, _, quantity = text.partition("=")
    try:
        return {"line_no": whole_number(number), "quantity": whole_number(quantity)}
    except ValueError:
        raise OperatorError(f"Invalid line {text!r}.", "Use LINE=QUANTITY with whole numbers.") from None
