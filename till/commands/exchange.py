"""`till exchange`: units of a paid order for a new sale."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from till import workflows
from till.commands.order import read_order
from till.commands.returns import LINE, requested_line
from till.errors import OperatorError, operator_errors
from till.output import money, out, print_json, styled
from till.report import AsJson
from till.stack import find_stack
from till.waiting import not_stopped, waiting_for

if TYPE_CHECKING:
    from orders.returns.models import Exchanged

app = typer.Typer(no_args_is_help=True, help="Exchanges: create, show.")

_UNEXPECTED = "The exchange was refused. Call the operator."


@app.command("create")
def create(
    order_id: Annotated[str, typer.Argument(help="Order whose units come back.")],
    file: Annotated[Path, typer.Argument(help="JSON file of the new sale; see docs/examples/order.json.")],
    line: Annotated[list[str], typer.Option(help=f"{LINE}. Once per line.")],
    reason: Annotated[str, typer.Option(help="Reason, printed on the credit note.")] = "exchanged",
    manager: Annotated[
        str, typer.Option(help="Manager who allows it after the return window; needs --note.")
    ] = "",
    note: Annotated[str, typer.Option(help="Why the manager allows it.")] = "",
    return_id: Annotated[str, typer.Option("--id", help="Return id, which is the idempotency key.")] = "",
    as_json: AsJson = False,
) -> None:
    """Exchange units of a paid order for a new sale.

    Their value pays the sale first, its tenders pay the rest, and what is left is refunded. A refused sale returns
    nothing. Exit 1 unless the exchange is completed.

    Example:

        till order place docs/examples/order.json --id ord-5 --wait

        till exchange create ord-5 docs/examples/order.json --line MUG-WHT-300=1
    """
    from till.services.orders import Exchanges, Orders

    stack = find_stack()
    name = return_id or workflows.new_id("ret")
    sale = read_order(file)
    with operator_errors("`till order show` shows an order."):
        order = Orders(stack).get(order_id)
    returned = {
        "return_id": name,
        "order_id": order_id,
        "currency": order.currency,
        "lines": [requested_line(text, order, reason) for text in line],
        "override_note": note or None,
    }
    if bool(manager) != bool(note):
        raise OperatorError("An exchange after the return window needs a manager and a note.", "Give both.")
    shown = f"till exchange show {name}"
    with operator_errors("See `till exchange create --help`."):
        before = Exchanges(stack).find(return_id) if return_id else None
        sale.setdefault("order_id", before.order_id if before else _sale_id(name))
        sale.setdefault("placed_at", (before and before.placed_at) or workflows.now())
        with not_stopped(name, shown):
            started = Exchanges(stack).create(returned, sale, manager)
    with waiting_for(name, shown):
        workflows.wait(stack, started.arn)
    exchanged = Exchanges(stack).get(name)
    _print(exchanged, order.currency or "", as_json)
    if exchanged.status != "COMPLETED":
        raise typer.Exit(1)


@app.command("show")
def show(return_id: Annotated[str, typer.Argument(help="Return id.")], as_json: AsJson = False) -> None:
    """Show an exchange: its new sale and status. `till return show` shows its return.

    Example:

        till order place docs/examples/order.json --id ord-6 --wait

        till exchange create ord-6 docs/examples/order.json --line MUG-WHT-300=1 --id ret-2

        till exchange show ret-2
    """
    from till.services.orders import Exchanges, Returns

    stack = find_stack()
    with operator_errors("`till exchange create` prints the id of an exchange."):
        exchanged = Exchanges(stack).get(return_id)
    stored = Returns(stack).find(return_id)
    _print(exchanged, (stored.currency if stored else None) or "", as_json)


def _sale_id(return_id: str) -> str:
    """Return the order id of an exchange's new sale: the same for the same exchange, and of at most 64 characters."""
    order_id = f"ord-{return_id}"
    return order_id if len(order_id) <= 64 else f"ord-{sha256(return_id.encode()).hexdigest()[:32]}"


def _print(exchanged: Exchanged, currency: str, as_json: bool) -> None:
    from tillflow.executions import error_message

    from till.cashier import cashier_message

    if as_json:
        print_json(exchanged.model_dump(mode="json", exclude_none=True))
        return
    name, sale = exchanged.return_id, exchanged.order_id
    match exchanged.status:
        case "COMPLETED":
            returned, sold = (money(one or 0, currency) for one in (exchanged.returned, exchanged.sold))
            out.print(
                styled(f"{name} is completed:", "green"), f"{returned} returned, {sold} sold as {sale}."
            )
        case "RUNNING":
            out.print(styled(f"{name} is in progress:", "yellow"), "see `till case list`.")
        case "REFUSED":
            error = exchanged.reason or "ExchangeRefused"
            out.print(styled(f"{name} is refused:", "red"), cashier_message(error, _UNEXPECTED))
            out.print(f"  {error}: {error_message(exchanged.cause or '')}")
