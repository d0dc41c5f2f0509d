"""`till`, the command line: the local AWS, orders, stock, purchasing, pictures, cases and reports.

Imports no command and nothing that commands need: `till --help` and completion start without them.
"""

from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from till.lazy import Lazy, LazyGroup

COMMANDS = {
    "up": Lazy(
        "till.commands.stack",
        "up",
        "Start the local AWS: all services on one port of 127.0.0.1, without Docker or an AWS account.",
    ),
    "down": Lazy(
        "till.commands.stack", "down", "Stop the local AWS. Its data is kept for the next `till up`."
    ),
    "status": Lazy(
        "till.commands.stack",
        "status",
        "Show whether the local AWS runs, where its data is, and which deployment the commands use.",
    ),
    "reset": Lazy(
        "till.commands.stack",
        "reset",
        "Stop the local AWS and delete all of its data: tables, executions, logs, deployments.",
    ),
    "env": Lazy(
        "till.commands.stack",
        "env",
        "Print the environment variables with which aws, sam and boto3 use the local AWS.",
    ),
    "aws": Lazy(
        "till.commands.stack",
        "aws",
        "Run the AWS CLI with the endpoint of the deployment and, on the local AWS, its keys.",
        {
            "add_help_option": False,
            "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True},
        },
    ),
    "seed": Lazy(
        "till.commands.seed",
        "seed",
        "Create the data of the demo shop: products, stock, suppliers and customers.",
    ),
    "order": Lazy("till.commands.order", "app", "Customer orders: place, cancel, receipt, list, show."),
    "return": Lazy(
        "till.commands.returns",
        "app",
        "Returns, with or without a receipt: create, list, show, release.",
    ),
    "exchange": Lazy("till.commands.exchange", "app", "Exchanges: create, show."),
    "customer": Lazy("till.commands.customer", "app", "Customers and their credit with the shop."),
    "invoice": Lazy("till.commands.invoice", "app", "Invoices: their documents, payments and ageing."),
    "ledger": Lazy("till.commands.ledger", "app", "Journal entries made by hand: entry, list, show."),
    "gift-card": Lazy("till.commands.gift_card", "app", "Gift cards: issue, show the balance."),
    "report": Lazy("till.commands.reports", "app", "Reports of sales."),
    "history": Lazy(
        "till.commands.history",
        "history",
        "Show the states of an execution with their attempts, errors and compensations.",
    ),
    "cost": Lazy(
        "till.commands.cost",
        "cost",
        "Show what an execution cost on AWS at list prices, from its history.",
    ),
    "execution": Lazy(
        "till.commands.execution", "app", "List, redrive and stop executions. `till history` shows one."
    ),
    "demo": Lazy(
        "till.commands.demo",
        "demo",
        "Run all scenarios on the deployment and compare their results with the expected ones.",
    ),
    "audit": Lazy(
        "till.commands.audit",
        "audit",
        "Check the invariants of stock, money, invoices, ledger and pictures; exit 1 if one is violated.",
    ),
    "case": Lazy("till.commands.case", "app", "Cases: decisions that workflows need from a person."),
    "dlq": Lazy("till.commands.dlq", "app", "List, show, redrive and drop messages of dead-letter queues."),
    "stock": Lazy("till.commands.stock", "app", "Show stock levels and movements, and correct them."),
    "category": Lazy(
        "till.commands.category", "app", "Create, rename, retire and list categories of products."
    ),
    "tax-class": Lazy("till.commands.tax_class", "app", "Set, retire and list the tax classes of products."),
    "location": Lazy("till.commands.location", "app", "Create and list the locations with stock."),
    "reorder": Lazy("till.commands.reorder", "app", "Reorder policies, reorder runs and approvals."),
    "reconciliation": Lazy(
        "till.commands.reconciliation", "app", "Compare the payment providers' books with ours, day by day."
    ),
    "draft": Lazy("till.commands.draft", "app", "Draft orders: create, list, show, update, sell, discard."),
    "shipment": Lazy(
        "till.commands.shipment", "app", "Deliveries of orders: list, show, deliver, fail, split."
    ),
    "transfer": Lazy(
        "till.commands.transfer",
        "app",
        "Move goods between locations: create, ship, receive, cancel, list, show.",
    ),
    "supplier": Lazy(
        "till.commands.supplier", "app", "Suppliers, their price lists, statements and performance."
    ),
    "purchase": Lazy(
        "till.commands.purchase", "app", "Purchase orders, their receipts, invoices and payments."
    ),
    "image": Lazy(
        "till.commands.image", "app", "Product images: add, show, list, quarantine, redrive, backfill."
    ),
    "product": Lazy(
        "till.commands.product",
        "app",
        "Products: prices, imports, labels of scales, terms of returns.",
    ),
    "user": Lazy("till.commands.user", "app", "Users: who may sign in, and what they may do."),
    "api": Lazy(
        "till.commands.api",
        "api",
        "Sign in and call the HTTP API. Prints the response; exits with 1 when its status is 400 or more.",
    ),
}


class OperatorGroup(LazyGroup):
    """Prints errors that an operator can fix on stderr and exits with 2; other exceptions keep their traceback."""

    listed = COMMANDS

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except TyperException as error:
            from till.output import printable

            error.message = printable(error.message.removeprefix("Value error, "))
            raise
        except Exception as error:
            from till.errors import operator_error_of
            from till.output import print_error

            explained = operator_error_of(error)
            if explained is None:
                raise
            print_error(explained)
        raise typer.Exit(2)


app = typer.Typer(
    cls=OperatorGroup,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    help="Operate a Tillflow deployment, on AWS or on the local AWS.",
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"till {version('tillflow')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


if __name__ == "__main__":
    app()
