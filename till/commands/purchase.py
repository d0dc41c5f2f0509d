"""`till purchase`: purchase orders, their receipts, invoices and payments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Annotated, Any, NamedTuple

import typer

from till import workflows
from till.amounts import amount_text, cost_in_minor_units
from till.days import typed_day
from till.defaults import CURRENCY, CURRENCY_VARIABLE, LOCATION, LOCATION_VARIABLE
from till.errors import OperatorError, operator_errors
from till.numbers import whole_number
from till.output import money, out, print_json, timestamp
from till.purchase_output import print_purchase
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import Stack, find_stack

app = typer.Typer(no_args_is_help=True, help="Purchase orders, their receipts, invoices and payments.")

OrderId = Annotated[str, typer.Argument(help="Purchase order id.")]
SupplierId = Annotated[
    str, typer.Option("--supplier", help="Supplier that responds; a repeated response changes nothing.")
]
ADVICE = "`till purchase show` shows the order."
ORDERED = "SKU=QUANTITY@UNIT_COST, such as COF-ESP-1KG=24@10.20"
BILLED = "SKU=QUANTITY@UNIT_PRICE, such as COF-ESP-1KG=24@10.20"


@app.command("create")
def create(
    line: Annotated[list[str], typer.Option(help=f"{ORDERED}; once per SKU.")],
    supplier: Annotated[list[str], typer.Option(help="Suppliers in the order they are asked.")],
    location: Annotated[
        str, typer.Option(envvar=LOCATION_VARIABLE, help="Location of the delivery.")
    ] = LOCATION,
    currency: Annotated[
        str, typer.Option(envvar=CURRENCY_VARIABLE, help="Currency, by its ISO 4217 code.")
    ] = CURRENCY,
    order_id: Annotated[
        str, typer.Option("--id", help="Purchase order id, which is the idempotency key.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Create a purchase order and send it to the first supplier.

    Example:

        till purchase create --line COF-ESP-1KG=24@10.20 --supplier sup-roastery --supplier sup-wholesale
    """
    from purchasing.errors import InvalidPurchase
    from purchasing.models import OpenOrder
    from tillflow.parsing import parse

    from till.services.purchasing import Purchases

    stack = find_stack()
    purchase_order_id = order_id or workflows.new_id("po")
    request = {
        "purchase_order_id": purchase_order_id,
        "location": location,
        "currency": currency,
        "lines": [_ordered(text, currency) for text in line],
        "suppliers": [{"supplier_id": one} for one in supplier],
        "reason": "by hand",
        "needs": [],
    }
    with operator_errors("See `till purchase create --help`; `till supplier list` lists every supplier."):
        order = parse(OpenOrder, request, InvalidPurchase)
        started = Purchases(stack).create(order)
    if as_json:
        print_json(
            {
                "purchase_order_id": purchase_order_id,
                "execution_arn": started.arn,
                "duplicate": started.duplicate,
            }
        )
    else:
        ordered = "was created before." if started.duplicate else f"is sent to {supplier[0]} first."
        out.print(f"{purchase_order_id} {ordered}")


