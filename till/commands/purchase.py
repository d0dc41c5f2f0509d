"""`till purchase`: purchase orders, and what suppliers and the goods-in desk say of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import typer
from catalog.errors import UnknownProduct
from catalog.store import CatalogStore
from purchasing import rules
from purchasing.models import Invoice, OpenOrder, Purchase, Receipt
from purchasing.reporting import owes
from tillflow.errors import InvalidPurchase
from tillflow.parsing import parse

from till import workflows
from till.errors import OperatorError
from till.output import money, out, print_json, print_table
from till.purchasing import desk, purchases, refusals
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import Stack, find_stack

app = typer.Typer(no_args_is_help=True, help="Purchase orders: place, acknowledge, receive, bill, cancel.")

OrderId = Annotated[str, typer.Argument(help="The purchase order's id.")]
Supplier = Annotated[
    str, typer.Option(help="Who answers. An answer said twice counts once, and for no other supplier.")
]
ADVICE = "`till purchase show` shows how the order stands."


@app.command("order")
def order(
    line: Annotated[list[str], typer.Option(help="SKU=QUANTITY@UNIT_COST, in minor units; once per SKU.")],
    supplier: Annotated[list[str], typer.Option(help="Whom to ask, the best first.")],
    location: Annotated[str, typer.Option(help="Where the goods go.")] = "store-1",
    currency: Annotated[str, typer.Option(help="ISO 4217.")] = "EUR",
    as_json: AsJson = False,
) -> None:
    """Order goods by hand; a reorder does it by itself.

    Example:

        till purchase order --line COF-ESP-1KG=24@1020 --supplier sup-roastery --supplier sup-wholesale
    """
    stack = find_stack()
    purchase_order_id = workflows.new_id("po")
    request = {
        "purchase_order_id": purchase_order_id,
        "location": location,
        "currency": currency,
        "lines": [_ordered(text) for text in line],
        "suppliers": [{"supplier_id": one} for one in supplier],
        "reason": "by hand",
        "needs": [],
    }
    with refusals("See `till purchase order --help`; `till supplier list` names every supplier."):
        _check_known(stack, parse(OpenOrder, request, InvalidPurchase))
    started = workflows.start(stack, "PurchaseOrder", purchase_order_id, request)
    if as_json:
        print_json({"purchase_order_id": purchase_order_id, "execution_arn": started.arn})
    else:
        out.print(f"{purchase_order_id} is on its way to {supplier[0]}.", highlight=False)


@app.command("list")
def list_orders(
    status: Annotated[str, typer.Option(help="Only orders of this status, e.g. SENT.")] = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    page: Page = 1,
    page_size: PageSize = 50,
) -> None:
    """List the purchase orders, the newest first.

    Examples:

        till purchase list --status ACKNOWLEDGED

        till purchase list --csv
    """
    found = [one for one in purchases(find_stack()).every() if status.upper() in ("", one.status)]
    found.sort(key=lambda one: one.opened_at, reverse=True)
    columns = (
        "purchase_order_id", "status", "supplier_id", "opened_at", "ordered", "received", "owed", "currency",
    )  # fmt: skip
    rows = (
        {
            "purchase_order_id": one.purchase_order_id,
            "status": one.status,
            "supplier_id": one.supplier_id,
            "opened_at": f"{one.opened_at.astimezone(UTC):%Y-%m-%d %H:%M}",
            "ordered": sum(line.quantity for line in one.lines),
            "received": sum(line.accepted for line in one.lines),
            "owed": owes(one),
            "currency": one.currency,
        }
        for one in found
    )
    print_report("Purchase orders", columns, rows, as_json, as_csv, page, page_size, _money("owed"))


@app.command("show")
def show(purchase_order_id: OrderId, as_json: AsJson = False) -> None:
    """Show a purchase order: its lines, whom it was asked of, what came, what is next.

    Example:

        till purchase show po-20261123T101500-5f0c1a2b
    """
    with refusals("`till purchase list` names every order."):
        found = purchases(find_stack()).get(purchase_order_id)
    if as_json:
        print_json(_document(found))
        return
    on = "" if found.ended_at else f", next: {rules.next_step(found)}"
    out.print(f"[bold]{purchase_order_id}[/]  {found.status}{on}", highlight=False)
    print_table(
        "Lines",
        ("sku!", "ordered>", "received>", "rejected>", "unit cost>"),
        [
            (one.sku, one.quantity, one.received, one.rejected, money(one.unit_cost, found.currency))
            for one in found.lines
        ],
    )
    print_table(
        "Asked",
        ("supplier!", "state", "promised", "note"),
        [(one.supplier_id, one.state, one.promised_on or "", one.note) for one in found.attempts],
    )
    came = [
        (one.receipt_id, f"{one.received_at:%Y-%m-%d %H:%M}", line.sku, line.quantity, line.rejected)
        for one in found.receipts
        for line in one.lines
    ]
    if came:
        print_table("Deliveries", ("receipt", "at!", "sku!", "came>", "rejected>"), came)
    if found.invoice:
        due = f", due {found.invoice.due_on}" if found.invoice.due_on else ""
        out.print(
            f"  invoice {found.invoice.number}: {money(found.invoice.total, found.currency)}{due}",
            highlight=False,
        )
    if found.payment:
        paid = f"  {found.payment.state.lower()}: {money(found.payment.amount, found.currency)}"
        out.print(f"{paid}, {found.payment.reference or 'no reference yet'}", highlight=False)


@app.command("acknowledge")
def acknowledge(
    purchase_order_id: OrderId,
    promised: Annotated[str, typer.Option(help="The day of delivery, e.g. 2026-12-01; else in a week.")] = "",
    heartbeat: Annotated[bool, typer.Option("--heartbeat", help="Only say the answer will come.")] = False,
    supplier: Supplier = "",
) -> None:
    """The supplier takes the order. With --heartbeat it only says that it will answer.

    Example:

        till purchase acknowledge po-20261123T101500-5f0c1a2b --promised 2026-12-01
    """
    told = desk(find_stack())
    with refusals(ADVICE):
        if heartbeat:
            told.sign_of_life(purchase_order_id)
            out.print(f"The supplier of {purchase_order_id} will answer.", highlight=False)
            return
        day = _day(promised) if promised else datetime.now(UTC).date() + timedelta(days=7)
        told.acknowledge(purchase_order_id, day, supplier)
    out.print(f"{purchase_order_id} is promised for {day}.", highlight=False)


@app.command("refuse")
def refuse(
    purchase_order_id: OrderId,
    note: Annotated[str, typer.Option(help="Why.")] = "no reason given",
    supplier: Supplier = "",
) -> None:
    """The supplier will not deliver: the next one is asked.

    Example:

        till purchase refuse po-20261123T101500-5f0c1a2b --supplier sup-beans --note "out of stock"
    """
    with refusals(ADVICE):
        desk(find_stack()).refuse(purchase_order_id, note, supplier)
    out.print(f"{purchase_order_id} is refused by its supplier.", highlight=False)


@app.command("receive")
def receive(
    purchase_order_id: OrderId,
    line: Annotated[list[str], typer.Option(help="SKU=QUANTITY, or SKU=QUANTITY-REJECTED.")] = [],  # noqa: B006
    receipt: Annotated[str, typer.Option(help="The delivery note's id; the same counts once.")] = "",
    close: Annotated[
        bool, typer.Option("--close", help="Nothing more comes: close the order short.")
    ] = False,
) -> None:
    """Goods came in. More than ordered, beyond the supplier's tolerance, is refused.

    Examples:

        till purchase receive po-20261123T101500-5f0c1a2b --line COF-ESP-1KG=12 --receipt dn-4711

        till purchase receive po-20261123T101500-5f0c1a2b --line MUG-WHT-300=48-2 --close
    """
    if not line and not close:
        raise OperatorError("Nothing is said to have come.", "Give a --line for each SKU, or --close.")
    told = desk(find_stack())
    with refusals(ADVICE):
        if line:
            came = {
                "receipt_id": receipt or workflows.new_id("rcp"),
                "received_at": workflows.now(),
                "lines": [_received(text) for text in line],
            }
            told.receive(purchase_order_id, parse(Receipt, came, InvalidPurchase))
        if close:
            told.close_short(purchase_order_id)
        found = purchases(find_stack()).get(purchase_order_id)
    missing = sum(max(one.quantity - one.accepted, 0) for one in found.lines)
    rest = "nothing more comes" if found.closed_short else f"{missing} units are still to come"
    out.print(f"Noted for {purchase_order_id}: {rest}.", highlight=False)


@app.command("invoice")
def invoice(
    purchase_order_id: OrderId,
    number: Annotated[str, typer.Option(help="The supplier's invoice number.")],
    line: Annotated[list[str], typer.Option(help="SKU=QUANTITY@UNIT_PRICE, in minor units.")],
    tax: Annotated[int, typer.Option(help="Minor units.")] = 0,
    discount: Annotated[int, typer.Option(help="Off the whole, in minor units.")] = 0,
    on: Annotated[str, typer.Option(help="The invoice's date; else today.")] = "",
) -> None:
    """The supplier's invoice came; it is matched once everything is received.

    Example:

        till purchase invoice po-20261123T101500-5f0c1a2b --number A-77 --line COF-ESP-1KG=24@1020 --tax 1346
    """
    lines = [_billed(text) for text in line]
    total = sum(one["quantity"] * one["unit_price"] for one in lines) - discount + tax
    told = {
        "number": number,
        "invoiced_on": on or datetime.now(UTC).date().isoformat(),
        "lines": lines,
        "discount": discount,
        "tax": tax,
        "total": total,
    }
    with refusals(ADVICE):
        found = desk(find_stack()).bill(purchase_order_id, parse(Invoice, told, InvalidPurchase))
    out.print(f"Invoice {number}: {money(total, found.currency)}.", highlight=False)


@app.command("cancel")
def cancel(
    purchase_order_id: OrderId, reason: Annotated[str, typer.Option(help="Why.")] = "cancelled"
) -> None:
    """Undo an order whose invoice is not matched yet: goods that came go back, the supplier is told.

    Example:

        till purchase cancel po-20261123T101500-5f0c1a2b --reason "ordered twice"
    """
    with refusals(ADVICE):
        desk(find_stack()).cancel(purchase_order_id, reason)
    out.print(f"{purchase_order_id} is being cancelled.", highlight=False)


@app.command("report")
def report(as_json: AsJson = False, as_csv: AsCsv = False, page: Page = 1, page_size: PageSize = 50) -> None:
    """Purchase invoices, the newest first, and what was paid of each.

    Examples:

        till purchase report

        till purchase report --csv > invoices.csv
    """
    columns = (
        "invoiced_on", "supplier_id", "invoice", "purchase_order_id", "due_on", "net", "discount", "tax", "total",
        "paid", "outstanding", "currency",
    )  # fmt: skip
    billed = [(one, one.invoice) for one in purchases(find_stack()).every() if one.invoice]
    billed.sort(key=lambda found: (found[1].invoiced_on, found[0].purchase_order_id), reverse=True)
    rows = (
        {
            "invoiced_on": invoice.invoiced_on.isoformat(),
            "supplier_id": one.supplier_id,
            "invoice": invoice.number,
            "purchase_order_id": one.purchase_order_id,
            "due_on": invoice.due_on.isoformat() if invoice.due_on else None,
            "net": invoice.net,
            "discount": invoice.discount,
            "tax": invoice.tax,
            "total": invoice.total,
            "paid": one.payment.amount if one.payment and one.payment.state == "PAID" else 0,
            "outstanding": owes(one),
            "currency": one.currency,
        }
        for one, invoice in billed
    )
    print_report("Purchase invoices", columns, rows, as_json, as_csv, page, page_size)


@app.command("payments")
def payments(
    as_json: AsJson = False, as_csv: AsCsv = False, page: Page = 1, page_size: PageSize = 50
) -> None:
    """What was paid to suppliers, the latest first.

    Examples:

        till purchase payments

        till purchase payments --csv > payments.csv
    """
    columns = (
        "paid_at", "supplier_id", "invoice", "purchase_order_id", "amount", "currency", "reference",
    )  # fmt: skip
    paid = [
        (one, one.payment, one.payment.paid_at)
        for one in purchases(find_stack()).every()
        if one.payment and one.payment.paid_at
    ]
    paid.sort(key=lambda found: (found[2], found[0].purchase_order_id), reverse=True)
    rows = (
        {
            "paid_at": f"{at.astimezone(UTC):%Y-%m-%d %H:%M}",
            "supplier_id": one.supplier_id,
            "invoice": one.invoice.number if one.invoice else None,
            "purchase_order_id": one.purchase_order_id,
            "amount": payment.amount,
            "currency": one.currency,
            "reference": payment.reference,
        }
        for one, payment, at in paid
    )
    print_report("Supplier payments", columns, rows, as_json, as_csv, page, page_size, _money("amount"))


def _money(*columns: str) -> dict[str, Any]:
    """Amounts as people read them, each row's in its own currency."""
    return {name: lambda row, name=name: money(row[name], row["currency"]) for name in columns}


