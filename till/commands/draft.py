"""`till draft`: orders that are kept for later."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from till import workflows
from till.commands.order import read_order
from till.errors import operator_errors
from till.numbers import number_option
from till.output import out, print_json, print_table, styled, timestamp
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import find_stack
from till.waiting import not_stopped

app = typer.Typer(no_args_is_help=True, help="Draft orders: create, list, show, update, sell, discard.")

DraftId = Annotated[str, typer.Argument(help="Draft id, which is the order's id when it is sold.")]
File = Annotated[Path, typer.Argument(help="JSON file of the order; see docs/examples/order.json.")]
Version = Annotated[int, number_option(help="Version that is changed; 0 for the newest.")]
ADVICE = "See the drafts of a location with `till draft list LOCATION`."
COLUMNS = ("draft_id", "version", "customer_id", "lines", "note", "changed_at", "expires_at")
NOT_KEPT = ("order_id", "draft_id", "placed_at", "tenders")
"""Fields of an order that a draft does not have."""


@app.command("create")
def create(
    file: File,
    draft_id: Annotated[str, typer.Option("--id", help="Draft id, which is the idempotency key.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep an order for later. It reserves no stock and has no prices.

    Example:

        till draft create docs/examples/order.json
    """
    from till.services.orders import Drafts

    request = {"draft_id": draft_id or workflows.new_id("ord"), "order": _order(read_order(file))}
    with operator_errors(ADVICE):
        draft = Drafts(find_stack()).create(request)
    if as_json:
        print_json(draft.model_dump(mode="json"))
    else:
        out.print(f"{draft.draft_id} is kept until {timestamp(draft.expires_at)}.")


@app.command("list")
def list_drafts(
    location: Annotated[str, typer.Argument(help="Location.")],
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    page: Page = 1,
    page_size: PageSize = 50,
) -> None:
    """List the open drafts of a location, the newest first.

    Example:

        till draft list store-1
    """
    from orders.drafts.models import DraftsOfLocation
    from orders.errors import InvalidDraft
    from tillflow.listing import every
    from tillflow.parsing import parse

    from till.services.orders import Drafts

    fetch = partial(Drafts(find_stack()).list_drafts, location, 100)
    with operator_errors("See all locations with `till location list`."):
        parse(DraftsOfLocation, {"location": location}, InvalidDraft)
        rows = (
            {
                "draft_id": draft.draft_id,
                "version": draft.version,
                "customer_id": draft.order.customer_id,
                "lines": len(draft.order.lines),
                "note": draft.order.note,
                "changed_at": timestamp(draft.changed_at),
                "expires_at": timestamp(draft.expires_at),
            }
            for draft in every(fetch)
        )
        print_report("Drafts", COLUMNS, rows, as_json, as_csv, page, page_size)


@app.command("show")
def show(draft_id: DraftId, as_json: AsJson = False) -> None:
    """Show a draft.

    Example:

        till draft create docs/examples/order.json --id ord-10

        till draft show ord-10
    """
    from till.services.orders import Drafts

    with operator_errors(ADVICE):
        draft = Drafts(find_stack()).get(draft_id)
    if as_json:
        print_json(draft.model_dump(mode="json"))
        return
    order = draft.order
    customer = f", customer {order.customer_id}" if order.customer_id else ""
    out.print(
        styled(draft_id, "bold"),
        f" {draft.status}, version {draft.version}, {order.location}{customer}, "
        f"kept until {timestamp(draft.expires_at)}",
    )
    if order.note:
        out.print(order.note)
    print_table("Lines", ("sku!", "quantity>"), [(line.sku, line.quantity) for line in order.lines])


@app.command("update")
def update(draft_id: DraftId, file: File, version: Version = 0) -> None:
    """Replace the order of a draft.

    Example:

        till draft create docs/examples/order.json --id ord-11

        till draft update ord-11 docs/examples/order.json --version 1
    """
    from till.services.orders import Drafts

    order = _order(read_order(file))
    with operator_errors(ADVICE):
        draft = Drafts(find_stack()).update(draft_id, order, version or None)
    out.print(f"{draft_id} is at version {draft.version}.")


@app.command("sell")
def sell(draft_id: DraftId, file: File, version: Version = 0) -> None:
    """Sell a draft at the prices of now, with the tenders of the file. The same again starts nothing.

    Example:

        till draft create docs/examples/order.json --id ord-12

        till draft sell ord-12 docs/examples/order.json
    """
    from till.services.orders import Drafts, Orders

    stack, paid = find_stack(), read_order(file)
    shown = f"till order show {draft_id}"
    with operator_errors(ADVICE):
        is_sold = Drafts(stack).get(draft_id).status == "PLACED"
        placed_at = (is_sold and Orders(stack).placed_at(draft_id)) or workflows.now()
        sale = {"placed_at": placed_at, "tenders": paid.get("tenders", [])}
        with not_stopped(draft_id, shown):
            started = Drafts(stack).sell(draft_id, sale, version or None)
    state = "is being sold" if started else "was sold before; no checkout was started"
    out.print(f"{draft_id} {state}. See it with `{shown}`.")


@app.command("discard")
def discard(draft_id: DraftId, version: Version = 0) -> None:
    """Discard a draft.

    Example:

        till draft create docs/examples/order.json --id ord-13

        till draft discard ord-13
    """
    from till.services.orders import Drafts

    with operator_errors(ADVICE):
        Drafts(find_stack()).discard(draft_id, version or None)
    out.print(f"{draft_id} is discarded.")


def _order(request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name not in NOT_KEPT}
