"""`till supplier`: whom the shop buys from, at what prices, what it owes them and how well they deliver."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from purchasing.models import Price, Supplier
from purchasing.reporting import performance, statement
from purchasing.suppliers import supplier_of
from tillflow.errors import DomainError, InvalidSupplier
from tillflow.parsing import parse
from tillflow.store import Item

from till.errors import OperatorError
from till.output import money, out, print_csv, print_json, print_table
from till.purchasing import purchases, refusals
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import Stack, find_stack

app = typer.Typer(no_args_is_help=True, help="Suppliers, their prices, what they are owed.")

SupplierId = Annotated[str, typer.Argument(help="The supplier's id.")]


@app.command("create")
def create(
    file: Annotated[Path, typer.Argument(help="The supplier as JSON, its `prices` among it.")],
) -> None:
    """Create a supplier.

    Example:

        till supplier create supplier.json

    with supplier.json like {"supplier_id": "sup-roastery", "name": "The Roastery", "currency": "EUR",
    "lead_time_days": 5, "terms": {"days": 30}, "tax_rate": "0.055", "account": "acct_ok",
    "prices": [{"sku": "COF-ESP-1KG", "unit_cost": 1020}]}
    """
    supplier, prices = _read(file)
    stack = find_stack()
    store = purchases(stack).suppliers
    with refusals("`till supplier show` shows the one there is."):
        store.create(supplier)
        store.set_prices(supplier.supplier_id, prices)
    _subscribe(stack, supplier)
    out.print(f"{supplier.supplier_id} is a supplier, with {len(prices)} prices.", highlight=False)


@app.command("update")
def update(
    file: Annotated[Path, typer.Argument(help="The supplier as it is to be, as JSON; prices are added.")],
    version: Annotated[int, typer.Option(help="The version you changed; without it, the one there is.")] = 0,
) -> None:
    """Change a supplier; refused when somebody else changed it since the version you saw.

    Example:

        till supplier update supplier.json --version 1
    """
    supplier, prices = _read(file)
    stack = find_stack()
    store = purchases(stack).suppliers
    with refusals("Look again with `till supplier show`, then change it."):
        row = store.update(supplier, version or store.row(supplier.supplier_id)["version"])
        store.set_prices(supplier.supplier_id, prices)
    _subscribe(stack, supplier)
    out.print(f"{supplier.supplier_id} is at version {row['version']}.", highlight=False)


@app.command("delete")
def delete(supplier_id: SupplierId) -> None:
    """Delete a supplier; refused while it has open orders or unpaid invoices.

    Example:

        till supplier delete sup-roastery
    """
    with refusals("`till supplier statement` shows what is open."):
        purchases(find_stack()).suppliers.delete(supplier_id)
    out.print(f"{supplier_id} is deleted.", highlight=False)


@app.command("list")
def list_suppliers(
    as_json: AsJson = False, as_csv: AsCsv = False, page: Page = 1, page_size: PageSize = 50
) -> None:
    """List the suppliers with their open orders and what they are owed.

    Examples:

        till supplier list

        till supplier list --csv
    """
    rows = [_public(row) for row in purchases(find_stack()).suppliers.every()]
    columns = ("supplier_id", "name", "lead_time_days", "open_orders", "owed", "currency")
    owed = {"owed": lambda row: money(row["owed"], row["currency"])}
    print_report("Suppliers", columns, rows, as_json, as_csv, page, page_size, owed)


@app.command("show")
def show(supplier_id: SupplierId, as_json: AsJson = False) -> None:
    """Show a supplier, its price list and how well it delivered.

    Example:

        till supplier show sup-roastery
    """
    store = purchases(find_stack())
    with refusals("`till supplier list` names every supplier."):
        row = store.suppliers.row(supplier_id)
    prices = store.suppliers.prices(supplier_id)
    orders = store.many(store.suppliers.orders_of(supplier_id))
    measured = performance(orders, supplier_id, datetime.now(UTC).date())
    found = _public(row) | {
        "prices": [price.model_dump() for price in prices.values()],
        "performance": {name: getattr(measured, name) for name in measured.__slots__},
    }
    if as_json:
        print_json(found)
        return
    plain = [
        (name, _in_words(value)) for name, value in found.items() if name not in ("prices", "performance")
    ]
    print_table(supplier_id, ("field!", "value"), plain)
    print_table(
        "Prices",
        ("sku!", "unit cost>", "from>"),
        [(p.sku, money(p.unit_cost, found["currency"]), p.minimum_quantity) for p in prices.values()],
    )
    print_table("Performance", ("measure", "value>"), found["performance"].items())


@app.command("statement")
def show_statement(supplier_id: SupplierId, as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """What was billed and paid, and what is outstanding after each.

    Example:

        till supplier statement sup-roastery --csv
    """
    store = purchases(find_stack())
    with refusals("`till supplier list` names every supplier."):
        currency = store.suppliers.get(supplier_id).currency
    orders = store.many(store.suppliers.orders_of(supplier_id))
    entries = [entry.document() for entry in statement(o for o in orders if o.supplier_id == supplier_id)]
    columns = ("on", "kind", "reference", "purchase_order_id", "amount", "balance")
    if as_json:
        print_json({"supplier_id": supplier_id, "currency": currency, "entries": entries})
    elif as_csv:
        print_csv(columns, [[entry[name] for name in columns] for entry in entries])
    else:
        print_table(
            f"Statement of {supplier_id}",
            ("on!", "what", "reference", "order!", "amount>", "balance>"),
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
    """Have the topic mail the supplier what is addressed to it; AWS first asks the address whether it agrees."""
    address = supplier.channel.address
    if supplier.channel.type != "mail":
        return
    stack.client("sns").subscribe(
        TopicArn=stack.output("SupplierOrders"),
        Protocol="email",
        Endpoint=address,
        Attributes={"FilterPolicy": json.dumps({"address": [address]})},
    )
    out.print(f"{address} is asked to agree to be mailed orders.", highlight=False)


def _read(file: Path) -> tuple[Supplier, list[Price]]:
    try:
        request = json.loads(file.read_text())
        prices = request.pop("prices", [])
        return parse(Supplier, request, InvalidSupplier), [
            parse(Price, price, InvalidSupplier) for price in prices
        ]
    except FileNotFoundError:
        raise OperatorError(f"There is no file {file}.", "Give the supplier as a JSON file.") from None
    except (ValueError, AttributeError, DomainError) as error:
        raise OperatorError(
            f"{file}: {error}", "See `till supplier create --help` for an example."
        ) from error


def _in_words(value: Any) -> Any:
    """A field's value, one with fields of its own as `name value` pairs."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items() if inner != "")
    return value


def _public(row: Item) -> dict[str, Any]:
    counters = {name: row[name] for name in ("version", "open_orders", "owed")}
    return json.loads(supplier_of(row).model_dump_json()) | counters
