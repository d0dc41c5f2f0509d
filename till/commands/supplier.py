"""`till supplier`: suppliers, their price lists, statements and performance."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from till.errors import operator_errors
from till.files import read_object
from till.numbers import number_option
from till.output import cell_text, money, out, print_csv, print_fields, print_json, print_table
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import Stack, find_stack

if TYPE_CHECKING:
    from purchasing.supplier_models import Price, Supplier, SupplierAccount

app = typer.Typer(no_args_is_help=True, help="Suppliers, their price lists, statements and performance.")

SupplierId = Annotated[str, typer.Argument(help="Supplier id.")]
LISTED = "`till supplier list` lists every supplier."


@app.command("create")
def create(
    file: Annotated[Path, typer.Argument(help="JSON file of the supplier and its `prices`.")],
) -> None:
    """Create a supplier.

    Example:

        till supplier create docs/examples/supplier.json
    """
    from tillflow.plurals import counted

    from till.services.purchasing import Suppliers

    supplier, prices = _read(file)
    stack = find_stack()
    with operator_errors("`till supplier show` shows the existing one."):
        Suppliers(stack).create(supplier, prices)
    _subscribe(stack, supplier)
    out.print(f"Created supplier {supplier.supplier_id} with {counted(len(prices), 'price')}.")


@app.command("update")
def update(
    file: Annotated[Path, typer.Argument(help="JSON file of the supplier; its `prices` are added.")],
    version: Annotated[
        int | None, number_option(help="Version that was changed; by default the current one.")
    ] = None,
) -> None:
    """Replace a supplier's record; refused if it has changed since `--version`.

    Example:

        till supplier update docs/examples/supplier-update.json --version 1
    """
    from till.services.purchasing import Suppliers

    supplier, prices = _read(file)
    stack = find_stack()
    with operator_errors("Load it again with `till supplier show`, then change it."):
        account = Suppliers(stack).update(supplier, prices, version)
    _subscribe(stack, supplier)
    out.print(f"Updated supplier {supplier.supplier_id} to version {account.version}.")


@app.command("delete")
def delete(supplier_id: SupplierId) -> None:
    """Delete a supplier; refused while it has open orders or unpaid invoices.

    Example:

        till supplier delete sup-mill
    """
    from till.services.purchasing import Suppliers

    with operator_errors("`till supplier statement` shows what is open."):
        Suppliers(find_stack()).delete(supplier_id)
    out.print(f"Deleted supplier {supplier_id}.")


@app.command("list")
def list_suppliers(
    as_json: AsJson = False, as_csv: AsCsv = False, page: Page = 1, page_size: PageSize = 50
) -> None:
    """List the suppliers with their open orders and what is owed to them.

    Examples:

        till supplier list

        till supplier list --csv
    """
    from tillflow.listing import every

    from till.services.purchasing import Suppliers

    rows = map(_fields, every(partial(Suppliers(find_stack()).list_suppliers, 100)))
    columns = ("supplier_id", "name", "lead_time_days", "open_orders", "owed", "currency")
    owed = {"owed": lambda row: money(row["owed"], row["currency"])}
    print_report("Suppliers", columns, rows, as_json, as_csv, page, page_size, owed)


@app.command("show")
def show(supplier_id: SupplierId, as_json: AsJson = False) -> None:
    """Show a supplier, its price list and its delivery performance.

    Example:

        till supplier show sup-roastery
    """
    from till.services.purchasing import Suppliers

    with operator_errors(LISTED):
        report = Suppliers(find_stack()).report(supplier_id)
    fields, performance = _fields(report.account), asdict(report.performance)
    if as_json:
        prices = [price.model_dump() for price in report.prices]
        print_json({**fields, "prices": prices, "performance": performance})
        return
    currency = report.account.supplier.currency
    shown = {name: _text(value) for name, value in fields.items()}
    print_fields(supplier_id, shown | {"owed": money(fields["owed"], currency)})
    print_table(
        "Prices",
        ("sku!", "unit cost>", "from>"),
        [(one.sku, money(one.unit_cost, currency), one.minimum_quantity) for one in report.prices],
    )
    print_table("Performance", ("measure", "value>"), performance.items())


@app.command("statement")
def show_statement(supplier_id: SupplierId, as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """List the supplier's invoices and payments, with the balance owed after each.

    Example:

        till supplier statement sup-roastery --csv
    """
    from till.services.purchasing import Suppliers

    operations = Suppliers(find_stack())
    with operator_errors(LISTED):
        currency = operations.get(supplier_id).supplier.currency
        entries = [
            {**asdict(entry), "on": entry.on.isoformat()} for entry in operations.statement(supplier_id)
        ]
    columns = ("on", "kind", "reference", "purchase_order_id", "amount", "balance")
    if as_json:
        print_json({"supplier_id": supplier_id, "currency": currency, "entries": entries})
    elif as_csv:
        print_csv(columns, [[entry[name] for name in columns] for entry in entries])
    else:
        print_table(
            f"Statement of {supplier_id}",
            ("on!", "kind", "reference", "order!", "amount>", "balance>"),
            [
                (
                    entry["on"],
                    entry["kind"],
                    entry["reference"],
                    entry["purchase_order_id"],
                    money(entry["amount"], currency),
                    money(entry["balance"], currency),
                )
                for entry in entries
            ],
        )


def _subscribe(stack: Stack, supplier: Supplier) -> None:
    """Subscribe a mail supplier to the topic; AWS asks the address for confirmation."""
    address = supplier.channel.address
    if supplier.channel.type != "mail":
        return
    stack.client("sns").subscribe(
        TopicArn=stack.output("SupplierOrders"),
        Protocol="email",
        Endpoint=address,
        Attributes={"FilterPolicy": json.dumps({"address": [address]})},
    )
    out.print(f"{address} was asked to confirm its subscription.")


def _read(file: Path) -> tuple[Supplier, tuple[Price, ...]]:
    from purchasing.errors import InvalidSupplier
    from purchasing.supplier_models import PriceList, Supplier
    from tillflow.parsing import parse

    advice = "See docs/examples/supplier.json for an example."
    request = read_object(file, "a supplier", advice)
    prices = {"prices": request.pop("prices", ())}
    with operator_errors(advice):
        return parse(Supplier, request, InvalidSupplier), parse(PriceList, prices, InvalidSupplier).prices


def _text(value: Any) -> Any:
    """Return a value for people: the fields of an object as `name value` pairs."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {cell_text(inner)}" for name, inner in value.items() if inner != "")
    return value


def _fields(account: SupplierAccount) -> dict[str, Any]:
    totals = account.model_dump(include={"version", "open_orders", "owed"})
    return account.supplier.model_dump(mode="json") | totals
