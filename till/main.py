"""`till`, the command line: the local AWS, orders, stock, purchasing, pictures, cases and reports."""

from json import JSONDecodeError
from typing import Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError
from tillflow.errors import DomainError
from typer.core import TyperGroup
from typer.exceptions import TyperException

from till.commands import (
    api,
    audit,
    case,
    cost,
    customer,
    demo,
    dlq,
    draft,
    exchange,
    execution,
    gift_card,
    history,
    image,
    invoice,
    location,
    order,
    product,
    purchase,
    reorder,
    reports,
    returns,
    seed,
    shipment,
    stack,
    stock,
    supplier,
    transfer,
    user,
)
from till.errors import OperatorError, explain, explain_stored
from till.output import print_error, printable


class OperatorGroup(TyperGroup):
    """Prints errors that an operator can fix on stderr and exits with 2; other exceptions keep their traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except TyperException as error:
            error.message = printable(error.message)
            raise
        except OperatorError as error:
            print_error(error)
        except DomainError as error:
            print_error(OperatorError(str(error)))
        except (ValidationError, JSONDecodeError) as error:
            print_error(explain_stored(error))
        except (BotoCoreError, ClientError) as error:
            print_error(explain(error))
        raise typer.Exit(2)


app = typer.Typer(
    cls=OperatorGroup,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    help="Operate a Tillflow deployment, on AWS or on the local AWS.",
)
stack.register(app)
app.command("seed")(seed.seed)
app.add_typer(order.app, name="order")
app.add_typer(returns.app, name="return")
app.add_typer(exchange.app, name="exchange")
app.add_typer(customer.app, name="customer")
app.add_typer(invoice.app, name="invoice")
app.add_typer(gift_card.app, name="gift-card")
app.add_typer(reports.app, name="report")
app.command("history")(history.history)
app.command("cost")(cost.cost)
app.add_typer(execution.app, name="execution")
app.command("demo")(demo.demo)
app.command("audit")(audit.audit)
app.add_typer(case.app, name="case")
app.add_typer(dlq.app, name="dlq")
app.add_typer(stock.app, name="stock")
app.add_typer(location.app, name="location")
app.add_typer(reorder.app, name="reorder")
app.add_typer(draft.app, name="draft")
app.add_typer(shipment.app, name="shipment")
app.add_typer(transfer.app, name="transfer")
app.add_typer(supplier.app, name="supplier")
app.add_typer(purchase.app, name="purchase")
app.add_typer(image.app, name="image")
app.add_typer(product.app, name="product")
app.add_typer(user.app, name="user")
app.command("api")(api.api)

if __name__ == "__main__":
    app()