@app.command("list")
def list_orders(
    status: Annotated[str, typer.Option(help="Status, e.g. SENT.")] = "",
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
    from tillflow.listing import every

    from till.services.purchasing import Purchases

    orders = every(partial(Purchases(find_stack()).list_purchases, 100, status=status.upper() or None))
    columns = (
        "purchase_order_id", "status", "supplier_id", "opened_at", "ordered", "received", "owed", "currency",
    )  # fmt: skip
    rows = (
        {
            "purchase_order_id": order.purchase_order_id,
            "status": order.status,
            "supplier_id": order.supplier_id,
            "opened_at": timestamp(order.opened_at),
            "ordered": order.ordered,
            "received": order.received,
            "owed": order.owed,
            "currency": order.currency,
        }
        for order in orders
    )
    with operator_errors("See `till purchase list --help`."):
        print_report("Purchase orders", columns, rows, as_json, as_csv, page, page_size, _money("owed"))


@app.command("show")
def show(purchase_order_id: OrderId, as_json: AsJson = False) -> None:
    """Show a purchase order: lines, suppliers, receipts, invoice, payment and next step.

    Example:

        till purchase create --id po-10 --line COF-ESP-1KG=24@10.20 --supplier sup-roastery

        till purchase show po-10
    """
    from till.services.purchasing import Purchases

    with operator_errors("`till purchase list` lists every order."):
        order = Purchases(find_stack()).get(purchase_order_id)
    step = order.next_step
    if as_json:
        print_json(order.model_dump(mode="json", exclude={"task_token", "next_step"}) | {"next": step})
        return
    print_purchase(order)


@app.command("acknowledge")
def acknowledge(
    purchase_order_id: OrderId,
    promised: Annotated[
        str,
        typer.Option(
            help="Promised delivery date, e.g. 2026-12-01; by default after the supplier's lead time."
        ),
    ] = "",
    supplier: SupplierId = "",
) -> None:
    """Acknowledge the order for its supplier, which delivers it.

    Example:

        till purchase create --id po-11 --line COF-ESP-1KG=24@10.20 --supplier sup-roastery

        till purchase acknowledge po-11 --promised "$(date +%F)"
    """
    from till.services.purchasing import Purchases

    stack = find_stack()
    with operator_errors(ADVICE):
        day = typed_day("--promised", promised) if promised else _delivery(stack, purchase_order_id, supplier)
        Purchases(stack).acknowledge(purchase_order_id, day, supplier)
    out.print(f"{purchase_order_id} is promised for {day}.")


def _delivery(stack: Stack, purchase_order_id: str, supplier_id: str) -> date:
    """Return the day on which the supplier, by default that of the order, delivers after its lead time."""
    from till.services.purchasing import Purchases, Suppliers

    today = datetime.now(UTC).date()
    supplier_id = supplier_id or Purchases(stack).get(purchase_order_id).supplier_id or ""
    # An order that was sent to no supplier yet is refused whatever the day is.
    days = Suppliers(stack).get(supplier_id).supplier.lead_time_days if supplier_id else 0
    return today + timedelta(days=days)


@app.command("heartbeat")
def heartbeat(purchase_order_id: OrderId) -> None:
    """Restart the supplier's heartbeat timeout: it has the order and will answer.

    Example:

        till purchase create --id po-12 --line COF-ESP-1KG=24@10.20 --supplier sup-roastery

        till purchase heartbeat po-12
    """
    from till.services.purchasing import Purchases

    with operator_errors(ADVICE):
        Purchases(find_stack()).heartbeat(purchase_order_id)
    out.print(f"Sent a heartbeat for {purchase_order_id}.")


@app.command("refuse")
def refuse(
    purchase_order_id: OrderId,
    note: Annotated[str, typer.Option(help="Reason.")] = "no reason given",
    supplier: SupplierId = "",
) -> None:
    """Refuse the order for its supplier: it is sent to the next one.

    Example:

        till purchase create --id po-13 --line COF-ESP-1KG=24@10.20 --supplier sup-roastery

        till purchase refuse po-13 --supplier sup-roastery --note "out of stock"
    """
    from till.services.purchasing import Purchases

    with operator_errors(ADVICE):
        Purchases(find_stack()).refuse(purchase_order_id, note, supplier)
    out.print(f"{purchase_order_id} is refused by its supplier.")


@app.command("receive")
def receive(
    purchase_order_id: OrderId,
    line: Annotated[list[str], typer.Option(help="SKU=QUANTITY, or SKU=QUANTITY-REJECTED.")] = [],  # noqa: B006
    receipt: Annotated[str, typer.Option(help="Delivery note id; a repeated one counts once.")] = "",
    close: Annotated[bool, typer.Option("--close", help="Expect no more goods.")] = False,
) -> None:
    """Record received goods. More than ordered and tolerated is refused.

    Examples:

        till purchase create --id po-14 --line COF-ESP-1KG=24@10.20 --supplier sup-roastery

        till purchase acknowledge po-14

        till purchase receive po-14 --line COF-ESP-1KG=12 --receipt dn-4711

        till purchase receive po-14 --line COF-ESP-1KG=10-2 --close
    """
    from purchasing.errors import InvalidPurchase
    from purchasing.models import Receipt
    from tillflow.parsing import parse
    from tillflow.plurals import counted

    from till.services.purchasing import Purchases

    if not line and not close:
        raise OperatorError("No goods are given.", "Give a --line for each SKU, or --close.")
    operations = Purchases(find_stack())
    with operator_errors(ADVICE):
        if line:
            request = {
                "receipt_id": receipt or workflows.new_id("rcp"),
                "received_at": workflows.now(),
                "lines": [_received(text) for text in line],
            }
            order = operations.receive(purchase_order_id, parse(Receipt, request, InvalidPurchase))
        if close:
            order = operations.close_short(purchase_order_id)
    missing = sum(one.missing for one in order.lines)
    rest = "no more goods are expected" if order.closed_short else f"{counted(missing, 'unit')} missing"
    out.print(f"Recorded for {purchase_order_id}: {rest}.")


@app.command("invoice")
def invoice(
    purchase_order_id: OrderId,
    number: Annotated[str, typer.Option(help="The supplier's invoice number.")],
    line: Annotated[list[str], typer.Option(help=f"{BILLED}, in the currency of the order.")],
    tax: Annotated[str, typer.Option(parser=amount_text, help="Tax, such as 13.46.")] = "0",
    discount: Annotated[
        str, typer.Option(parser=amount_text, help="Discount on the whole invoice, such as 5.00.")
    ] = "0",
    on: Annotated[str, typer.Option(help="Invoice date; by default today.")] = "",
) -> None:
    """Record the supplier's invoice; it is matched once all goods are received.

    Example:

        till purchase create --id po-15 --line COF-ESP-1KG=24@10.20 --supplier sup-roastery

        till purchase acknowledge po-15

        till purchase receive po-15 --line COF-ESP-1KG=24

        till purchase invoice po-15 --number A-77 --line COF-ESP-1KG=24@10.20 --tax 13.46
    """
    from purchasing.errors import InvalidPurchase
    from purchasing.models import Invoice
    from tillflow.parsing import parse

    from till.services.purchasing import Purchases

    typed = [_priced(text, BILLED) for text in line]
    operations = Purchases(find_stack())
    with operator_errors(ADVICE):
        currency = operations.get(purchase_order_id).currency
        lines: list[dict[str, Any]] = [
            {
                "sku": one.sku,
                "quantity": one.quantity,
                "unit_price": cost_in_minor_units(f"unit price of {one.sku}", one.price, currency),
            }
            for one in typed
        ]
        less = cost_in_minor_units("discount", discount, currency)
        added = cost_in_minor_units("tax", tax, currency)
        request = {
            "number": number,
            "invoiced_on": on or datetime.now(UTC).date().isoformat(),
            "lines": lines,
            "discount": less,
            "tax": added,
            "total": sum(one["quantity"] * one["unit_price"] for one in lines) - less + added,
        }
        order = operations.bill(purchase_order_id, parse(Invoice, request, InvalidPurchase))
    if order.invoice:
        total = money(order.invoice.total, order.currency)
        out.print(f"Invoice {order.invoice.number}: {total}.")


@app.command("cancel")
def cancel(
    purchase_order_id: OrderId, reason: Annotated[str, typer.Option(help="Reason.")] = "cancelled"
) -> None:
    """Cancel an order whose invoice is not matched: received goods go back, the supplier gets a withdrawal.

    Example:

        till purchase create --id po-16 --line COF-ESP-1KG=24@10.20 --supplier sup-roastery

        till purchase cancel po-16 --reason "ordered twice"
    """
    from till.services.purchasing import Purchases

    with operator_errors(ADVICE):
        Purchases(find_stack()).cancel(purchase_order_id, reason)
    out.print(f"{purchase_order_id} is being cancelled.")


@app.command("invoices")
def invoices(
    as_json: AsJson = False, as_csv: AsCsv = False, page: Page = 1, page_size: PageSize = 50
) -> None:
    """List the purchase invoices, the newest first, with what was paid of each.

    An invoice has a due date and an outstanding amount once it is matched.

    Examples:

        till purchase invoices

        till purchase invoices --csv > invoices.csv
    """
    from tillflow.listing import every

    from till.services.purchasing import Purchases

    columns = (
        "invoiced_on", "supplier_id", "invoice", "purchase_order_id", "due_on", "net", "discount", "tax", "total",
        "paid", "outstanding", "currency",
    )  # fmt: skip
    billed = sorted(
        every(partial(Purchases(find_stack()).list_invoices, 100)),
        key=lambda one: (one.invoiced_on, one.purchase_order_id),
        reverse=True,
    )
    rows = (
        {
            "invoiced_on": one.invoiced_on.isoformat(),
            "supplier_id": one.supplier_id,
            "invoice": one.number,
            "purchase_order_id": one.purchase_order_id,
            "due_on": one.due_on.isoformat() if one.due_on else None,
            "net": one.net,
            "discount": one.discount,
            "tax": one.tax,
            "total": one.total,
            "paid": one.paid,
            "outstanding": one.owed if one.due_on else None,
            "currency": one.currency,
        }
        for one in billed
    )
    amounts = _money("net", "discount", "tax", "total", "paid", "outstanding")
    print_report("Purchase invoices", columns, rows, as_json, as_csv, page, page_size, amounts)


@app.command("payments")
def payments(
    as_json: AsJson = False, as_csv: AsCsv = False, page: Page = 1, page_size: PageSize = 50
) -> None:
    """List the payments to suppliers, the latest first.

    Examples:

        till purchase payments

        till purchase payments --csv > payments.csv
    """
    from tillflow.listing import every

    from till.services.purchasing import Purchases

    columns = (
        "paid_at", "supplier_id", "invoice", "purchase_order_id", "amount", "currency", "reference",
    )  # fmt: skip
    paid = [
        (one, one.paid_at)
        for one in every(partial(Purchases(find_stack()).list_invoices, 100))
        if one.paid_at
    ]
    paid.sort(key=lambda entry: (entry[1], entry[0].purchase_order_id), reverse=True)
    rows = (
        {
            "paid_at": timestamp(at),
            "supplier_id": one.supplier_id,
            "invoice": one.number,
            "purchase_order_id": one.purchase_order_id,
            "amount": one.paid,
            "currency": one.currency,
            "reference": one.reference,
        }
        for one, at in paid
    )
    print_report("Supplier payments", columns, rows, as_json, as_csv, page, page_size, _money("amount"))


def _money(*columns: str) -> dict[str, Callable[[Mapping[str, Any]], str]]:
    """Return formatters of amount columns, each in its row's currency."""

    def formatter(name: str) -> Callable[[Mapping[str, Any]], str]:
        return lambda row: "" if row[name] is None else money(row[name], row["currency"])

    return {name: formatter(name) for name in columns}


class _Priced(NamedTuple):
    sku: str
    quantity: int
    price: str


def _ordered(text: str, currency: str) -> dict[str, Any]:
    line = _priced(text, ORDERED)
    cost = cost_in_minor_units(f"unit cost of {line.sku}", line.price, currency)
    return {"sku": line.sku, "quantity": line.quantity, "unit_cost": cost}


def _priced(text: str, form: str) -> _Priced:
    """Return a line with a price, whose currency is not known yet."""
    sku, quantity, price = _parts(text, "@")
    try:
        return _Priced(sku, whole_number(quantity), amount_text(price))
    except ValueError:
        raise OperatorError(f"Invalid line {text!r}.", f"Use {form}.") from None


def _received(text: str) -> dict[str, Any]:
    sku, quantity, rejected = _parts(text if "-" in text.partition("=")[2] else f"{text}-0", "-")
    try:
        return {"sku": sku, "quantity": whole_number(quantity), "rejected": whole_number(rejected)}
    except ValueError:
        form = "SKU=QUANTITY or SKU=QUANTITY-REJECTED"
        raise OperatorError(f"Invalid line {text!r}.", f"Use {form}, with whole numbers.") from None


def _parts(text: str, mark: str) -> tuple[str, str, str]:
    """Return the SKU of a line and what is before and after a mark."""
    sku, _, rest = text.partition("=")
    first, _, second = rest.partition(mark)
    return sku, first, second
