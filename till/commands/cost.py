"""`till cost`: what an execution cost on AWS at list prices."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from till.commands.execution import UNKNOWN
from till.errors import operator_errors
from till.output import out, print_json, print_table
from till.prices import PRICES
from till.stack import Stack, find_stack

if TYPE_CHECKING:
    from till.cost import ExecutionCost


def cost(
    order_or_execution: Annotated[str, typer.Argument(help="An order's id or an execution's ARN.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what an execution cost on AWS at list prices, from its history.

    The requests of the functions, such as DynamoDB's units, are not in a history: docs/scaling.md has them.

    Example:

        till order place docs/examples/order.json --id ord-1 --wait

        till cost ord-1
    """
    from till.services.executions import Executions

    stack = find_stack()
    with operator_errors(UNKNOWN):
        costs = {arn: _cost(stack, arn) for arn in Executions(stack).find(order_or_execution)}
    if as_json:
        print_json([_document(arn, one) for arn, one in costs.items()])
        return
    for arn, one in costs.items():
        rows = [(name, f"{amount:f}", f"{price:.9f}") for name, amount, price in one.rows()]
        own = [(f"{service} requests", str(count), "") for service, count in sorted(one.requests.items())]
        total = [("total", "", f"{one.dollars:.9f}")]
        print_table(arn.rpartition(":")[2], ("what!", "quantity>", "USD>"), rows + own + total)
    out.print(f"List prices of {PRICES['date']} in {PRICES['region']}; DynamoDB is not included.")


def _cost(stack: Stack, arn: str) -> ExecutionCost:
    from till.cost import execution_cost
    from till.services.executions import Executions

    functions = stack.client("lambda")

    @cache
    def memory(function: str) -> int:
        return int(functions.get_function_configuration(FunctionName=function)["MemorySize"])

    execution = Executions(stack).load(arn)
    return execution_cost(execution.events, execution.visits, memory)


def _document(arn: str, cost: ExecutionCost) -> dict[str, object]:
    return {
        "execution_arn": arn,
        "transitions": cost.transitions,
        "lambda_requests": cost.invocations,
        "lambda_gb_seconds": str(cost.gb_seconds),
        "events": cost.events,
        "requests": dict(cost.requests),
        "dynamodb_units": None,
        "usd": str(cost.dollars),
        "prices_of": PRICES["date"],
    }