def _check_known(stack: Stack, order: OpenOrder) -> None:
    """UnknownSupplier, or UnknownProduct: nobody orders what the shop does not sell."""
    for candidate in order.suppliers:
        purchases(stack).suppliers.row(candidate.supplier_id)
    catalog = CatalogStore(stack.client("dynamodb"), stack.output("CatalogTable"))
    skus = [line.sku for line in order.lines]
    known, _ = catalog.read_prices(skus)
    if missing := [sku for sku in skus if sku not in known]:
        raise UnknownProduct(*missing)


def _document(purchase: Purchase) -> dict[str, Any]:
    """The order as JSON, without the token, which is for its workflow alone."""
    return purchase.model_dump(mode="json", exclude={"task_token"}) | {"next": rules.next_step(purchase)}


def _ordered(text: str) -> dict[str, Any]:
    sku, quantity, cost = _parts(text, "SKU=QUANTITY@UNIT_COST", "@")
    return {"sku": sku, "quantity": quantity, "unit_cost": cost}


def _billed(text: str) -> dict[str, Any]:
    sku, quantity, price = _parts(text, "SKU=QUANTITY@UNIT_PRICE", "@")
    return {"sku": sku, "quantity": quantity, "unit_price": price}


def _received(text: str) -> dict[str, Any]:
    if "-" not in text.partition("=")[2]:
        text += "-0"
    sku, quantity, rejected = _parts(text, "SKU=QUANTITY or SKU=QUANTITY-REJECTED", "-")
    return {"sku": sku, "quantity": quantity, "rejected": rejected}


def _parts(text: str, form: str, mark: str) -> tuple[str, int, int]:
    sku, _, rest = text.partition("=")
    first, _, second = rest.partition(mark)
    try:
        return sku, int(first), int(second)
    except ValueError:
        raise OperatorError(f"{text!r} is no line.", f"Write {form}, whole numbers.") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OperatorError(f"{text!r} is no day.", "Write it as 2026-12-01.") from None
